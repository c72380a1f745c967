"""What a value is: ``isinstance()`` and ``type()``, by Python's own answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "tuples in tuples": """\
VALUE = [isinstance(1, (str, (bytes, int))), isinstance(1, ()), isinstance(None, (str, type(None)))]
""",
    "paths": """\
import os
from pathlib import Path, PurePath, PosixPath
one = Path("/srv")
VALUE = [isinstance(one, Path), isinstance(one, PurePath), isinstance(one, os.PathLike), isinstance(one, str), isinstance(one, (str, Path)), isinstance("a", Path), isinstance("a", os.PathLike)]
""",
    "containers by their abstract classes": """\
from collections.abc import Mapping, Sequence
VALUE = [isinstance({}, Mapping), isinstance([], Sequence), isinstance("a", Sequence)]
""",
    "classes of dictionaries": """\
from collections import OrderedDict, defaultdict
from decimal import Decimal
VALUE = [isinstance({}, OrderedDict), isinstance(OrderedDict(), OrderedDict), isinstance(1, Decimal), isinstance({}, defaultdict)]
""",
    "modules": """\
import types, os
VALUE = [isinstance(os, types.ModuleType), isinstance(1, types.ModuleType)]
""",
    "abstract classes of its own": """\
from abc import ABC
class A(ABC): pass
class B(A): pass
VALUE = isinstance(B(), A)
""",
    "collections UserDict, Counter": """\
import collections
VALUE = [isinstance({}, collections.UserDict), isinstance({}, collections.Counter), isinstance({}, collections.ChainMap)]
""",
    "type(): each": """\
class A: pass
class E(Exception): pass
from collections import OrderedDict
VALUE = [type(one) is kind for one in (True, 1, "a", 1.5, [1], (1,), {}, {1}, b"", frozenset(), None, A(), E(), KeyError("a")) for kind in (bool, int, str, float, list, tuple, dict, set, bytes, frozenset, type(None), A, E, KeyError)]
""",
    "type(None)()": """\
VALUE = [type(None)(), type(type(None)()) is type(None)]
""",
    "type(None)(1)": """\
try:
    VALUE = type(None)(1)
except TypeError:
    VALUE = "TypeError"
""",
    "type(): names": """\
class A: pass
VALUE = [type(one).__name__ for one in (1, "a", A(), KeyError(), None)]
""",
    "each kind of data": """\
from collections import OrderedDict
things = (True, 1, 1.5, 2j, "a", b"a", None, [1], (1,), {1: 2}, {1}, frozenset([1]), range(2), OrderedDict(a=1))
kinds = (bool, int, float, str, bytes, list, tuple, dict, set, frozenset, range, object, type, property, type(None))
VALUE = [isinstance(thing, kind) for thing in things for kind in kinds]
""",
    "objects of own classes": """\
class A: pass
class B(A): pass
class C: pass
VALUE = [isinstance(thing, kind) for thing in (A(), B(), 1, "a") for kind in (A, B, C, (C, A), object, str, type)]
""",
    "classes, functions, modules": """\
import os
class A:
    @property
    def x(self): return 1
    def m(self): pass
def f(): pass
VALUE = [isinstance(thing, kind) for thing in (A, int) for kind in (type, object)]
VALUE += [isinstance(thing, kind) for thing in (f, A().m, A.x) for kind in (object, str, dict, property)]
VALUE += [isinstance(f, A)]
""",
    "own classes of built-in exceptions": """\
class Broken(ValueError): pass
VALUE = [isinstance(Broken(), kind) for kind in (Exception, ValueError, LookupError, Broken, object, str)]
""",
    "raised errors": """\
class Broken(KeyError): pass
VALUE = []
for raised in (KeyError("a"), ValueError("b"), Broken("c")):
    try:
        raise raised
    except Exception as error:
        VALUE += [isinstance(error, kind) for kind in (KeyError, LookupError, ValueError, str, object, BaseException)]
""",
    "members that are data": """\
from enum import IntEnum
class Level(IntEnum):
    LOW = 1
VALUE = [isinstance(Level.LOW, Level), isinstance(Level.LOW, object)]
""",
    "abstract numbers": """\
import numbers
VALUE = isinstance(True, numbers.Complex)
""",
    "abstract classes of the library": """\
import collections.abc as c
VALUE = [isinstance(thing, kind) for thing in (1, "a", [], (), {}, {1}) for kind in (c.Mapping, c.MutableSequence, c.Sized, c.Hashable, c.Set)]
""",
}
UNSURE = {
    "wrong args": (
        2,
        """\
try:
    VALUE = isinstance(1)
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "not a class": (
        2,
        """\
try:
    VALUE = isinstance(1, "a")
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "__instancecheck__": (
        4,
        """\
class Meta(type):
    def __instancecheck__(cls, one): return True
class A(metaclass=Meta): pass
VALUE = isinstance(1, A)
""",
    ),
    "a __class__ that says otherwise": (
        4,
        """\
class A:
    @property
    def __class__(self): return str
VALUE = isinstance(A(), str)
""",
    ),
    "subclasshook": (
        6,
        """\
from abc import ABC
class A(ABC):
    @classmethod
    def __subclasshook__(cls, other): return True
class B: pass
VALUE = isinstance(B(), A)
""",
    ),
    "protocol": (
        5,
        """\
from typing import Protocol, runtime_checkable
@runtime_checkable
class P(Protocol):
    def upper(self): ...
VALUE = isinstance("a", P)
""",
    ),
    "type(): ordered": (
        2,
        """\
from collections import OrderedDict
VALUE = type(OrderedDict()) is dict
""",
    ),
    "type(): three arguments": (
        1,
        """\
A = type("A", (), {"x": 1})
VALUE = A.x
""",
    ),
    "type(): complex": (
        1,
        """\
VALUE = type(2j) is complex
""",
    ),
    "type(): path": (
        2,
        """\
from pathlib import Path
VALUE = type(Path("a")) is str
""",
    ),
    "data and classes of lists": (
        2,
        """\
class Words(list): pass
VALUE = isinstance([], Words)
""",
    ),
    "a registered class": (
        4,
        """\
from abc import ABC
class A(ABC): pass
A.register(int)
VALUE = isinstance(1, A)
""",
    ),
    "registered by the metaclass": (
        4,
        """\
from abc import ABCMeta
class A(metaclass=ABCMeta): pass
A.register(int)
VALUE = isinstance(1, A)
""",
    ),
    "an alias of typing": (
        2,
        """\
import typing
VALUE = isinstance([], typing.List)
""",
    ),
    "type(): a function": (
        1,
        """\
VALUE = type(len) is type(print)
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_what_a_value_is_is_as_python_has_it(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_what_cannot_be_told_of_a_type_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
