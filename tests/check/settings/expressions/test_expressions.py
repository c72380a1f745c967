"""Expressions of every kind, by Python's own answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python

PROGRAMS = [
    'VALUE = [(x, y) for x in range(3) if x for y in "ab" if y != "b"]',
    'VALUE = {key: value for key, value in {"a": 1, "b": 2}.items() if value > 1}',
    'VALUE = [*[1], *(2, 3)] + list({**{"a": 1}, "b": 2})',
    'name = "x"\nVALUE = f"{name!r:>5}|{1.5:.2f}|{name + name}"',
    'VALUE = "abcdef"[1:5:2] + "abc"[-1]',
    'VALUE = [1 < 2 < 3, 1 < 2 > 5, None or "b", 0 and 1, not [], 3 in [1, 2]]',
    "VALUE = (lambda a, b=2, *c, d=4: (a, b, c, d))(1, 5, 6)",
    "VALUE = [y := 5, y ** 2, y // 2, y % 3, -y, ~y, y << 2 | 1]",
    'VALUE = "yes" if {} else "no"',
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_expression_has_the_value_that_python_gives_it(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)
