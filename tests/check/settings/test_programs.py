"""Settings written in every way that people write them: evaluated from source, and run by Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.settings import evaluate_settings

from .evaluating import listed

PROGRAMS: dict[str, dict[str, str]] = {
    "context manager": {
        "program.py": """\
class C:
    def __enter__(self): return ["a.A"]
    def __exit__(self,*a): return True
with C() as MIDDLEWARE:
    MIDDLEWARE.append("b.B")
    raise ValueError
MIDDLEWARE.append("c.C")
"""
    },
    "closure": {
        "program.py": """\
def make():
    items=[]
    def add(x):
        items.append(x)
    add("a.A")
    add("b.B")
    return items
MIDDLEWARE=make()
"""
    },
    "subscripted builtin types": {
        "program.py": """\
from typing import cast
MIDDLEWARE: list[str] = ["a.A"]
try:
    X = dict[str, str]; Y = type[int]; Z = cast(frozenset[int], set())
    MIDDLEWARE += list[str](("b.B",))
    class D(dict[str, int]): pass
    MIDDLEWARE += ["c.C"]
except TypeError:
    MIDDLEWARE = ["old.A"]
try:
    len[int]
except TypeError:
    MIDDLEWARE += ["d.D"]
try:
    int[str]
except TypeError:
    MIDDLEWARE += ["e.E"]
"""
    },
    "nonlocal": {
        "program.py": """\
def make():
    n=0
    def inc():
        nonlocal n
        n+=1
    inc(); inc()
    return n
MIDDLEWARE=["a.A"]*make()
"""
    },
    "decorator": {
        "program.py": """\
import functools
def d(f):
    @functools.wraps(f)
    def w(*a,**k):
        return f(*a,**k)+["z.Z"]
    return w
@d
def mw(): return ["a.A"]
MIDDLEWARE=mw()
"""
    },
    "lru": {
        "program.py": """\
from functools import lru_cache
@lru_cache
def mw(): return ["a.A"]
mw().append("b.B")
MIDDLEWARE=mw()
"""
    },
    "default arg": {
        "program.py": """\
def add(x, acc=[]):
    acc.append(x)
    return acc
add("a.A")
MIDDLEWARE=add("b.B")
"""
    },
    "class var": {
        "program.py": """\
class C:
    mw=["a.A"]
    def go(self): self.mw.append("b.B")
C().go()
MIDDLEWARE=C.mw
"""
    },
    "typing namedtuple": {
        "program.py": """\
from typing import NamedTuple
class P(NamedTuple):
    a: str="a.A"
MIDDLEWARE=[P().a]
"""
    },
    "enum": {
        "program.py": """\
from enum import Enum
class E(str, Enum):
    A="a.A"
MIDDLEWARE=[E.A.value]
"""
    },
    "itertools": {
        "program.py": """\
import itertools
MIDDLEWARE=list(itertools.chain(["a.A"],("b.B",)))
"""
    },
    "ordereddict": {
        "program.py": """\
from collections import OrderedDict
MIDDLEWARE=list(OrderedDict.fromkeys(["a.A","b.B","a.A"]))
"""
    },
    "sort key": {
        "program.py": """\
MIDDLEWARE=["b.B","a.AAA"]
MIDDLEWARE.sort(key=len, reverse=True)
"""
    },
    "slice assign": {
        "program.py": """\
MIDDLEWARE=["a.A","b.B"]
MIDDLEWARE[1:1]=["x.X"]
MIDDLEWARE[0]="y.Y"
"""
    },
    "del slice": {
        "program.py": """\
MIDDLEWARE=["a.A","b.B","c.C"]
del MIDDLEWARE[:2]
"""
    },
    "while": {
        "program.py": """\
i=0
MIDDLEWARE=[]
while i<3:
    MIDDLEWARE.append(f"m{i}.M")
    i+=1
"""
    },
    "for else break": {
        "program.py": """\
MIDDLEWARE=["a.A","b.B"]
for i,m in enumerate(MIDDLEWARE):
    if m=="b.B":
        MIDDLEWARE.insert(i,"x.X")
        break
else:
    MIDDLEWARE.append("n.N")
"""
    },
    "match": {
        "program.py": """\
x="prod"
MIDDLEWARE=["a.A"]
match x:
    case "prod"|"live": MIDDLEWARE+=["p.P"]
    case _: pass
"""
    },
    "walrus": {
        "program.py": """\
MIDDLEWARE=["a.A"]
if (n:=len(MIDDLEWARE))==1: MIDDLEWARE.append(f"n{n}.N")
"""
    },
    "globals": {
        "program.py": """\
globals()["MIDDLEWARE"]=["a.A"]
"""
    },
    "globals update": {
        "program.py": """\
MIDDLEWARE=["a.A"]
globals().update({"MIDDLEWARE":["b.B"]})
"""
    },
    "setattr module": {
        "program.py": """\
import sys
MIDDLEWARE=["a.A"]
setattr(sys.modules[__name__],"MIDDLEWARE",["b.B"])
"""
    },
    "vars": {
        "program.py": """\
vars()["MIDDLEWARE"]=["a.A"]
"""
    },
    "try finally": {
        "program.py": """\
MIDDLEWARE=["a.A"]
try:
    import nope_nope
except ImportError:
    MIDDLEWARE.append("e.E")
else:
    MIDDLEWARE.append("l.L")
finally:
    MIDDLEWARE.append("f.F")
"""
    },
    "suppress": {
        "program.py": """\
import contextlib
MIDDLEWARE=["a.A"]
with contextlib.suppress(ImportError):
    import nope_nope
    MIDDLEWARE.append("e.E")
"""
    },
    "index error": {
        "program.py": """\
MIDDLEWARE=["a.A"]
try:
    MIDDLEWARE.remove("zz")
    MIDDLEWARE.append("x")
except ValueError:
    MIDDLEWARE.append("v.V")
"""
    },
    "type eq": {
        "program.py": """\
MIDDLEWARE=["a.A"] if type([]) is list else ["b.B"]
"""
    },
    "format": {
        "program.py": """\
MIDDLEWARE=["{0}.{x}".format("a",x="A"),"%s.%s"%("b","B"),f"{'c'!s}.{1:03d}"]
"""
    },
    "string ops": {
        "program.py": """\
MIDDLEWARE=" a.A , b.B ".replace(" ","").split(",")
"""
    },
    "json": {
        "program.py": """\
import json
MIDDLEWARE=json.loads('["a.A"]')
"""
    },
    "pathlib": {
        "program.py": """\
from pathlib import Path
B=Path(__file__).resolve().parent
MIDDLEWARE=["a.A"] if (B/"program.py").exists() else ["b.B"]
"""
    },
    "pathlib missing": {
        "program.py": """\
from pathlib import Path
MIDDLEWARE=["a.A"] if not (Path(__file__).parent/"nope.txt").is_file() else ["b.B"]
"""
    },
    "tuple to list": {
        "program.py": """\
MIDDLEWARE=("a.A",)
MIDDLEWARE=(*MIDDLEWARE,"b.B")
"""
    },
    "star assign": {
        "program.py": """\
first,*MIDDLEWARE=["a.A","b.B","c.C"]
"""
    },
    "swap": {
        "program.py": """\
A,B=["a.A"],["b.B"]
A,B=B,A
MIDDLEWARE=A
"""
    },
    "chained": {
        "program.py": """\
MIDDLEWARE=M=["a.A"]
M.append("b.B")
"""
    },
    "chained aug": {
        "program.py": """\
M=MIDDLEWARE=["a.A"]
M+=["b.B"]
"""
    },
    "tuple aug": {
        "program.py": """\
M=MIDDLEWARE=("a.A",)
M+=("b.B",)
"""
    },
    "copy": {
        "program.py": """\
import copy
M=[["a.A"]]
N=copy.deepcopy(M)
N[0].append("b.B")
MIDDLEWARE=M[0]
"""
    },
    "shallow": {
        "program.py": """\
M=[["a.A"]]
N=list(M)
N[0].append("b.B")
MIDDLEWARE=M[0]
"""
    },
    "dict merge": {
        "program.py": """\
D={"m":["a.A"]}|{"n":["b.B"]}
MIDDLEWARE=[y for v in D.values() for y in v]
"""
    },
    "dict order": {
        "program.py": """\
D={}
D["z"]="z.Z"; D["a"]="a.A"; D["z"]="y.Y"
MIDDLEWARE=list(D.values())
"""
    },
    "set order": {
        "program.py": """\
MIDDLEWARE=sorted({"b.B","a.A"})
"""
    },
    "super": {
        "program.py": """\
class A:
    def mw(self): return ["a.A"]
class B(A):
    def mw(self): return super().mw()+["b.B"]
MIDDLEWARE=B().mw()
"""
    },
    "property": {
        "program.py": """\
class A:
    @property
    def mw(self): return ["a.A"]
MIDDLEWARE=A().mw
"""
    },
    "cached_property": {
        "program.py": """\
from functools import cached_property
class A:
    @cached_property
    def mw(self): return ["a.A"]
a=A(); a.mw.append("b.B")
MIDDLEWARE=a.mw
"""
    },
    "getattr dunder": {
        "program.py": """\
class A:
    def __getattr__(self,n): return [n+".X"]
MIDDLEWARE=A().mw
"""
    },
    "getitem": {
        "program.py": """\
class A:
    def __getitem__(self,n): return [n+".X"]
MIDDLEWARE=A()["mw"]
"""
    },
    "init_subclass": {
        "program.py": """\
class B:
    all=[]
    def __init_subclass__(cls): B.all.append(cls.__name__+".X")
class C(B): pass
MIDDLEWARE=B.all
"""
    },
    "other module mutate": {
        "program.py": """\
from oth import MIDDLEWARE, add
add("x.X")
""",
        "oth.py": """\
MIDDLEWARE=["a.A"]
def add(x): MIDDLEWARE.append(x)
""",
    },
    "other module rebind": {
        "program.py": """\
from oth import *
add("x.X")
""",
        "oth.py": """\
MIDDLEWARE=["a.A"]
def add(x):
    global MIDDLEWARE
    MIDDLEWARE=[x]
""",
    },
    "other module attr": {
        "program.py": """\
import oth
oth.MIDDLEWARE=["n.N"]
from oth import MIDDLEWARE
""",
        "oth.py": """\
MIDDLEWARE=["a.A"]
""",
    },
    "all hides": {
        "program.py": """\
MIDDLEWARE=["l.L"]
from oth import *
""",
        "oth.py": """\
__all__=["X"]
X=1
MIDDLEWARE=["a.A"]
""",
    },
    "circular": {
        "program.py": """\
MIDDLEWARE=["a.A"]
import oth
""",
        "oth.py": """\
import program
program.MIDDLEWARE.append("c.C")
""",
    },
    "platform": {
        "program.py": """\
import sys
MIDDLEWARE=["a.A"] if sys.platform!="win32" else ["w.W"]
"""
    },
    "version": {
        "program.py": """\
import sys
MIDDLEWARE=["a.A"] if sys.version_info[:2]>=(3,9) else ["w.W"]
"""
    },
    "django version": {
        "program.py": """\
import django
MIDDLEWARE=["a.A"] if django.VERSION>=(3,2) else ["w.W"]
"""
    },
    "find_spec": {
        "program.py": """\
import importlib.util
MIDDLEWARE=["a.A"] if importlib.util.find_spec("nope_nope") is None else ["w.W"]
"""
    },
    "locals loop": {
        "program.py": """\
for n in ("MIDDLEWARE",):
    locals()[n]=["a.A"]
"""
    },
    "lambda late": {
        "program.py": """\
fs=[lambda: i for i in range(3)]
MIDDLEWARE=[f"m{f()}.M" for f in fs]
"""
    },
    "comp scope": {
        "program.py": """\
x="o"
MIDDLEWARE=[x for x in ["a.A"]]+[x]
"""
    },
    "int bool": {
        "program.py": """\
MIDDLEWARE=["a.A"]*True+["b.B"]*int("2")
"""
    },
    "zip strict": {
        "program.py": """\
MIDDLEWARE=[a+b for a,b in zip("ab",(".A",".B"),strict=True)]
"""
    },
    "sorted stable": {
        "program.py": """\
MIDDLEWARE=sorted(["b.B","a.AA","c.C"],key=lambda s:-len(s))
"""
    },
    "partial": {
        "program.py": """\
from functools import partial
def f(a,b): return [a,b]
MIDDLEWARE=partial(f,b="b.B")("a.A")
"""
    },
    "kwargs": {
        "program.py": """\
def f(*a,k=None,**kw): return list(a)+[k]+list(kw.values())
MIDDLEWARE=f("a.A",k="k.K",z="z.Z")
"""
    },
    "return finally": {
        "program.py": """\
def f():
    try:
        return ["a.A"]
    finally:
        pass
MIDDLEWARE=f()
"""
    },
    "return over": {
        "program.py": """\
def f():
    try:
        return ["a.A"]
    finally:
        return ["b.B"]
MIDDLEWARE=f()
"""
    },
    "assert": {
        "program.py": """\
MIDDLEWARE=["a.A"]
try:
    assert len(MIDDLEWARE)==2
except AssertionError:
    MIDDLEWARE.append("x.X")
"""
    },
    "chained exc": {
        "program.py": """\
MIDDLEWARE=[]
try:
    try:
        1/0
    except ZeroDivisionError as e:
        MIDDLEWARE.append("z.Z")
        raise KeyError from e
except LookupError:
    MIDDLEWARE.append("l.L")
"""
    },
    "except var": {
        "program.py": """\
MIDDLEWARE=[]
try:
    raise ValueError("a.A")
except ValueError as e:
    MIDDLEWARE.append(str(e))
"""
    },
    "logging dict": {
        "program.py": """\
import logging.config
MIDDLEWARE=["a.A"]
logging.config.dictConfig({"version":1})
"""
    },
    "name eq": {
        "program.py": """\
MIDDLEWARE=["a.A"] if __name__=="program" else ["b.B"]
"""
    },
    "dir": {
        "program.py": """\
X_MW="a.A"
MIDDLEWARE=[globals()[n] for n in dir() if n.endswith("_MW")]
"""
    },
    "removeprefix": {
        "program.py": """\
MIDDLEWARE=["x.a.A".removeprefix("x."),"B.b".swapcase(),"a.b".title(),"x".join(["a",".A"])]
"""
    },
    "unpack dict": {
        "program.py": """\
d=dict(a="a.A",**{"b":"b.B"})
MIDDLEWARE=[*d.values()]
"""
    },
    "nested comp": {
        "program.py": """\
MIDDLEWARE=[f"{a}.{b}" for a in "ab" if a!="b" for b in "XY"]
"""
    },
    "dict pop": {
        "program.py": """\
D={"a":"a.A","b":"b.B"}
D.pop("a")
MIDDLEWARE=list(D.values())
D.setdefault("q","q.Q")
"""
    },
    "late mutation": {
        "program.py": """\
MIDDLEWARE=["a.A"]
N=MIDDLEWARE
MIDDLEWARE=MIDDLEWARE+["b.B"]
N.append("n.N")
"""
    },
    "textwrap": {
        "program.py": """\
import textwrap
MIDDLEWARE=textwrap.dedent(\"\"\"\\
    a.A
    b.B
\"\"\").split()
"""
    },
    "ast literal": {
        "program.py": """\
import ast
MIDDLEWARE=ast.literal_eval("['a.A']")
"""
    },
    "strtobool": {
        "program.py": """\
MIDDLEWARE=["a.A"] if bool("False") else ["b.B"]
"""
    },
}
"""Each is run and evaluated; evaluation must not be unsure."""

UNSURE: dict[str, str] = {
    "metaclass": """\
class M(type):
    def __new__(m,n,b,d):
        d["mw"]=["a.A"]
        return super().__new__(m,n,b,d)
class C(metaclass=M): mw=[]
MIDDLEWARE=C.mw
""",
    "contextmanager": """\
from contextlib import contextmanager
M=["a.A"]
@contextmanager
def c():
    M.append("i.I")
    yield
    M.append("o.O")
with c():
    M.append("b.B")
MIDDLEWARE=M
""",
    "generator": """\
def g():
    yield "a.A"
    yield from ["b.B"]
MIDDLEWARE=list(g())
""",
    "list subclass": """\
class L(list):
    def append(self,x): super().append(x.upper())
MIDDLEWARE=L()
MIDDLEWARE.append("a.a")
""",
    "reflected operator": """\
class A:
    def __add__(self,o): return NotImplemented
class B:
    def __radd__(self,o): return ["a.A"]
MIDDLEWARE=A()+B()
""",
    "comparison of two objects": """\
class A:
    def __eq__(self,o): return True
class B: pass
MIDDLEWARE=["a.A"] if A()==B() else []
""",
    "identity by default": """\
class A: pass
MIDDLEWARE=["a.A"] if A()==1 else []
""",
    "text and an object": """\
class A:
    def __radd__(self,o): return o+".A"
MIDDLEWARE=["a"+A()]
""",
    "iterator of its own": """\
class A:
    n=0
    def __iter__(self): return self
    def __next__(self):
        self.n+=1
        if self.n>2: raise StopIteration
        return "a.A"
MIDDLEWARE=list(A())
""",
    "iteration by position": """\
class A:
    def __getitem__(self,n): return ["a.A","b.B"][n]
MIDDLEWARE=list(A())
""",
    "arguments of an exception": """\
class Missing(Exception):
    def __init__(self,name): super().__init__(name+".A")
try: raise Missing("a")
except Missing as error: MIDDLEWARE=list(error.args)
""",
    "exec": """\
exec("MIDDLEWARE=['a.A']")
""",
}
"""What is not interpreted, and must not be guessed."""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")


@pytest.fixture(scope="module")
def truths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What MIDDLEWARE is when Python runs each program: all in one process, which forgets them in between."""
    root = tmp_path_factory.mktemp("programs")
    for number, files in enumerate(PROGRAMS.values()):
        (root / str(number)).mkdir()
        write(root / str(number), files)
    run = (
        "import sys, json; sys.argv = ['manage.py']; sys.dont_write_bytecode = True\n"
        f"for number in range({len(PROGRAMS)}):\n"
        f"    sys.path.insert(0, {str(root)!r} + '/' + str(number))\n"
        "    import program; print(json.dumps([str(path) for path in program.MIDDLEWARE]))\n"
        "    del sys.path[0], sys.modules['program']; sys.modules.pop('oth', None)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", run], capture_output=True, text=True, timeout=60, check=True
    )
    return dict(zip(PROGRAMS, map(json.loads, answer.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", PROGRAMS)
def test_evaluating_says_what_running_shows(name: str, tmp_path: Path, truths: dict[str, list[str]]) -> None:
    write(tmp_path, PROGRAMS[name])
    result = evaluate_settings(ModuleFinder([tmp_path]), "program")
    assert not result.error
    assert listed(result.default) == truths[name]


@pytest.mark.parametrize("name", UNSURE)
def test_what_is_not_interpreted_is_unknown_with_its_line(name: str, tmp_path: Path) -> None:
    write(tmp_path, {"program.py": UNSURE[name]})
    default = evaluate_settings(ModuleFinder([tmp_path]), "program").default
    assert default.middleware is None
    assert default.blocked
    assert all(blocked.location.path.endswith("program.py") for blocked in default.blocked)
