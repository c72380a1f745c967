"""``del`` of names, attributes and items, by what Python leaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "names": """\
a, b, c = 1, 2, 3
del a, (b, [c])
VALUE = [name in globals() for name in ("a", "b", "c")]
""",
    "name not there": """\
try:
    del nothing
except NameError as error:
    VALUE = [type(error).__name__]
""",
    "local not there": """\
def f():
    try:
        del x
    except UnboundLocalError:
        return "unbound"
    x = 1
VALUE = f()
""",
    "local then read": """\
def f():
    x = 1
    del x
    try:
        return x
    except UnboundLocalError:
        return "unbound"
VALUE = f()
""",
    "global in function": """\
x = 1
def f():
    global x
    del x
f()
VALUE = "x" in globals()
""",
    "in a class": """\
class A:
    x = 1
    y = 2
    del x
VALUE = [hasattr(A, "x"), A.y]
""",
    "nonlocal": """\
def f():
    x = 1
    def g():
        nonlocal x
        del x
    g()
    try:
        return x
    except NameError:
        return "gone"
VALUE = f()
""",
    "items": """\
a = [1, 2, 3, 4]
d = {"a": 1, "b": 2, 3: 4}
del a[-1], a[0:1], d["a"], d[3]
VALUE = [a, d]
""",
    "item errors": """\
VALUE = []
for container, key in (([1], 5), ({}, "a"), ((1,), 0), ("ab", 0), ([1], "a"), (None, 0), (5, 1), ({1}, 1), (range(3), 0), (b"a", 0)):
    try:
        del container[key]
    except Exception as error:
        VALUE.append(type(error).__name__)
""",
    "own __delitem__": """\
class A:
    def __init__(self): self.seen = []
    def __delitem__(self, key): self.seen.append(key)
a = A()
del a["x"], a[1:2], a[1, 2]
VALUE = [str(one) for one in a.seen]
""",
    "own without __delitem__": """\
class A: pass
try:
    del A()["x"]
except TypeError:
    VALUE = "TypeError"
""",
    "attribute": """\
class A:
    x = 1
a = A()
a.x = 2
del a.x
VALUE = [a.x]
try:
    del a.x
except AttributeError:
    VALUE.append("AttributeError")
""",
    "attribute of a class": """\
class A:
    x = 1
class B(A): pass
try:
    del B.x
except AttributeError:
    VALUE = ["AttributeError"]
del A.x
VALUE.append(hasattr(B, "x"))
""",
    "property": """\
class A:
    def __init__(self): self.gone = False
    @property
    def x(self): return 1
    @x.deleter
    def x(self): self.gone = True
    @property
    def y(self): return 1
a = A()
del a.x
VALUE = [a.gone]
try:
    del a.y
except AttributeError:
    VALUE.append("AttributeError")
""",
    "__delattr__": """\
class A:
    def __delattr__(self, name): self.__dict__["seen"] = name
a = A()
del a.x
delattr(a, "y")
VALUE = a.seen
""",
    "object.__delattr__": """\
class A:
    def __delattr__(self, name): object.__delattr__(self, name)
a = A()
a.x = 1
del a.x
VALUE = hasattr(a, "x")
""",
    "super().__delattr__": """\
class A:
    def __delattr__(self, name): super().__delattr__(name)
a = A()
a.x = 1
del a.x
VALUE = hasattr(a, "x")
""",
    "function attribute": """\
def f(): pass
f.x = 1
del f.x
VALUE = hasattr(f, "x")
""",
    "cached_property": """\
from functools import cached_property
class A:
    calls = 0
    @cached_property
    def x(self):
        A.calls += 1
        return A.calls
a = A()
first = a.x
del a.x
VALUE = [first, a.x, a.x]
""",
    "enum member": """\
from enum import Enum
class E(Enum):
    A = 1
try:
    del E.A
    VALUE = "gone"
except AttributeError:
    VALUE = "AttributeError"
""",
    "slots": """\
class A:
    __slots__ = ("x",)
a = A()
a.x = 1
del a.x
VALUE = hasattr(a, "x")
""",
    "star target in for": """\
VALUE = [1, 2, 3]
for i in range(2):
    del VALUE[0]
""",
    "key true": """\
d = {1: "a", True: "b"}
del d[True]
VALUE = d
""",
    "enum key": """\
from enum import Enum
class K(str, Enum):
    A = "a"
d = {"a": 1, "b": 2}
del d[K.A]
VALUE = d
""",
    "globals()[]": """\
x = 1
del globals()["x"]
VALUE = "x" in globals()
""",
    "class attr through instance": """\
class A:
    x = 1
try:
    del A().x
except AttributeError:
    VALUE = "AttributeError"
""",
    "builtin shadow": """\
len = 5
del len
VALUE = len([1])
""",
    "class attribute of descriptor class/metaclass": """\
class A:
    @classmethod
    def m(cls): return 1
    @staticmethod
    def s(): return 1
del A.m, A.s
VALUE = [hasattr(A, "m"), hasattr(A, "s")]
""",
    "method from instance": """\
class A:
    def m(self): pass
try:
    del A().m
except AttributeError:
    VALUE = "AttributeError"
""",
    "exception name after block": """\
try:
    raise ValueError("a")
except ValueError as error:
    pass
VALUE = "error" in globals()
""",
}
UNSURE = {
    "item of unhashable key": (
        1,
        """\
try:
    del {}[[]]
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "own dict": (
        2,
        """\
class D(dict): pass
d = D(a=1)
del d["a"]
VALUE = len(d)
""",
    ),
    "descriptor": (
        7,
        """\
class D:
    def __get__(self, one, cls): return 1
    def __delete__(self, one): one.gone = True
class A:
    x = D()
a = A()
del a.x
VALUE = a.gone
""",
    ),
    "frozen dataclass": (
        5,
        """\
from dataclasses import dataclass
@dataclass(frozen=True)
class A:
    x: int = 1
try:
    del A().x
except AttributeError:
    VALUE = "AttributeError"
""",
    ),
    "data attribute": (
        1,
        """\
try:
    del "a".x
except AttributeError:
    VALUE = "AttributeError"
""",
    ),
    "enum item / instance attr": (
        4,
        """\
from enum import Enum
class E(Enum):
    A = 1
try:
    del E.A.value
    VALUE = "gone"
except AttributeError:
    VALUE = "AttributeError"
""",
    ),
    "key an object": (
        4,
        """\
class A: pass
a = A()
d = {a: 1, "b": 2}
del d[a]
VALUE = list(d)
""",
    ),
    "error attr": (
        5,
        """\
try:
    raise ValueError("a")
except ValueError as error:
    error.x = 1
    del error.x
    VALUE = hasattr(error, "x")
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_what_is_deleted_is_gone_as_in_python(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_a_deletion_that_is_not_followed_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
