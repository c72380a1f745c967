"""Settings and middleware of statements that were thrown together: the checker says something of each, and soon."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bridgekit.check.middleware import SourceReader
from bridgekit.check.middleware.reader import INTERNAL_ERROR
from bridgekit.check.modules import ModuleFinder
from bridgekit.check.modules.environment import current_environment
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.settings import evaluate_settings
from tests.fuzz.drawing import Draw

SECONDS = 2.0
"""The run's bound."""
GRACE = 8.0
"""What one step may take beyond it, and a busy machine."""

NAMES = ("a", "b", "MIDDLEWARE", "os", "C", "f", "DEBUG")
ATOMS = (
    "a", "b", "MIDDLEWARE", "os", "C", "f", "DEBUG", "1", "-1", "0", "2.5", "'x.Y'", "''", "b'z'", "None", "True", "...", "[]", "{}", "()",
    "['x.Y', 'p.Q']", "{'k': a}", "{1, 2}", "f(a)", "C()", "C.a", "os.environ", "os.environ.get('A')", "os.environ['A']", "__name__",
    "__file__", "lambda: a", "lambda *a, **k: k", "[c for c in a]", "{c: c for c in b}", "(yield)", "super()", "type(a)", "f", "self",
    "10 ** 10 ** 9", "'x' * 10 ** 9", "[0] * 10 ** 9", "range(10 ** 12)", "1 << 10 ** 9", "(lambda f: f(f))(lambda f: f(f))", "globals()",
    "vars()", "exec('a = 1')", "eval('a')", "__import__('os')", "open(__file__).read()", "'%s' % a", "f'{a!r:>{b}}'", "'{0.a}'.format(b)",
    "a[0]", "a[::-1]", "a[b]", "a.b", "a.append", "not a", "-a", "~a", "*a", "**a", "await a", "(a := 1)", "a if b else 0",
)  # fmt: skip
BINARY = (
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "@",
    "|",
    "&",
    "^",
    "<<",
    ">>",
    "and",
    "or",
    "==",
    "<",
    "in",
    "not in",
    "is",
    ",",
)
LINES = (
    "{n} = {e}", "{n} += {e}", "{n}, *{m} = {e}", "{n}: {e} = {e}", "del {n}", "import {n}", "from {n} import *", "from . import {n}",
    "{e}", "assert {e}, {e}", "raise {e}", "global {n}", "nonlocal {n}", "return {e}", "pass", "break", "continue", "{n}.{m} = {e}",
    "{n}[{e}] = {e}", "MIDDLEWARE.append({e})", "MIDDLEWARE = {e}", "type {n} = {e}", "import os as {n}", "from os import path as {n}",
)  # fmt: skip
BLOCKS = (
    "if {e}:", "while {e}:", "for {n} in {e}:", "def {n}(*a, **k):", "def f(get_response):", "async def {n}(self, a={e}):", "class {n}:",
    "class C({e}, metaclass={e}):", "class M(C):", "with {e} as {n}:", "try:", "match {e}:\n    case {n}:", "@{e}\ndef {n}(a):", "async for {n} in {e}:",
    "def __call__(self, request):", "def __init__(self, get_response):", "def __getattr__({n}):", "else:", "finally:", "except {e} as {n}:",
)  # fmt: skip


def expression(draw: Draw, depth: int = 0) -> str:
    atom = draw.one_of(ATOMS)
    if depth < 3 and draw.number(3) == 1:
        return f"({atom} {draw.one_of(BINARY)} {expression(draw, depth + 1)})"
    return atom


def fill(draw: Draw, line: str) -> str:
    while "{e}" in line:
        line = line.replace("{e}", expression(draw), 1)
    return line.replace("{n}", draw.one_of(NAMES)).replace("{m}", draw.one_of(NAMES))


def module(draw: Draw) -> str:
    """Statements, some of them in blocks; much of it is no Python, which has to be said as well."""
    lines, indent = ["import os"], 0
    while draw.more and len(lines) < 60:
        choice = draw.number(5)
        if choice == 0 and indent < 6:
            block = fill(draw, draw.one_of(BLOCKS)).replace("\n", "\n" + "    " * indent)
            extra = block.count("\n    ") and "case" in block
            lines.append("    " * indent + block)
            indent += 2 if extra else 1
            lines.append("    " * indent + "pass")
        elif choice == 1 and indent:
            indent -= 1
        else:
            lines.append("    " * indent + fill(draw, draw.one_of(LINES)))
    return "\n".join(lines) + "\n"


def finder_of(folder: str, source: str, extra: str) -> ModuleFinder:
    Path(folder, "source.py").write_text(source, encoding="utf-8")
    Path(folder, "a.py").write_text(extra, encoding="utf-8")
    return ModuleFinder([folder], current_environment(), RunBounds(SECONDS))


def settings(data: bytes) -> None:
    """The evaluator raises nothing, whatever the settings are, and keeps to its time."""
    draw = Draw(data)
    extra = module(Draw(data[:20]))
    with tempfile.TemporaryDirectory() as folder:
        finder = finder_of(folder, module(draw), extra)
        started = time.monotonic()
        result = evaluate_settings(finder, "source")
        assert time.monotonic() - started < SECONDS + GRACE
        for variant in result.variants:
            assert variant.middleware is None or all(
                entry.dotted_path is not None for entry in variant.middleware
            )


def middleware(data: bytes) -> None:
    """The reader knows no error of its own, whatever the source is, and keeps to its time."""
    draw = Draw(data)
    extra = module(Draw(data[:20]))
    with tempfile.TemporaryDirectory() as folder:
        reader = SourceReader(finder_of(folder, module(draw), extra))
        started = time.monotonic()
        for name in ("M", "C", "f", "a"):
            facts = reader.read(f"source.{name}").facts
            for claim in (facts.async_capable, facts.sync_capable):
                assert INTERNAL_ERROR not in claim.reason, claim.reason
        assert time.monotonic() - started < SECONDS + GRACE
