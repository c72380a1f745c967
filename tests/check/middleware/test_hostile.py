"""Whatever a project's source holds: an answer in bounded time, never an exception, never execution."""

from __future__ import annotations

import ast
import logging
import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridgekit.check.middleware import Definition, SourceReader
from bridgekit.check.middleware.reader import INTERNAL_ERROR
from bridgekit.check.modules.environment import current_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer
from tests.check.middleware.idioms import IDIOMS

pytest.importorskip("django")


def read(root: Path, files: dict[str, str], path: str = "mw.Middleware") -> Definition:
    for name, text in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8", "surrogatepass")
    definition = SourceReader(ModuleFinder([root], current_environment())).read(path)
    assert INTERNAL_ERROR not in definition.facts.sync_capable.reason
    return definition


@pytest.mark.parametrize(
    "files",
    [
        {"mw.py": "from other import Middleware\n", "other.py": "from mw import Middleware\n"},
        {"mw.py": "from mw import Middleware\n"},
        {"mw.py": "from mw import *\n"},
        {"mw.py": "from other import *\n", "other.py": "from mw import *\n"},
        {"mw.py": "Middleware = Middleware\n"},
        {"mw.py": "Middleware = other\nother = Middleware\n"},
        {"mw.py": "class Middleware(Middleware):\n    pass\n"},
        {"mw.py": "import mw\nclass Middleware(mw.Middleware):\n    pass\n"},
        {
            "mw.py": "from b import B\nclass Middleware(B):\n    pass\n",
            "b.py": "from mw import Middleware\nclass B(Middleware):\n    pass\n",
        },
        {"mw.py": "def f(x):\n    return f(x)\nMiddleware = f(1)\n"},
        {"mw.py": "def f(x):\n    return g(x)\ndef g(x):\n    return f(x)\nMiddleware = f(1)\n"},
        {"mw.py": "Middleware = (lambda f: f(f))(lambda f: f(f))\n"},
        {"mw.py": "def __getattr__(name):\n    from mw import Middleware\n    return Middleware\n"},
        {"mw.py": "def d(f):\n    return d(f)\n@d\nclass Middleware:\n    pass\n"},
        {"mw.py": "class Middleware:\n    async_capable = not Middleware.async_capable\n"},
        {"mw.py": "class Middleware:\n    pass\nMiddleware.async_capable = not Middleware.async_capable\n"},
        {"mw.py": "if Middleware:\n    Middleware = 1\n"},
        {
            "mw.py": "try:\n    import mw\n    Middleware = mw.Middleware\nexcept ImportError:\n    Middleware = 1\n"
        },
        {
            "mw.py": "class Middleware:\n    def __init__(self, g):\n        self.a = self.b\n        self.b = self.a\n    def __call__(self, r):\n        return self.a(r)\n"
        },
        {
            "mw.py": "class Middleware:\n    def __init__(self, g):\n        self.__init__(g)\n    async def __call__(self, r):\n        return await self(r)\n"
        },
        {
            "mw.py": "class Middleware:\n    def __getattr__(self, n):\n        return self.n\n    async def __call__(self, r):\n        return await self.x(r)\n"
        },
        {"mw.py": "class A:\n    pass\nclass B(A):\n    pass\nclass Middleware(A, B):\n    pass\n"},
        {
            "mw.py": "class M(type):\n    def __new__(m, *a):\n        return M\nclass Middleware(metaclass=M):\n    pass\n"
        },
        {"mw.py": "Middleware = type('M', (object,), {'async_capable': undefined})\n"},
        {"mw.py": "x = 'a' * 10 ** 10\nMiddleware = x\n"},
        {"mw.py": "class Middleware:\n    async_capable = 10 ** 10 ** 10 > 1\n"},
        {"mw.py": "class Middleware:\n    async_capable = (1,) * 10 ** 9 < (2,)\n"},
        {"mw.py": "class Middleware:\n    async_capable = '{:>9999999999}'.format(1) == ''\n"},
        {"mw.py": "class Middleware:\n    async_capable = ('x' * 99999).join('y' * 99999) == ''\n"},
        {"mw.py": "class Middleware:\n    sync_capable, (async_capable, *rest), = 1, 2\n"},
        {"mw.py": "import os.path.gone.more as Middleware\n"},
        {"mw.py": "from .... import Middleware\n"},
        {"mw.py": "class Middleware: 'only a docstring'\n"},
        {
            "mw.py": "from dataclasses import dataclass\n@dataclass\nclass Middleware:\n    x: int\n"
            "    def __post_init__(self):\n        raise ValueError\n"
        },
    ],
)
def test_cycles_and_absurdities_end(tmp_path: Path, files: dict[str, str]) -> None:
    started = time.process_time()
    read(tmp_path, files)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "source",
    [
        "Middleware = " + "(" * 90 + "1" + ")" * 90,
        "Middleware = " + " + ".join(["1"] * 20_000),
        "Middleware = " + "not " * 2_000 + "1",
        "Middleware = " + "f(" * 80 + "1" + ")" * 80,
        "Middleware = a" + ".b" * 3_000,
        "if a:\n    pass\n" + "elif b:\n    pass\n" * 2_000 + "else:\n    Middleware = 1\n",
        "class C0:\n    pass\n"
        + "".join(f"class C{n}(C{n - 1}):\n    pass\n" for n in range(1, 2_000))
        + "Middleware = C1999\n",
        "X0 = 1\n" + "".join(f"X{n} = X{n - 1}\n" for n in range(1, 3_000)) + "Middleware = X2999\n",
        "def f0(x):\n    return x\n"
        + "".join(f"def f{n}(x):\n    return f{n - 1}(f{n - 1}(x))\n" for n in range(1, 60))
        + "Middleware = f59(1)\n",
        "import settings\n" + "if settings.X:\n    Middleware = object\n" * 500,
        "".join(f"if settings.X{n}:\n    B{n} = object\nelse:\n    B{n} = type\n" for n in range(40))
        + f"class Middleware({', '.join(f'B{n}' for n in range(40))}):\n    pass\n",
    ],
    ids=lambda source: source[:20],
)
def test_deep_and_wide_source_ends(tmp_path: Path, source: str) -> None:
    started = time.process_time()
    read(tmp_path, {"mw.py": source})
    assert time.process_time() - started < 5


def test_nothing_is_executed(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    attack = f"import pathlib\npathlib.Path({str(marker)!r}).touch()\n"
    files = {
        "mw.py": attack + "import evil\nclass Middleware(evil.Base):\n    pass\n",
        "evil.py": attack + "class Base:\n    pass\n",
    }
    assert read(tmp_path, files).facts.async_capable.answer is Answer.NO
    assert not marker.exists()


def test_an_exhausted_budget_is_unknown_and_does_not_spoil_the_next_answer(tmp_path: Path) -> None:
    """What was found when the budget ran out must not be remembered as an answer."""
    dear = "def f0(x):\n    return x\n" + "".join(
        f"def f{n}(x):\n    return f{n - 1}(f{n - 1}(x)) or f{n - 1}(x)\n" for n in range(1, 40)
    )
    (tmp_path / "mw.py").write_text(
        dear + "class Middleware:\n    async_capable = f39(True)\nclass Plain:\n    async_capable = True\n"
    )
    reader = SourceReader(ModuleFinder([tmp_path], current_environment()))
    claim = reader.read("mw.Middleware").facts.async_capable
    assert claim.answer is not Answer.NO
    if claim.answer is Answer.UNKNOWN:
        assert "too" in claim.reason
    assert reader.read("mw.Plain").facts.async_capable.answer is Answer.YES


def test_a_fault_of_the_reader_is_said_logged_and_contained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mw.py").write_text("class Middleware:\n    async_capable = True\n")
    reader = SourceReader(ModuleFinder([tmp_path], current_environment()))
    with monkeypatch.context() as patch, caplog.at_level(logging.DEBUG):
        patch.setattr(reader.evaluator.imports, "member", lambda module, name: 1 / 0)
        claim = reader.read("mw.Middleware").facts.async_capable
    assert claim.answer is Answer.UNKNOWN
    assert INTERNAL_ERROR in claim.reason
    assert "ZeroDivisionError" in caplog.text
    assert reader.read("mw.Middleware").facts.async_capable.answer is Answer.YES


class _Mutation(ast.NodeTransformer):
    """Drops, doubles, shuffles and swaps statements and names at random: valid syntax, absurd meaning."""

    def __init__(self, chance: random.Random, pool: list[ast.stmt]) -> None:
        self.chance = chance
        self.pool = pool

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for name in ("body", "orelse", "handlers", "args", "bases", "decorator_list", "targets"):
            items = getattr(node, name, None)
            if not isinstance(items, list) or not items or self.chance.random() > 0.1:
                continue
            place = self.chance.randrange(len(items))
            match self.chance.randrange(4):
                case 0:
                    del items[place]
                case 1:
                    items.insert(place, items[self.chance.randrange(len(items))])
                case 2:
                    self.chance.shuffle(items)
                case _ if name in ("body", "orelse"):
                    items.insert(place, self.chance.choice(self.pool))
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        names = ["self", "get_response", "Middleware", "sync_to_async", "super", "type", "hasattr", "x"]
        return (
            ast.copy_location(ast.Name(self.chance.choice(names), node.ctx), node)
            if self.chance.random() < 0.1
            else node
        )

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        values = [None, True, 0, -1, 10**30, "", "__init__", b"x", 1.5]
        return (
            ast.copy_location(ast.Constant(self.chance.choice(values)), node)
            if self.chance.random() < 0.1
            else node
        )


SOURCES = [files for files in IDIOMS.values() if isinstance(files, str)]
POOL = [node for source in SOURCES for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=st.sampled_from(SOURCES), seed=st.integers(0, 2**32))
def test_mutated_middleware_never_raises(tmp_path: Path, source: str, seed: int) -> None:
    tree = _Mutation(random.Random(seed), POOL).visit(ast.parse(source))
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
    except (ValueError, IndexError, AttributeError, TypeError):
        return  # a mutation that has no source
    definition = read(tmp_path, {"mw.py": text})
    for claim in (
        definition.facts.sync_capable,
        definition.facts.async_capable,
        definition.facts.marked_async,
    ):
        assert claim.answer is not Answer.UNKNOWN or claim.reason


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    source=st.sampled_from(SOURCES),
    start=st.integers(0, 400),
    length=st.integers(0, 60),
    filler=st.text(max_size=5),
)
def test_damaged_text_never_raises(tmp_path: Path, source: str, start: int, length: int, filler: str) -> None:
    assert (
        read(tmp_path, {"mw.py": source[:start] + filler + source[start + length :]}).dotted_path
        == "mw.Middleware"
    )
