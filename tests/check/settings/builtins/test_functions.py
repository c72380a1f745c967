"""Built-in functions of the project's own objects, and their refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "__str__": """\
class A:
    def __str__(self): return "text"
VALUE = [str(A()), f"{A()}", format(A()), f"{A()!s}"]
""",
    "text of errors": """\
class Own(Exception): pass
VALUE = [str(one) for one in (ValueError("a"), ValueError(), ValueError(5))]
""",
    "format": """\
from pathlib import Path
VALUE = [format(5, "03d"), format("a", ">4"), format(1.5), format(Path("/a")), format(None), format([1]), format(255, "x"), format(True)]
""",
    "format errors": """\
VALUE = []
for one, spec in ((None, "x"), ([1], "x"), (1, "q"), ("a", "d")):
    try:
        VALUE.append(format(one, spec))
    except (TypeError, ValueError) as error:
        VALUE.append(type(error).__name__)
""",
    "bytes": """\
VALUE = [bytes(), bytes(3), bytes([1, 2]), bytes("ab", "utf-8"), bytes(b"x")]
""",
    "bool": """\
VALUE = [bool(), bool(0), bool("a")]
""",
    "exit caught": """\
try:
    quit()
except SystemExit:
    VALUE = "SystemExit"
""",
    "sys.exit": """\
import sys
try:
    sys.exit("a")
except SystemExit as error:
    VALUE = error.args
""",
    "property in all forms": """\
class A:
    def get(self): return self._x
    def put(self, v): self._x = v
    def drop(self): self._x = "gone"
    x = property(get, put, drop)
    y = property(fget=get)
    z = property()
    z = z.getter(get)
    w = property(get, fset=put)
a = A()
a.x = 1
VALUE = [a.x, a.y, a.z, a.w]
a.w = 2
VALUE.append(a.x)
del a.x
VALUE.append(a.x)
""",
    "property without getter": """\
class A:
    x = property()
try:
    A().x
except AttributeError:
    VALUE = "AttributeError"
""",
    "classmethod, staticmethod called": """\
class A:
    m = classmethod(lambda cls: cls.__name__)
    s = staticmethod(len)
VALUE = [A.m(), A.s([1])]
""",
    "chr, ord, hex, bin, oct, divmod, ascii, abs, round": """\
VALUE = [chr(65), ord("a"), hex(255), bin(5), oct(8), divmod(7, -2), ascii("é"), abs(-3), round(2.5), round(2.567, 2), repr("a")]
""",
    "int": """\
VALUE = [int("5"), int("ff", 16), int(5.7), int(True), int(), int("-3"), int(" 4 "), float("1e3"), float(), float("inf"), int("0b1", 0), int("1_0")]
""",
    "str of each": """\
from pathlib import Path
VALUE = [str(one) for one in (1, 1.5, None, True, b"a", [1, "a"], (1,), {"a": 1}, Path("/x"), "t", range(2))] + [str(), str(b"ab", "utf-8")]
""",
    "special methods": """\
class A:
    def __abs__(self): return 1
    def __repr__(self): return "repr"
    def __int__(self): return 4
    def __float__(self): return 1.5
    def __round__(self): return 3
VALUE = [abs(A()), repr(A()), int(A()), float(A()), round(A()), str(A()), f"{A()}"]
""",
    "str of members": """\
from enum import Enum, IntEnum
class I(IntEnum):
    A = 1
VALUE = [str(I.A), f"{I.A}", format(I.A)]
""",
    "print to nobody": """\
VALUE = print("", end="", flush=True)
""",
    "print with an unknown option": """\
try:
    print("", nothing=1)
except TypeError:
    VALUE = "TypeError"
""",
    "what they raise": """\
VALUE = []
for call in (lambda: chr(-1), lambda: ord("ab"), lambda: abs("a"), lambda: divmod(1, 0), lambda: int("x"), lambda: bytes("a"), lambda: len(5), lambda: repr()):
    try:
        VALUE.append(call())
    except Exception as error:
        VALUE.append(type(error).__name__)
""",
}
UNSURE = {
    "no __str__": (
        2,
        """\
class A: pass
VALUE = str(A())[:1]
""",
    ),
    "text of KeyError": (
        1,
        """\
VALUE = str(KeyError("a"))
""",
    ),
    "text of two": (
        1,
        """\
VALUE = str(ValueError("a", 1))
""",
    ),
    "text of own error": (
        2,
        """\
class Own(Exception): pass
VALUE = str(Own("a"))
""",
    ),
    "format of a set": (
        1,
        """\
VALUE = len(format({"a", "b"}))
""",
    ),
    "bool of unread": (
        2,
        """\
import socket
VALUE = bool(socket.gethostname)
""",
    ),
    "print of an object calls str": (
        6,
        """\
seen = []
class A:
    def __str__(self):
        seen.append(1)
        return "a"
print(A(), end="")
VALUE = seen
""",
    ),
    "print to own file": (
        5,
        """\
class F:
    def __init__(self): self.lines = []
    def write(self, text): self.lines.append(text)
f = F()
print("a", file=f)
VALUE = f.lines
""",
    ),
    "__format__ of its own": (
        3,
        """\
class A:
    def __format__(self, spec): return "f" + spec
VALUE = format(A())
""",
    ),
    "__index__ in place of __int__": (
        3,
        """\
class A:
    def __index__(self): return 4
VALUE = int(A())
""",
    ),
    "identity": (
        1,
        """\
VALUE = id(None) == id(None)
""",
    ),
    "an object without content": (
        1,
        """\
a, b = object(), object()
VALUE = a == b
""",
    ),
    "str of a plain member": (
        4,
        """\
from enum import Enum
class E(Enum):
    A = 1
VALUE = str(E.A)
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_a_function_answers_as_pythons_does(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_what_a_function_cannot_answer_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
