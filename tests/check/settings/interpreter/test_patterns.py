"""``match``: which case is taken and what it captures, by Python's own answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "constants and singletons": """\
VALUE = []
for one in (1, True, None, 0, "a", False, 1.0, b"a", -1, 2j):
    match one:
        case True: VALUE.append("true")
        case False: VALUE.append("false")
        case None: VALUE.append("none")
        case -1: VALUE.append("minus")
        case 1: VALUE.append("one")
        case "a" | b"a": VALUE.append("a")
        case _: VALUE.append("other")
""",
    "as": """\
VALUE = []
for one in ("a", "b", 3):
    match one:
        case "a" | "b" as letter: VALUE.append(letter)
        case other: VALUE.append([other])
""",
    "sequences": """\
VALUE = []
for one in ([1, 2, 3], (1,), [], "ab", b"ab", {1: 2}, range(3), 5, None, [[1, 2], 3], {1, 2}):
    match one:
        case []: VALUE.append("empty")
        case [1]: VALUE.append("one")
        case [[a, b], c]: VALUE.append((a, b, c))
        case [first, *rest]: VALUE.append((first, rest))
        case _: VALUE.append("other")
""",
    "stars": """\
VALUE = []
for one in ([1, 2, 3], (1,), [], [1, 2]):
    match one:
        case [*_, 3]: VALUE.append("ends in 3")
        case [1, *middle, 2]: VALUE.append(middle)
        case [*everything]: VALUE.append(everything)
""",
    "star is a list": """\
match (1, 2, 3):
    case (1, *rest): VALUE = [rest, isinstance(rest, list)]
""",
    "mapping": """\
VALUE = []
for one in ({"a": 1}, {"a": 2, "b": 3}, {}, [1], {"a": {"b": 1}}, "a", {"b": 1}):
    match one:
        case {"a": {"b": inner}}: VALUE.append(("inner", inner))
        case {"a": 1}: VALUE.append("one")
        case {"a": a, **rest}: VALUE.append((a, rest))
        case {}: VALUE.append("any mapping")
        case _: VALUE.append("other")
""",
    "mapping key constant attr": """\
class Keys:
    a = "a"
match {"a": 1}:
    case {Keys.a: found}: VALUE = found
""",
    "value attr": """\
class Keys:
    a = "a"
match "a":
    case Keys.a: VALUE = 1
    case _: VALUE = 2
""",
    "types": """\
VALUE = []
for one in (True, 1, "a", b"a", 1.5, [1], (1, 2), {"a": 1}, {1}, frozenset([1]), None):
    match one:
        case bool(flag): VALUE.append(("bool", flag))
        case int(number): VALUE.append(("int", number))
        case str("a"): VALUE.append("a")
        case bytes(): VALUE.append("bytes")
        case float() as number: VALUE.append(number)
        case list([first]): VALUE.append(first)
        case tuple((_, second)): VALUE.append(second)
        case dict({"a": a}): VALUE.append(a)
        case frozenset(): VALUE.append("frozen")
        case set(some): VALUE.append(some)
        case _: VALUE.append("other")
""",
    "guard fails, name stays bound": """\
match 5:
    case n if n > 9: VALUE = 0
    case _: VALUE = n
""",
    "no case": """\
VALUE = 1
match 5:
    case 6: VALUE = 2
""",
    "float eq int": """\
match 1.0:
    case 1: VALUE = "one"
    case _: VALUE = "other"
""",
    "True is 1": """\
match True:
    case 1: VALUE = "one"
    case _: VALUE = "other"
""",
    "OrderedDict / subclass": """\
from collections import OrderedDict
match OrderedDict(a=1):
    case {"a": a}: VALUE = a
""",
    "rest keeps order & copy": """\
subject = {"a": 1, "b": 2, "c": 3}
match subject:
    case {"b": _, **rest}:
        rest["d"] = 4
        VALUE = [rest, subject]
""",
    "unhashable key in dict: True/1": """\
match {1: "a"}:
    case {True: x}: VALUE = x
    case _: VALUE = "no"
""",
    "str not a sequence inside": """\
match ["ab"]:
    case [[a, b]]: VALUE = 1
    case [x]: VALUE = x
""",
    "list of objects": """\
class A: pass
a = A()
match [a, 1]:
    case [one, 1]: VALUE = one is a
""",
    "mapping with subject None": """\
match None:
    case {"a": 1}: VALUE = 1
    case None: VALUE = 2
""",
    "list in plain with set": """\
match {1, 2}:
    case [a, b]: VALUE = 1
    case set(): VALUE = 2
""",
    "enum value pattern": """\
from enum import Enum
class Mode(Enum):
    DEV = "dev"
    PROD = "prod"
match Mode("dev"):
    case Mode.PROD: VALUE = 1
    case Mode.DEV: VALUE = 2
""",
    "own __eq__": """\
class A:
    def __eq__(self, other): return True
match A():
    case 5: VALUE = "equal"
    case _: VALUE = "other"
""",
    "shadowed type name": """\
int = str
match "a":
    case int(): VALUE = 1
    case _: VALUE = 2
""",
    "names of what does not match": """\
VALUE = []
for one in ([1, 2], [1, 3]):
    match one:
        case [first, 3]: VALUE.append(first)
        case [first, second]: VALUE.append((first, second))
""",
}
UNSURE = {
    "too many positional": (
        2,
        """\
try:
    match 1:
        case int(a, b): VALUE = 1
        case _: VALUE = 2
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "keyword of int": (
        1,
        """\
match 1:
    case int(real=1): VALUE = "real"
    case _: VALUE = 2
""",
    ),
    "own class": (
        4,
        """\
class A:
    __match_args__ = ("x",)
    def __init__(self, x): self.x = x
match A(1):
    case A(2): VALUE = 2
    case A(x): VALUE = x
""",
    ),
    "own class, nothing captured": (
        2,
        """\
class A: pass
match A():
    case A(): VALUE = 1
    case _: VALUE = 2
""",
    ),
    "data against an own class": (
        2,
        """\
class A: pass
match 1:
    case A(): VALUE = 1
    case _: VALUE = 2
""",
    ),
    "path": (
        2,
        """\
from pathlib import Path
match Path("a"):
    case Path(): VALUE = 1
    case str(): VALUE = 2
""",
    ),
    "object is not a sequence": (
        2,
        """\
class A: pass
match A():
    case [a]: VALUE = a
    case {}: VALUE = 2
    case str(): VALUE = 3
    case _: VALUE = 4
""",
    ),
    "mapping of objects": (
        2,
        """\
class A: pass
match {"k": A()}:
    case {"k": one}: VALUE = isinstance(one, A)
    case _: VALUE = 3
""",
    ),
    "int subclass enum": (
        9,
        """\
from enum import IntEnum, Enum
class E(IntEnum):
    A = 1
class P(Enum):
    A = 1
VALUE = []
for one in (E.A, P.A):
    match one:
        case P.A: VALUE.append("p")
        case int(): VALUE.append("int")
        case _: VALUE.append("other")
""",
    ),
    "own dict": (
        2,
        """\
class D(dict): pass
match D(a=1):
    case {"a": a}: VALUE = a
""",
    ),
    "defaultdict": (
        3,
        """\
from collections import defaultdict
d = defaultdict(int)
match d:
    case {"a": a}: VALUE = a
    case _: VALUE = "no"
""",
    ),
    "keys that are equal": (
        5,
        """\
class Keys:
    one = "x"
    other = "x"
try:
    match {"x": 1, "y": 2}:
        case {Keys.one: 1, Keys.other: 1}: VALUE = 1
        case _: VALUE = 2
except ValueError:
    VALUE = "ValueError"
""",
    ),
    "a deque": (
        2,
        """\
from collections import deque
match deque([1]):
    case [a]: VALUE = a
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_a_pattern_matches_what_it_matches_in_python(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_a_pattern_that_is_not_interpreted_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
