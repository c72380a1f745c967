"""Which functions a view calls by way of collections, iterators and stacks: those that Python calls when it runs the same source."""

from __future__ import annotations

import ast
import asyncio
import os
from pathlib import Path
from unittest import mock

import pytest

pytest.importorskip("django")

from bridgekit.check.findings.routed_view import RoutedView
from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.reach import walk_view
from bridgekit.middleware_chain.facts import Location

HEAD = """
import contextlib, functools, os
from collections import deque

def one(*given):
    os.getpid()
    return given

def two(*given):
    os.getppid()
    return given

def call(function, *given):
    return function()

class Answers:
    def __init__(self, function):
        self.function = function
    def __bool__(self):
        self.function()
        return False

@contextlib.contextmanager
def around(function):
    yield function
    function()

@contextlib.asynccontextmanager
async def later(function):
    yield function
    function()

async def coming(function):
    function()

def produce(*functions):
    for function in functions:
        yield function

async def view(request):
"""
NAMES = ("os.getpid", "os.getppid")
PROGRAMS = {
    "list": "for f in list([one]): f()",
    "empty list": "for f in list(): one()",
    "dict of keywords": 'dict(a=one)["a"]()',
    "dict of a dict": 'made = dict({"a": two}, b=one)\nmade["b"]()',
    "map": "list(map(call, [one, two]))",
    "map that nobody asks": "map(call, [one])",
    "filter": "for f in filter(call, [one]): pass",
    "iter and next": "next(iter([one]))()",
    "iter of a function": "next(iter(one, None))",
    "sorted by a key": "sorted([1, 2], key=one)",
    "largest by a key": "max(1, 2, key=two)",
    "any": "any([Answers(one)])",
    "all": "all([Answers(two)])",
    "any of a generator": "any(f() for f in [one])",
    "enumerate": "for number, f in enumerate([one]): f()",
    "zip": "for f, number in zip([one], [1]): f()",
    "append": "held = []\nheld.append(one)\nheld[0]()",
    "insert": "held = []\nheld.insert(0, one)\nfor f in held: f()",
    "extend": "held = []\nheld.extend([one, two])\nfor f in held: f()",
    "pop": "[one].pop()()",
    "popleft": "deque([one]).popleft()()",
    "copy of a list": "for f in [one].copy(): f()",
    "text": '"{} {a}".format(1, a=2)\n",".join(f.__name__ for f in [one])',
    "get": '{"a": one}.get("a")()',
    "get of a default": '{"a": one}.get("b", two)()',
    "pop of a dict": '{"a": one}.pop("a")()',
    "setdefault": 'held = {}\nheld.setdefault("a", one)()\nheld["a"]()',
    "values": 'for f in {"a": one}.values(): f()',
    "keys": 'for name in {"a": 1}.keys(): one()',
    "items": 'for name, f in {"a": one}.items(): f()',
    "update": 'held = {}\nheld.update({"a": one}, b=two)\nheld["a"](), held["b"]()',
    "copy of a dict": '{"a": one}.copy()["a"]()',
    "call of a function": "one.__call__()",
    "call of a partial": "functools.partial(call, two).__call__()",
    "next of a generator": "produce(one).__next__()()",
    "send to a generator": "produce(two).send(None)()",
    "generator that nobody asks": "produce(one)",
    "with": "with around(one): pass",
    "entered by hand": "made = around(one)\nmade.__enter__()\nmade.__exit__(None, None, None)",
    "entered alone": "made = around(one)\nmade.__enter__()",
    "entered by hand, async": "made = later(one)\nawait made.__aenter__()\nawait made.__aexit__(None, None, None)",
    "stack": "with contextlib.ExitStack() as stack:\n    stack.enter_context(around(one))",
    "callback of a stack": "with contextlib.ExitStack() as stack:\n    stack.callback(one)",
    "pushed on a stack": "made = around(two)\nmade.__enter__()\nwith contextlib.ExitStack() as stack:\n    stack.push(made)",
    "stack closed by hand": "stack = contextlib.ExitStack()\nstack.enter_context(around(one))\nstack.close()",
    "stack that is left alone": "stack = contextlib.ExitStack()\nstack.enter_context(around(one))",
    "stack handed on": "with contextlib.ExitStack() as stack:\n    stack.callback(one)\n    kept = stack.pop_all()",
    "stack handed on and closed": "with contextlib.ExitStack() as stack:\n    stack.enter_context(around(one))\n    kept = stack.pop_all()\nkept.close()",
    "async stack": "async with contextlib.AsyncExitStack() as stack:\n    await stack.enter_async_context(later(one))",
    "async stack closed by hand": "stack = contextlib.AsyncExitStack()\nawait stack.enter_async_context(later(two))\nawait stack.aclose()",
    "async callback of a stack": "async with contextlib.AsyncExitStack() as stack:\n    stack.push_async_callback(coming, one)",
}


def source_of(program: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in program.split("\n"))


def called_by_python(source: str) -> set[str]:
    names: dict[str, object] = {}
    exec(compile(source, "app.py", "exec", dont_inherit=True), names)
    view = names["view"]
    with mock.patch.object(os, "getpid") as getpid, mock.patch.object(os, "getppid") as getppid:
        asyncio.run(view(None))  # type: ignore[operator]  # the coroutine function of the source
        return {name for name, asked in zip(NAMES, (getpid, getppid), strict=True) if asked.called}


def called_by_walk(root: Path, source: str) -> set[str]:
    (root / "app.py").write_text(source, "utf-8")
    finder = ModuleFinder([root])
    module = finder.load("app")
    assert module.tree is not None
    node = module.tree.body[-1]
    assert isinstance(node, ast.AsyncFunctionDef)
    view = RoutedView("app.view", node, module, SourceReader(finder).read("app.view", Location("urls.py", 1)))
    (start,) = view.handlers
    events = walk_view(start, view, finder.load, lambda name: None).events
    return {event.name for event in events if event.verb == "call" and event.name in NAMES}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_walk_calls_what_python_calls(program: str, tmp_path: Path) -> None:
    source = source_of(program)
    assert called_by_walk(tmp_path, source) == called_by_python(source)
