"""``with``: what is entered and left, in order; ``contextlib.suppress`` and ``__exit__`` may swallow exceptions."""

from __future__ import annotations

import ast

from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.interpreter.control import (
    BreakLoop,
    ContinueLoop,
    Raised,
    ReturnValue,
    Stuck,
    TryBlock,
)
from bridgekit.check.settings.interpreter.data import Opaque, Value
from bridgekit.check.settings.interpreter.errors import matches
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import Frame, InstanceValue
from bridgekit.check.settings.library.python import Suppress
from bridgekit.check.settings.statements.assignment import assign
from bridgekit.check.settings.statements.exceptions import certain


def with_(interpreter: Interpreter, node: ast.With, frame: Frame) -> None:
    """``with a as b, c as d: ...``: one inside the other."""
    _within(interpreter, node, list(node.items), frame)


def _within(interpreter: Interpreter, node: ast.With, items: list[ast.withitem], frame: Frame) -> None:
    if not items:
        interpreter.run_block(node.body, frame)
        return
    item, *rest = items
    manager = interpreter.read(unwrap(interpreter.force(interpreter.evaluate(item.context_expr, frame)))[0])
    if isinstance(manager, Suppress):
        _bind(interpreter, item, None, frame)
        _suppressing(interpreter, node, rest, manager.kinds, frame)
    elif isinstance(manager, InstanceValue):
        _of_object(interpreter, node, item, rest, manager, frame)
    elif isinstance(manager, Model):
        _bind(interpreter, item, manager.enter(interpreter), frame)
        try:
            _within(interpreter, node, rest, frame)
        finally:
            manager.leave()
    else:
        _of_unknown(interpreter, node, item, rest, manager, frame)


def _bind(interpreter: Interpreter, item: ast.withitem, target: Value, frame: Frame) -> None:
    if item.optional_vars is not None:
        assign(interpreter, item.optional_vars, target, frame)


def _suppressing(
    interpreter: Interpreter, node: ast.With, rest: list[ast.withitem], kinds: tuple[Value, ...], frame: Frame
) -> None:
    depth, frames = len(interpreter.tries), len(interpreter.frames)
    interpreter.tries.append(TryBlock(kinds, interpreter.locate(node, frame), node, len(interpreter.frames)))
    try:
        _within(interpreter, node, rest, frame)
    except Raised as raised:
        if not certain(interpreter, [matches(raised.error, kind) for kind in kinds], raised):
            raise
        del interpreter.frames[frames:]
        frame.statement = node
    finally:
        del interpreter.tries[depth:]


def _of_object(
    interpreter: Interpreter,
    node: ast.With,
    item: ast.withitem,
    rest: list[ast.withitem],
    manager: InstanceValue,
    frame: Frame,
) -> None:
    """A manager of the project's: ``__enter__`` before, ``__exit__`` after, which may swallow what was raised."""
    enter, leave = special(interpreter, manager, "__enter__"), special(interpreter, manager, "__exit__")
    if enter is None or leave is None:
        raise interpreter.fault(TypeError, "object does not support the context manager protocol")
    if isinstance(enter, Opaque) or isinstance(leave, Opaque):
        _of_unknown(
            interpreter,
            node,
            item,
            rest,
            interpreter.refuse("a context manager that is not followed", manager),
            frame,
        )
        return
    target = interpreter.call(enter, [], {})
    frames, depth = len(interpreter.frames), len(interpreter.tries)
    try:
        _bind(interpreter, item, target, frame)
        _within(interpreter, node, rest, frame)
    except Raised as raised:
        del interpreter.frames[frames:], interpreter.tries[depth:]
        frame.statement = node
        trace = interpreter.opaque("a traceback")
        if not interpreter.test(interpreter.call(leave, [raised.error.kind, raised.error, trace], {})):
            raise
        return
    except (ReturnValue, BreakLoop, ContinueLoop):
        interpreter.call(leave, [None, None, None], {})
        raise
    interpreter.call(leave, [None, None, None], {})


def _of_unknown(
    interpreter: Interpreter,
    node: ast.With,
    item: ast.withitem,
    rest: list[ast.withitem],
    manager: Value,
    frame: Frame,
) -> None:
    if is_plain(manager):
        raise interpreter.fault(TypeError, "object does not support the context manager protocol")
    cause = (
        manager
        if isinstance(manager, Opaque)
        else interpreter.refuse("a context manager that is not followed", manager)
    )
    _bind(interpreter, item, cause.derive(".enter"), frame)
    try:
        _within(interpreter, node, rest, frame)
    except Raised as raised:
        raise Stuck(f"{cause.reason}: whether it swallows an exception", raised.location) from None
