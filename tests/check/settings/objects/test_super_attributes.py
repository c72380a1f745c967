"""Attributes of ``super()``, by Python's own answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "each kind": """\
class A:
    x = 1
    def m(self): return "m"
    @classmethod
    def c(cls): return cls.__name__
    @staticmethod
    def s(): return "s"
    @property
    def p(self): return self.x
class B(A):
    x = 2
    def all(self): return [super().x, super().m(), super().c(), super().s(), super().p]
    @classmethod
    def of_class(cls): return [super().x, super().m(cls), super().c(), super().s(), super(B, cls).x]
VALUE = [B().all(), B.of_class(), B().of_class()]
""",
    "diamonds": """\
class A:
    def go(self): return ["A"]
class B(A):
    def go(self): return ["B", *super().go()]
class C(A):
    def go(self): return ["C", *super().go()]
class D(B, C):
    def go(self): return ["D", *super().go()]
VALUE = [D().go(), super(B, D()).go()]
""",
    "__init__ up to object": """\
class A:
    def __init__(self): super().__init__(); self.x = 1
class B(A):
    def __init__(self): super().__init__(); self.y = 2
VALUE = [B().x, B().y]
""",
    "__new__": """\
class A:
    def __new__(cls, *args):
        made = super().__new__(cls)
        made.x = len(args)
        return made
class B(A):
    def __new__(cls, *args): return super().__new__(cls, *args, 1)
VALUE = [A(1).x, B(1).x]
""",
    "not there": """\
class A:
    def go(self):
        try:
            return super().nothing
        except AttributeError:
            return "AttributeError"
VALUE = A().go()
""",
    "__setattr__ __getattribute__ __delattr__": """\
class A:
    def __init__(self): self.x = 1
    def __setattr__(self, name, value): super().__setattr__(name, value + 1)
    def __getattribute__(self, name): return super().__getattribute__(name) if name.startswith("__") or name == "x" else "other"
    def __delattr__(self, name): super().__delattr__(name)
a = A()
VALUE = [a.x, a.y]
del a.x
VALUE.append(hasattr(a, "x"))
""",
    "__init_subclass__": """\
class A:
    def __init_subclass__(cls, **given):
        super().__init_subclass__(**given)
        cls.made = True
class B(A): pass
VALUE = [B.made, hasattr(A, "made")]
""",
    "property setter via super": """\
class A:
    @property
    def x(self): return 1
class B(A):
    @property
    def x(self): return super().x + 1
VALUE = B().x
""",
    "__repr__": """\
class A:
    def __repr__(self): return "A"
class B(A):
    def __repr__(self): return super().__repr__() + "B"
VALUE = repr(B())
""",
    "class variable function via class": """\
class A:
    f = len
class B(A):
    def go(self): return super().f([1])
VALUE = B().go()
""",
    "descriptor instance": """\
class D:
    def __get__(self, one, cls): return (one is None, cls.__name__)
class A:
    d = D()
class B(A):
    def go(self): return super().d
    @classmethod
    def c(cls): return super().d
VALUE = [B().go(), B.c()]
""",
    "external base": """\
from abc import ABC
class A(ABC):
    def __init__(self): super().__init__(); self.x = 1
VALUE = A().x
""",
    "setup called raises": """\
class A:
    def go(self):
        try:
            super().setup()
            return "ran"
        except AttributeError:
            return "AttributeError"
VALUE = A().go()
""",
    "subclass nested function": """\
class A:
    def go(self): return [1]
class B(A):
    def go(self):
        def inner(): return super(B, self).go()
        return inner() + [super(B, self).go() for _ in (1, 2)]
VALUE = B().go()
""",
    "static __new__ via class receiver": """\
class A:
    @classmethod
    def m(cls): return super().__new__(cls).__class__.__name__
VALUE = A.m()
""",
    "no hooks of django-configurations": """\
class A:
    def go(self): return hasattr(super(), "setup")
VALUE = A().go()
""",
    "__class_getitem__": """\
class A:
    def __class_getitem__(cls, key): return [cls.__name__, key]
class B(A):
    def __class_getitem__(cls, key): return super().__class_getitem__(key) + ["B"]
VALUE = B["k"]
""",
}
UNSURE = {
    "of a class derived from list": (
        3,
        """\
class A(list):
    def append(self, one): super().append(one * 2)
a = A()
a.append(2)
VALUE = len(a)
""",
    ),
    "of an exception": (
        6,
        """\
class A(Exception):
    def __str__(self): return "own " + super().__str__()
try:
    raise A("x")
except A as error:
    VALUE = str(error)
""",
    ),
    "unread base": (
        4,
        """\
import threading
class A(threading.Thread):
    def __init__(self): super().__init__(); self.x = 1
VALUE = A().x
""",
    ),
    "metaclass new": (
        3,
        """\
class M(type):
    def __new__(mcs, name, bases, body): return super().__new__(mcs, name, bases, body)
class A(metaclass=M): x = 1
VALUE = A.x
""",
    ),
    "methods of object": (
        2,
        """\
class A:
    def go(self): return super().__eq__(self)
VALUE = A().go()
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_super_finds_what_python_finds(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_what_is_behind_an_unread_base_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
