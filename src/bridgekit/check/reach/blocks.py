"""Entering and leaving the block of a ``with``, by the statement or by hand."""

from __future__ import annotations

import ast

from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.objects import found_on
from bridgekit.check.reach.operations import awaited
from bridgekit.check.reach.values import (
    UNKNOWN,
    Block,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Items,
    Value,
    alternatives,
    either,
)

STACKS = frozenset({"contextlib.ExitStack", "contextlib.AsyncExitStack"})


def enter(
    interpreter: Interpreter, manager: Value, node: ast.AST, frame: Frame, *, asynchronous: bool = False
) -> Value:
    """What ``with manager as x`` gives to ``x``."""
    given: list[Value] = []
    for one in alternatives(manager):
        if isinstance(one, Block):
            given.append(_run_to_yield(interpreter, one, node))
        elif isinstance(one, Instance):
            method = found_on(interpreter, one.cls, "__aenter__" if asynchronous else "__enter__")
            if isinstance(method, Function):
                made = interpreter.call(method.bound_to(one), [], {}, node, frame)
                given.append(awaited(interpreter, made, node, frame) if asynchronous else made)
            elif isinstance(method, External) and method.arguments:
                given.append(interpreter.call(method, [one], {}, node, frame))
        elif isinstance(one, External):
            interpreter.emit("enter", one, node, frame, one.kind)
            if one.kind.endswith("nullcontext") and one.arguments:
                given.append(one.arguments[0])
            else:
                given.append(one)
    return either(*given) if given else UNKNOWN


def _run_to_yield(interpreter: Interpreter, block: Block, node: ast.AST) -> Value:
    """Runs all of it; its events behind the ``yield`` is kept until the block is left."""
    interpreter.buffers.append(None)
    try:
        made = interpreter.invoke(block.function, block.arguments, block.keywords, node, block=True)
    finally:
        block.after = interpreter.buffers.pop() or []
    return made.items[0] if isinstance(made, Items) and made.items else UNKNOWN


def leave(
    interpreter: Interpreter, manager: Value, node: ast.AST, frame: Frame, *, asynchronous: bool = False
) -> None:
    """The end of the block."""
    for one in alternatives(manager):
        if isinstance(one, Block):
            interpreter.emit_again(one.after or [])
            one.after = None
        elif isinstance(one, Instance):
            method = found_on(interpreter, one.cls, "__aexit__" if asynchronous else "__exit__")
            if isinstance(method, Function):
                nothing: list[Value] = [Const(None), Const(None), Const(None)]
                made = interpreter.call(method.bound_to(one), nothing, {}, node, frame)
                if asynchronous:
                    awaited(interpreter, made, node, frame)
        elif isinstance(one, External) and one.kind in STACKS:
            entered = one.attributes.pop("entered", Items([]))
            for inner in reversed(entered.items if isinstance(entered, Items) else []):
                if isinstance(inner, Items) and inner.kind == "callback":
                    called, given = inner.items[0], inner.items[1:]
                    awaited(interpreter, interpreter.call(called, list(given), {}, node, frame), node, frame)
                else:
                    leave(interpreter, inner, node, frame)
                    leave(interpreter, inner, node, frame, asynchronous=True)
