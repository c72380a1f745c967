"""Modules that settings import for what they do to other modules and to the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import evaluate, listed

SETTINGS = """
    import os
    from lib import flags
    before = flags.ON
    import lib.boot
    MIDDLEWARE = ["a", *flags.EXTRA]
    if flags.ON:
        MIDDLEWARE.append("on")
    if os.environ.get("MODE") == "on":
        MIDDLEWARE.append("mode")
    if before:
        MIDDLEWARE.append("before")
"""


@pytest.mark.parametrize(
    ("boot", "expected"),
    [
        ("from lib import flags\nflags.ON = True", ["a", "on"]),
        ("import lib.flags as f\nsetattr(f, 'ON', True)", ["a", "on"]),
        ("from lib.flags import EXTRA\nEXTRA.append('b')", ["a", "b"]),
        ("from . import flags\nif True:\n    flags.EXTRA.insert(0, 'b')", ["a", "b"]),
        ("from lib import flags\ndef go():\n    flags.ON = True\ngo()", ["a", "on"]),
        ("import os\nos.environ['MODE'] = 'on'", ["a", "mode"]),
        ("import os\nos.environ.setdefault('MODE', 'on')", ["a", "mode"]),
        ("from lib import inner", ["a", "on"]),
        ("from lib import flags\ndef never():\n    flags.ON = True", ["a"]),
        ("flags = {}\nflags['ON'] = True", ["a"]),
        ("from lib import flags\nflags.ON = True\nraise RuntimeError('later')", ["a", "on"]),
    ],
)
def test_an_import_does_what_its_module_does(tmp_path: Path, boot: str, expected: list[str]) -> None:
    """Away from the settings, directly or by what it imports; and what was read before stays what it was."""
    result = evaluate(
        tmp_path,
        "proj.settings",
        proj__settings=SETTINGS,
        lib__flags="ON = False\nEXTRA = []\n",
        lib__inner="from lib import flags\nflags.ON = True\n",
        lib__boot=boot,
    )
    assert listed(result.default) == expected


def test_a_module_that_only_defines_is_not_read_for_its_effects(tmp_path: Path) -> None:
    """Half the project may be imported by settings: it waits until something of it is needed."""
    result = evaluate(
        tmp_path,
        "proj.settings",
        proj__settings="from lib import models\nMIDDLEWARE = ['a']",
        lib__models="REGISTRY = []\nclass Model:\n    pass\nREGISTRY.append(Model)\n",
    )
    assert listed(result.default) == ["a"]
    assert not [path for path in result.files_read if path.endswith("models.py")]
