"""Settings that gather files by a pattern."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import by_name, evaluate, listed

GATHER = """
import glob, os
MIDDLEWARE = ["a"]
here = os.path.dirname(__file__)
for path in {iterable}:
    with open(path) as file:
        exec(compile(file.read(), path, "exec"))
"""


@pytest.mark.parametrize(
    ("names", "iterable", "expected"),
    [
        (["one.part.py"], "glob.glob(os.path.join(here, '*.part.py'))", ["a", "one"]),
        (["two.part.py", "one.part.py"], "sorted(glob.glob(here + '/*.part.py'))", ["a", "one", "two"]),
        (["two.part.py", "one.part.py"], "glob.glob(here + '/*.part.py')", None),
        ([], "glob.glob(here + '/*.part.py')", ["a"]),
        ([".hidden.part.py"], "glob.glob(here + '/*.part.py')", ["a"]),
        (["sub/one.part.py"], "glob.iglob(here + '/su?/*.part.py')", ["a", "one"]),
    ],
)
def test_files_of_the_project_are_found(
    tmp_path: Path, names: list[str], iterable: str, expected: list[str] | None
) -> None:
    """In the order of ``sorted``; more than one of them without it come in the file system's, which is not known."""
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"MIDDLEWARE.append('{path.name.partition('.')[0]}')\n", "utf-8")
    assert listed(evaluate(tmp_path, settings=GATHER.format(iterable=iterable)).default) == expected


def test_files_elsewhere_are_taken_as_absent(tmp_path: Path) -> None:
    """They may be there: then what they do is not known."""
    source = GATHER.format(iterable="sorted(glob.glob('/etc/app/*.conf'))")
    found = by_name(evaluate(tmp_path, settings=source))
    assert found["default"] == ["a"]
    assert None in found.values()
