"""``copy.copy`` and ``copy.deepcopy``: what a copy shares and what it has of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "shallow shares what is inside": """\
import copy
one = [[1], {"a": [2]}]
other = copy.copy(one)
other.append(3)
other[0].append(9)
d = {"k": [1]}
e = copy.copy(d)
e["n"] = 1
e["k"].append(2)
s = {1}
t = copy.copy(s)
t.add(2)
VALUE = [one, other, d, e, sorted(s), sorted(t)]
""",
    "one copy of each": """\
import copy
inner = [1]
other = copy.deepcopy([inner, inner, {"k": inner}])
other[0].append(2)
VALUE = [other, other[0] is other[1], other[0] is other[2]["k"], inner]
""",
    "circle": """\
import copy
one = [1]
one.append(one)
other = copy.deepcopy(one)
VALUE = [other is one, other[1] is other, len(other)]
""",
    "objects": """\
import copy
class A:
    shared = []
    def __init__(self, items): self.items = items
a = A([1])
b, c = copy.copy(a), copy.deepcopy(a)
b.items.append(2)
c.items.append(3)
c.other = 1
VALUE = [a.items, b.items, c.items, hasattr(a, "other"), type(c) is A, b.shared is a.shared]
""",
    "circle of objects": """\
import copy
class Node:
    def __init__(self): self.me = self
a = Node()
b = copy.deepcopy(a)
VALUE = [b.me is b, b.me is a, copy.copy(a).me is a]
""",
    "ordered dict & class of list": """\
import copy
from collections import OrderedDict
o = copy.copy(OrderedDict(a=[1]))
VALUE = [list(o.items()), isinstance(o, OrderedDict), isinstance(copy.deepcopy(OrderedDict()), OrderedDict)]
""",
    "frozenset of tuple": """\
import copy
VALUE = copy.deepcopy(frozenset([(1, 2)]))
""",
    "instance with class getattr": """\
import copy
class A:
    def __init__(self): self.x = {"k": []}
    def __getattr__(self, name): raise AttributeError(name)
a = A()
b = copy.deepcopy(a)
b.x["k"].append(1)
VALUE = [a.x, b.x]
""",
    "deepcopy key objects": """\
import copy
k = ("a",)
d = {k: [1]}
VALUE = copy.deepcopy(d)
""",
    "__setattr__ is not called": """\
import copy
class A:
    def __setattr__(self, name, value):
        self.__dict__[name] = [value]
a = A(); a.x = 1
VALUE = copy.copy(a).x
""",
    "__init__ not called, class attr counted": """\
import copy
class A:
    made = 0
    def __init__(self): A.made += 1
a = A(); copy.copy(a); copy.deepcopy(a)
VALUE = A.made
""",
    "properties read only kept": """\
import copy
class A:
    def __init__(self): self._x = [1]
    @property
    def x(self): return self._x
a = A(); b = copy.deepcopy(a); b.x.append(2)
VALUE = [a.x, b.x]
""",
    "dict method": """\
d = {"a": [1]}
e = d.copy(); e["a"].append(2); e["b"] = 1
VALUE = [d, e]
""",
    "dataclass replace": """\
from dataclasses import dataclass, replace
import copy
@dataclass
class A:
    x: list
VALUE = copy.deepcopy(A([1])).x
""",
    "deep copies are equal": """\
import copy
one = {"a": [1, (2, [3])], "b": {4}, "d": "text"}
other = copy.deepcopy(one)
equal = other == one
other["a"][1][1].append(9)
other["b"].add(7)
VALUE = [equal, one["a"], sorted(one["b"]), other["a"], sorted(other["b"])]
""",
    "tuples of lists": """\
import copy
one = ([1], 2)
other, same = copy.deepcopy(one), copy.copy(one)
other[0].append(3)
same[0].append(4)
VALUE = [one, other]
""",
    "what copies are the very same of": """\
import copy
from enum import Enum
from pathlib import Path
class E(Enum):
    A = 1
def f(): return 5
VALUE = [copy.deepcopy(f)(), copy.copy(E.A) is E.A, copy.deepcopy(E)["A"] is E.A, copy.copy(len)([1]), copy.copy(Path("a")) == Path("a")]
""",
}
UNSURE = {
    "slots": (
        6,
        """\
import copy
class A:
    __slots__ = ("x",)
a = A()
a.x = [1]
VALUE = copy.deepcopy(a).x
""",
    ),
    "with memo": (
        2,
        """\
import copy
VALUE = copy.deepcopy([1], {})
""",
    ),
    "module is refused": (
        2,
        """\
import copy, os
try:
    copy.deepcopy(os)
    VALUE = 1
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "iterator": (
        2,
        """\
import copy
VALUE = list(copy.copy(iter([1, 2])))
""",
    ),
    "bound method, property": (
        5,
        """\
import copy
class A:
    def m(self): return self.x
a = A(); a.x = 1
VALUE = copy.copy(a.m)()
""",
    ),
    "exceptions": (
        2,
        """\
import copy
VALUE = copy.copy(ValueError("a")).args
""",
    ),
    "error of missing argument": (
        2,
        """\
import copy
try:
    copy.copy()
except TypeError:
    VALUE = "TypeError"
""",
    ),
    "a method of its own": (
        4,
        """\
import copy
class A:
    def __copy__(self): return "copied"
VALUE = copy.copy(A())
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_a_copy_is_what_python_makes(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_a_copy_that_is_not_followed_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
