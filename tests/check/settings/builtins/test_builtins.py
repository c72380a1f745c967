"""Built-in functions over data that settings hold, by Python's own answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python

PROGRAMS = [
    'VALUE = sorted(["bb", "a", "ccc"], key=len, reverse=True)',
    'VALUE = [min([3, 1, 2]), max("a", "c", "b"), min([], default=7), max(["aa", "b"], key=len)]',
    "VALUE = sum([1, 2.5, True], 10)",
    'VALUE = list(zip("ab", range(5))) + list(enumerate(["x"], start=3))',
    'VALUE = [*map(str.upper, ["a"]), *filter(None, [0, "b", ""]), *reversed([1, 2])]',
    'VALUE = [any([0, 1]), all([]), len({"a": 1}), isinstance(True, int), callable(len)]',
    'VALUE = dict([("a", 1)], b=2) | dict(zip(["c"], [3]))',
    'VALUE = [getattr("text", "nothing", "default"), hasattr([], "append"), divmod(7, 2), abs(-1), round(2.567, 1)]',
    "items = iter([1, 2])\nVALUE = [next(items), next(items), next(items, None)]",
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_built_in_functions_answer_as_pythons_do(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)
