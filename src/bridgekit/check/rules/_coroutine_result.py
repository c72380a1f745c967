"""What a sync function does with an un-awaited result of get_response: by which names it knows it, and what it leaves before."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from bridgekit.check.findings.flow import dotted_name, walk_own

__all__ = ["Result", "left_early"]

_CLOCKS = frozenset(
    f"time.{name}"
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
)
_NEUTRAL = frozenset({"contextlib.nullcontext", "nullcontext"})


@dataclass(frozen=True, slots=True)
class Result:
    """The result of get_response in a function: the names bound to it, and the calls that give it, by identity."""

    names: frozenset[str]
    calls: frozenset[int] = frozenset()

    def is_in(self, node: ast.AST) -> bool:
        """Whether an expression is the result itself."""
        return id(node) in self.calls or (isinstance(node, ast.Name) and node.id in self.names)


def left_early(function: ast.AST, result: Result) -> Iterator[ast.AST]:
    """Blocks and measurements around the call that end before the response is made: the coroutine runs after them.

    A ``with`` is left, a ``finally`` or an ``else`` has run and an ``except`` sees nothing of what the inner layers raise; a clock
    that is read afterwards measures the making of a coroutine.
    """
    for node in walk_own(function):
        if (isinstance(node, ast.With) and _calls_inside(node.body, result) and not _is_neutral(node)) or (
            isinstance(node, ast.Try) and _calls_inside(node.body, result)
        ):
            yield node
    body = getattr(function, "body", [])
    called = False
    for statement in body if isinstance(body, list) else []:
        if called and _reads_clock(statement):
            yield statement
        called = called or _calls_inside([statement], result)


def _calls_inside(body: list[ast.stmt], result: Result) -> bool:
    return any(id(node) in result.calls for statement in body for node in [statement, *walk_own(statement)])


def _is_neutral(node: ast.With) -> bool:
    return all(
        isinstance(item.context_expr, ast.Call) and dotted_name(item.context_expr.func) in _NEUTRAL
        for item in node.items
    )


def _reads_clock(statement: ast.stmt) -> bool:
    """``time.perf_counter()``, or the name by itself, which the module may have imported."""
    return any(
        isinstance(node, ast.Call)
        and (dotted_name(node.func) in _CLOCKS or f"time.{dotted_name(node.func)}" in _CLOCKS)
        for node in [statement, *walk_own(statement)]
    )
