"""Whether a value is true, by Python's own answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "views": """\
d = {}
e = {"a": 1}
VALUE = ["yes" if one else "no" for one in (d.keys(), d.values(), d.items(), e.keys(), e.values(), e.items())]
""",
    "own hooks": """\
class T:
    def __bool__(self): return False
class L:
    def __init__(self, n): self.n = n
    def __len__(self): return self.n
class Both(L):
    def __bool__(self): return True
VALUE = ["yes" if one else "no" for one in (T(), L(0), L(2), Both(0))]
""",
    "not": """\
class T:
    def __bool__(self): return False
VALUE = [not one for one in (0, 1, "", "a", [], None, T(), {}.keys(), len)]
""",
    "enums": """\
from enum import Enum, IntEnum
class E(Enum):
    A = 0
class I(IntEnum):
    A = 0
    B = 1
class S(str, Enum):
    A = ""
    B = "b"
VALUE = ["yes" if one else "no" for one in (I.A, I.B, S.A, S.B)]
""",
    "enum with own bool": """\
from enum import Enum
class E(Enum):
    A = 0
    B = 1
    def __bool__(self): return self.value == 1
VALUE = ["yes" if one else "no" for one in E]
""",
    "wrong bool": """\
class T:
    def __bool__(self): return 1
try:
    VALUE = "yes" if T() else "no"
except TypeError:
    VALUE = "TypeError"
""",
    "len negative": """\
class T:
    def __len__(self): return -1
try:
    VALUE = "yes" if T() else "no"
except ValueError:
    VALUE = "ValueError"
""",
    "len not int": """\
class T:
    def __len__(self): return "a"
try:
    VALUE = "yes" if T() else "no"
except TypeError:
    VALUE = "TypeError"
""",
    "bool returns None": """\
class T:
    def __bool__(self): return None
try:
    VALUE = "yes" if T() else "no"
except TypeError:
    VALUE = "TypeError"
""",
    "NotImplemented": """\
VALUE = "yes" if NotImplemented is None else "no"
""",
    "TYPE_CHECKING": """\
from typing import TYPE_CHECKING
import typing
VALUE = ["yes" if TYPE_CHECKING else "no", "yes" if typing.TYPE_CHECKING else "no", not TYPE_CHECKING]
""",
    "and/or values": """\
class L:
    def __init__(self, n): self.n = n
    def __len__(self): return self.n
VALUE = [(L(0) or 5), (L(1) and 6), ([] or {} or "x"), (1 and [] and 2)]
""",
    "partial, lambda, bound": """\
from functools import partial
class A:
    def m(self): pass
VALUE = ["yes" if one else "no" for one in (partial(len), lambda: 0, A().m, "".join, [].append)]
""",
    "dataclass": """\
from dataclasses import dataclass
@dataclass
class A:
    x: int = 0
VALUE = "yes" if A() else "no"
""",
    "bool from base": """\
class T:
    def __bool__(self): return False
class U(T):
    def __len__(self): return 4
VALUE = "yes" if U() else "no"
""",
    "instance attribute is no hook": """\
class A:
    def __init__(self): self.__bool__ = lambda: False
VALUE = "yes" if A() else "no"
""",
    "each kind of data": """\
from pathlib import Path
class A: pass
def f(): pass
things = (0, 1, 0.0, 0.5, 0j, "", "a", b"", [], [0], (), {}, {1: 2}, set(), {1}, frozenset(), range(0), range(2), None, ..., len, A, f, A(), Path(""), ValueError())
VALUE = [bool(thing) for thing in things] + ["yes" if thing else "no" for thing in things]
""",
    "modules and iterators": """\
import os
VALUE = ["yes" if thing else "no" for thing in (os, iter([]), zip(), map(len, []), (x for x in ()))]
""",
}
UNSURE = {
    "plain enum": (
        4,
        """\
from enum import Enum
class E(Enum):
    A = 0
VALUE = ["yes" if one else "no" for one in (E.A, E)]
""",
    ),
    "own list": (
        2,
        """\
class A(list): pass
VALUE = "yes" if A() else "no"
""",
    ),
    "external const": (
        2,
        """\
import socket
VALUE = "yes" if socket.AF_INET else "no"
""",
    ),
    "class with metaclass bool": (
        4,
        """\
class M(type):
    def __bool__(cls): return False
class A(metaclass=M): pass
VALUE = "yes" if A else "no"
""",
    ),
    "__bool__ = None": (
        3,
        """\
class A:
    __bool__ = None
try:
    VALUE = "yes" if A() else "no"
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "exception with len": (
        3,
        """\
class E(Exception):
    def __len__(self): return 0
VALUE = "yes" if E() else "no"
""",
    ),
    "exception with bool": (
        6,
        """\
class E(Exception):
    def __bool__(self): return False
try:
    raise E
except E as error:
    VALUE = "yes" if error else "no"
""",
    ),
    "a set attribute that is unread": (
        2,
        """\
from types import SimpleNamespace
VALUE = "yes" if SimpleNamespace() else "no"
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_a_value_is_true_where_python_finds_it_so(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_a_truth_that_is_not_followed_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
