"""Private names of classes, as the compiler writes them (language reference, section 6.2.1.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "in and out": """\
class A:
    __x = 1
    def __init__(self): self.__y = 2
    def both(self): return [self.__x, self.__y, self.__class__.__name__]
a = A()
VALUE = [a.both(), a._A__x, a._A__y, hasattr(a, "__x"), hasattr(a, "_A__x"), getattr(a, "__y", None)]
""",
    "underscores of the class": """\
class __A:
    __x = 1
    def get(self): return self.__x
VALUE = [__A().get(), __A._A__x]
""",
    "class of underscores": """\
class __:
    __x = 1
    def get(self): return self.__x
VALUE = [__().get(), __.__x]
""",
    "names end in underscores": """\
class A:
    __x__ = 1
    __y_ = 2
    def get(self): return [self.__x__, self.__y_]
VALUE = [A().get(), A.__x__, A._A__y_]
""",
    "methods and inheritance": """\
class A:
    def __go(self): return "A"
    def run(self): return self.__go()
class B(A):
    def __go(self): return "B"
    def own(self): return self.__go()
VALUE = [B().run(), B().own(), B()._A__go()]
""",
    "nested functions and lambdas": """\
class A:
    __x = 3
    def get(self):
        def inner(): return self.__x
        return inner() + (lambda: self.__x)()
VALUE = A().get()
""",
    "nested classes": """\
class A:
    __x = 1
    class B:
        __x = 2
        def get(self, a): return [self.__x, hasattr(a, "_B__x")]
VALUE = [A.B().get(A()), A._A__x, A.B._B__x]
""",
    "globals in class body and method": """\
_A__g = 5
class A:
    def get(self): return __g
VALUE = A().get()
""",
    "global statement": """\
class A:
    def set(self):
        global __made
        __made = 1
A().set()
VALUE = _A__made
""",
    "del": """\
class A:
    def __init__(self): self.__x = 1
    def drop(self): del self.__x
a = A()
a.drop()
VALUE = hasattr(a, "_A__x")
""",
    "exec in a class body": """\
class A:
    __x = 1
    y = __x + 1
    names = sorted(name for name in locals() if name.endswith("x"))
VALUE = [A.y, A.names]
""",
    "slots": """\
class A:
    __slots__ = ("__x",)
    def __init__(self): self.__x = 1
VALUE = A()._A__x
""",
    "outside no change": """\
class A: pass
a = A()
a.__x = 1
VALUE = a.__x
""",
    "dataclass field": """\
from dataclasses import dataclass
@dataclass
class A:
    __x: int = 1
VALUE = A()._A__x
""",
    "property and decorator": """\
class A:
    @property
    def __x(self): return 1
    @__x.setter
    def __x(self, v): self.v = v
    def go(self):
        self.__x = 4
        return [self.__x, self.v]
VALUE = A().go()
""",
    "nested function def in method": """\
class A:
    def get(self):
        def __f(): return 1
        class __C: z = 2
        return [__f(), __C.z, __f.__name__]
VALUE = A().get()
""",
    "annotated": """\
class A:
    __x: int = 3
VALUE = A._A__x
""",
    "type-level function assigned": """\
class A: pass
def get(self): return self.__x
A.get = get
a = A()
a.__x = 1
VALUE = a.get()
""",
    "nonlocal": """\
class A:
    def count(self):
        __n = 0
        def up():
            nonlocal __n
            __n += 1
        up(); up()
        return __n
VALUE = A().count()
""",
    "targets of every kind": """\
from contextlib import nullcontext
class A:
    def __init__(self):
        self.__n = 1
        self.__n += 1
        for self.__i in (1, 2): pass
        for __j in (3, 4): pass
        with nullcontext(5) as self.__w: pass
        self.made = [__j, (__k := 6) + __k]
VALUE = sorted(A().__dict__.items())
""",
    "local before it is bound": """\
__n = 1
class A:
    def get(self):
        try:
            return __n
        except UnboundLocalError:
            return "unbound"
        __n = 2
VALUE = A().get()
""",
}
UNSURE = {
    "locals and parameters": (
        5,
        """\
class A:
    def get(self, __given, *, __named=2):
        __local = __given + __named
        return [__local, sorted(locals())]
VALUE = A().get(1)
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_a_private_name_is_as_the_compiler_writes_it(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_a_private_name_as_a_parameter_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
