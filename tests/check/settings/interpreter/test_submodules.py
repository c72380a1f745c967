"""A module is an attribute of its package once it is imported, and may put something else in its own place."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.settings import evaluate_settings

TRIED = """
import kit
try:
    STACK = kit.parts.STACK
except AttributeError:
    STACK = ["fallback.Layer"]
"""


def stack_of(root: Path, settings: str, **files: str) -> list[str] | None:
    """MIDDLEWARE as it is known; None if it is not."""
    written = {"settings.py": f"{settings}\nMIDDLEWARE = STACK\n", "kit/__init__.py": "", **files}
    for name, text in written.items():
        file = root / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    result = evaluate_settings(ModuleFinder([root]), "settings")
    assert not result.error
    (default,) = [variant for variant in result.variants if variant.is_default]
    entries = default.middleware
    return None if entries is None else [str(entry.dotted_path) for entry in entries]


PARTS = {"kit/parts.py": "STACK = ['kit.Layer']\n"}


@pytest.mark.parametrize(
    "imported", ["import kit.parts", "from kit import parts", "import kit.parts as other"]
)
def test_what_was_imported_is_an_attribute(tmp_path: Path, imported: str) -> None:
    assert stack_of(tmp_path, f"{imported}\n{TRIED}", **PARTS) == ["kit.Layer"]


def test_what_the_package_imports_is_one_too(tmp_path: Path) -> None:
    files = {**PARTS, "kit/__init__.py": "from .parts import STACK as _\n"}
    assert stack_of(tmp_path, TRIED, **files) == ["kit.Layer"]


def test_what_nothing_imports_is_not_known_to_be_one(tmp_path: Path) -> None:
    """Django, or an application, may have imported it by then: neither branch is certain."""
    assert stack_of(tmp_path, TRIED, **PARTS) is None


def test_a_module_that_replaces_itself_is_what_it_says(tmp_path: Path) -> None:
    """It was said to have no such attribute."""
    text = "import sys\nclass Other:\n    STACK = ['other.Layer']\nsys.modules[__name__] = Other\n"
    assert stack_of(tmp_path, "import own\nSTACK = own.STACK", **{"own.py": text}) == ["other.Layer"]


SHADOWED = {"kit/__init__.py": "class parts:\n    STACK = ['kit.Own']\n", **PARTS}


def test_what_a_package_binds_itself_is_no_submodule_of_that_name(tmp_path: Path) -> None:
    settings = "from kit import parts\nimport kit.parts\nSTACK = parts.STACK + kit.parts.STACK"
    assert stack_of(tmp_path, settings, **SHADOWED) == ["kit.Own", "kit.Layer"]


def test_a_submodule_that_was_imported_is_what_its_package_has_under_its_name(tmp_path: Path) -> None:
    settings = "import kit.parts\nfrom kit import parts\nSTACK = parts.STACK"
    assert stack_of(tmp_path, settings, **SHADOWED) == ["kit.Layer"]


def test_a_module_that_is_loaded_again_is_not_known(tmp_path: Path) -> None:
    settings = (
        "import importlib\nimport own\nown.STACK.append('lost')\nimportlib.reload(own)\nSTACK = own.STACK"
    )
    assert stack_of(tmp_path, settings, **{"own.py": "STACK = ['own.Layer']\n"}) is None
