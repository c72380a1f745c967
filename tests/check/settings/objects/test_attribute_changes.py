"""``target.name = value``, with the hooks that classes have for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "on a function": """\
def f(): pass
f.x = [1]
f.x.append(2)
f.__name__ = "g"
VALUE = [f.x, f.__name__]
""",
    "on an error": """\
try:
    raise ValueError("a")
except ValueError as error:
    error.code = 5
    VALUE = error.code
""",
    "on a class": """\
class A:
    x = 1
class B(A): pass
B.x = 2
A.y = 3
VALUE = [A.x, B.x, B().y]
""",
    "property of class replaced": """\
class A:
    @property
    def x(self): return 1
A.x = 5
VALUE = A().x
""",
    "property": """\
class A:
    def __init__(self): self._x = 0
    @property
    def x(self): return self._x
    @x.setter
    def x(self, value): self._x = value * 2
    @property
    def y(self): return 1
a = A()
a.x = 4
VALUE = [a.x]
try:
    a.y = 1
except AttributeError:
    VALUE.append("AttributeError")
""",
    "descriptor": """\
class D:
    def __get__(self, one, cls): return 1 if one is None else one.__dict__["kept"]
    def __set__(self, one, value): one.__dict__["kept"] = value + 1
class A:
    x = D()
a = A()
a.x = 4
VALUE = [a.x, sorted(a.__dict__), A.x]
""",
    "not-data descriptor": """\
class D:
    def __get__(self, one, cls): return 1
class A:
    x = D()
a = A()
before = a.x
a.x = 4
VALUE = [before, a.x]
""",
    "__setattr__": """\
class A:
    def __setattr__(self, name, value): self.__dict__[name.upper()] = value
a = A()
a.x = 1
setattr(a, "y", 2)
VALUE = sorted(a.__dict__.items())
""",
    "__setattr__ that calls super": """\
class A:
    def __setattr__(self, name, value): super().__setattr__(name, [value])
class B:
    def __setattr__(self, name, value): object.__setattr__(self, name, (value,))
a, b = A(), B()
a.x = 1
b.x = 2
VALUE = [a.x, b.x]
""",
    "slots": """\
class A:
    __slots__ = ("x", "y")
class B(A):
    pass
class C(A):
    __slots__ = "z"
class D:
    __slots__ = ["x", "__dict__"]
VALUE = []
for cls in (A, B, C, D):
    for name in ("x", "z", "other"):
        one = cls()
        try:
            setattr(one, name, 1)
            VALUE.append((cls.__name__, name, getattr(one, name)))
        except AttributeError:
            VALUE.append((cls.__name__, name, "AttributeError"))
""",
    "slots of a dataclass": """\
from dataclasses import dataclass
@dataclass(slots=True)
class A:
    x: int = 1
a = A()
a.x = 2
VALUE = [a.x]
try:
    a.y = 1
except AttributeError:
    VALUE.append("AttributeError")
""",
    "computed slots": """\
class A:
    __slots__ = tuple(name for name in ("x",))
a = A()
a.x = 1
VALUE = a.x
""",
    "frozen dataclass": """\
from dataclasses import dataclass, FrozenInstanceError
@dataclass(frozen=True)
class A:
    x: int = 1
VALUE = []
try:
    A().x = 2
except FrozenInstanceError:
    VALUE.append("frozen")
try:
    A().y = 2
except AttributeError:
    VALUE.append("AttributeError")
a = A()
object.__setattr__(a, "x", 7)
VALUE.append(a.x)
""",
    "enum member attr": """\
from enum import Enum
class E(Enum):
    A = 1
E.A.extra = 1
VALUE = E.A.extra
""",
    "enum value": """\
from enum import Enum
class E(Enum):
    A = 1
try:
    E.A.value = 3
    VALUE = "set"
except AttributeError:
    VALUE = "AttributeError"
""",
    "cached property": """\
from functools import cached_property
class A:
    @cached_property
    def x(self): return 1
a = A()
a.x = 5
VALUE = a.x
""",
    "own ABC": """\
from abc import ABC
class A(ABC): pass
a = A()
a.x = 5
VALUE = a.x
""",
    "generic": """\
from typing import Generic, TypeVar
T = TypeVar("T")
class A(Generic[T]): pass
a = A()
a.x = 5
VALUE = a.x
""",
    "staticmethod in class": """\
class A: pass
A.f = staticmethod(lambda: 4)
A.g = lambda self: 5
A.h = classmethod(lambda cls: cls.__name__)
A.p = property(lambda self: 6)
VALUE = [A.f(), A().f(), A().g(), A.h(), A().p]
""",
    "__call__ & __getattr__ on class later": """\
class A: pass
A.__call__ = lambda self: 7
A.__getattr__ = lambda self, name: name
VALUE = [A()(), A().zz]
""",
    "__call__ on instance does nothing": """\
class A: pass
a = A()
a.__call__ = lambda: 7
try:
    VALUE = a()
except TypeError:
    VALUE = "TypeError"
""",
    "len on instance": """\
class A: pass
a = A()
a.__len__ = lambda: 0
VALUE = bool(a)
""",
    "a member of an enumeration": """\
from enum import Enum
class E(Enum):
    A = 1
try:
    E.A = 2
except AttributeError:
    VALUE = "AttributeError"
""",
}
UNSURE = {
    "on data": (
        3,
        """\
VALUE = []
for one in ("a", 1, 1.5, b"a", [1], (1,), {}, {1}, None, True, range(2)):
    try:
        one.x = 1
    except AttributeError:
        VALUE.append("AttributeError")
""",
    ),
    "function internals": (
        3,
        """\
def f(a=1): return a
f.__defaults__ = (5,)
VALUE = f()
""",
    ),
    "__class__": (
        4,
        """\
class A: x = 1
class B: x = 2
a = A()
a.__class__ = B
VALUE = a.x
""",
    ),
    "__bases__": (
        4,
        """\
class A: x = 1
class C: x = 3
class B(C): pass
B.__bases__ = (A,)
VALUE = B.x
""",
    ),
    "__dict__": (
        3,
        """\
class A: pass
a = A()
a.__dict__ = {"x": 1}
VALUE = a.x
""",
    ),
    "object()": (
        2,
        """\
one = object()
try:
    one.x = 1
    VALUE = 1
except AttributeError:
    VALUE = "AttributeError"
""",
    ),
    "own class of list": (
        2,
        """\
class A(list): pass
a = A()
a.x = 1
VALUE = a.x
""",
    ),
    "own class of external": (
        3,
        """\
import threading
class A(threading.local): pass
a = A()
a.x = 1
VALUE = a.x
""",
    ),
    "bound method": (
        3,
        """\
class A:
    def m(self): pass
try:
    A().m.x = 1
except AttributeError:
    VALUE = "AttributeError"
""",
    ),
    "builtin": (
        1,
        """\
try:
    len.x = 1
except AttributeError:
    VALUE = "AttributeError"
""",
    ),
    "builtin type": (
        1,
        """\
try:
    int.x = 1
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "arguments of an error": (
        4,
        """\
try:
    raise ValueError("a")
except ValueError as error:
    error.args = ("b",)
    VALUE = str(error)
""",
    ),
    "beside the members of an enumeration": (
        5,
        """\
from enum import Enum
class E(Enum):
    A = 1
E.other = 5
VALUE = len(list(E))
""",
    ),
    "what a member is made of": (
        4,
        """\
from enum import Enum
class E(Enum):
    A = 1
E.A._value_ = 5
VALUE = E.A.value
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_a_set_attribute_is_what_python_leaves(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_an_attribute_that_is_not_followed_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
