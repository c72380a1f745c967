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
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import Frame, InstanceValue
from bridgekit.check.settings.library.python import Suppress
from bridgekit.check.settings.statements.assignment import assign
from bridgekit.check.settings.statements.exceptions import certain


def with_(m: Machine, node: ast.With, frame: Frame) -> None:
    """``with a as b, c as d: ...``: one inside the other."""
    _within(m, node, list(node.items), frame)


def _within(m: Machine, node: ast.With, items: list[ast.withitem], frame: Frame) -> None:
    if not items:
        m.run_block(node.body, frame)
        return
    item, *rest = items
    manager = m.read(unwrap(m.force(m.evaluate(item.context_expr, frame)))[0])
    if isinstance(manager, Suppress):
        _bind(m, item, None, frame)
        _suppressing(m, node, rest, manager.kinds, frame)
    elif isinstance(manager, InstanceValue):
        _of_object(m, node, item, rest, manager, frame)
    elif isinstance(manager, Model):
        _bind(m, item, manager.enter(m), frame)
        try:
            _within(m, node, rest, frame)
        finally:
            manager.leave()
    else:
        _of_unknown(m, node, item, rest, manager, frame)


def _bind(m: Machine, item: ast.withitem, target: Value, frame: Frame) -> None:
    if item.optional_vars is not None:
        assign(m, item.optional_vars, target, frame)


def _suppressing(
    m: Machine, node: ast.With, rest: list[ast.withitem], kinds: tuple[Value, ...], frame: Frame
) -> None:
    depth, frames = len(m.tries), len(m.frames)
    m.tries.append(TryBlock(kinds, m.locate(node, frame), node, len(m.frames)))
    try:
        _within(m, node, rest, frame)
    except Raised as raised:
        if not certain(m, [matches(raised.error, kind) for kind in kinds], raised):
            raise
        del m.frames[frames:]
        frame.statement = node
    finally:
        del m.tries[depth:]


def _of_object(
    m: Machine,
    node: ast.With,
    item: ast.withitem,
    rest: list[ast.withitem],
    manager: InstanceValue,
    frame: Frame,
) -> None:
    """A manager of the project's: ``__enter__`` before, ``__exit__`` after, which may swallow what was raised."""
    enter, leave = special(m, manager, "__enter__"), special(m, manager, "__exit__")
    if enter is None or leave is None:
        raise m.fault(TypeError, "object does not support the context manager protocol")
    if isinstance(enter, Opaque) or isinstance(leave, Opaque):
        _of_unknown(m, node, item, rest, m.refuse("a context manager that is not followed", manager), frame)
        return
    target = m.call(enter, [], {})
    frames, depth = len(m.frames), len(m.tries)
    try:
        _bind(m, item, target, frame)
        _within(m, node, rest, frame)
    except Raised as raised:
        del m.frames[frames:], m.tries[depth:]
        frame.statement = node
        trace = m.opaque("a traceback")
        if not m.test(m.call(leave, [raised.error.kind, raised.error, trace], {})):
            raise
        return
    except (ReturnValue, BreakLoop, ContinueLoop):
        m.call(leave, [None, None, None], {})
        raise
    m.call(leave, [None, None, None], {})


def _of_unknown(
    m: Machine, node: ast.With, item: ast.withitem, rest: list[ast.withitem], manager: Value, frame: Frame
) -> None:
    if is_plain(manager):
        raise m.fault(TypeError, "object does not support the context manager protocol")
    cause = (
        manager
        if isinstance(manager, Opaque)
        else m.refuse("a context manager that is not followed", manager)
    )
    _bind(m, item, cause.derive(".enter"), frame)
    try:
        _within(m, node, rest, frame)
    except Raised as raised:
        raise Stuck(f"{cause.reason}: whether it swallows an exception", raised.location) from None
