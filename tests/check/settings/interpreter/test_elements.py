"""The elements of a value, in whichever way they are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "via *, list, for over each kind": """\
d = {"a": 1, "b": 2}
VALUE = [list(one) for one in ([1], (1, 2), "ab", b"ab", d, d.keys(), d.values(), d.items(), range(3), {5}, frozenset([6]), iter([7]), zip("a", "b"), reversed([1, 2]), enumerate("a"), map(str, [1]))]
""",
    "star calls": """\
def f(*a, **k): return [a, k]
VALUE = [f(*[1], *"ab", *{2}, *range(2), **{"x": 1}), [*{"a": 1}], {*[1]}, (*"xy",)]
""",
    "join / extend / update / unpack / sum / zip / in": """\
x = []
x.extend({"a": 1}.items()); x += "ab"; x += range(2); x.extend(iter([9]))
a, b = {"k": 1, "l": 2}
(c,) = {3}
VALUE = [x, a, b, c, ",".join({"a": 1, "b": 2}), sum({1: 2, 3: 4}.values())]
""",
    "itertools": """\
import itertools
VALUE = [list(itertools.chain([1], "a", {2})), list(itertools.chain.from_iterable([[1], (2,)]))]
""",
    "iterator once": """\
one = iter([1, 2])
VALUE = [list(one), list(one)]
""",
    "changed while iterated": """\
d = {"a": 1}
try:
    for k in d: d[k + "x"] = 1
except RuntimeError:
    VALUE = "RuntimeError"
""",
}
UNSURE = {
    "not iterable": (
        3,
        """\
VALUE = []
for one in (None, 5, 1.5, len, True):
    try:
        VALUE.append([*one])
    except TypeError:
        VALUE.append("TypeError")
""",
    ),
    "sets of more": (
        1,
        """\
VALUE = list({1, 2})
""",
    ),
    "own class not iterable": (
        3,
        """\
class A: pass
try:
    VALUE = [*A()]
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "class not iterable": (
        3,
        """\
class A: pass
try:
    VALUE = [*A]
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "path not iterable": (
        3,
        """\
from pathlib import Path
try:
    VALUE = [*Path("a")]
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "function": (
        2,
        """\
def f(): pass
try:
    for x in f: pass
except TypeError:
    VALUE = "TypeError"
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_the_elements_are_those_of_python(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_what_has_no_known_elements_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
