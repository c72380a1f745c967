"""``try``, ``raise`` and ``assert``."""

from __future__ import annotations

import ast

from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.expressions.conditions import condition
from bridgekit.check.settings.interpreter.control import Raised, Stuck, TryBlock
from bridgekit.check.settings.interpreter.data import Opaque, Value
from bridgekit.check.settings.interpreter.errors import matches
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    ClassValue,
    ErrorValue,
    External,
    Frame,
    NativeFunction,
)
from bridgekit.check.settings.statements.names import bind, scope_of


def try_(m: Machine, node: ast.Try, frame: Frame) -> None:
    """``try: ... except ...: ... else: ... finally: ...``."""
    try:
        _guarded(m, node, frame)
    except (Stuck, RecursionError):
        raise
    except BaseException:
        frame.statement = node
        m.run_block(node.finalbody, frame)
        raise
    frame.statement = node
    m.run_block(node.finalbody, frame)


def _guarded(m: Machine, node: ast.Try, frame: Frame) -> None:
    expected = tuple(_expected_kinds(m, handler.type, frame) for handler in node.handlers)
    block = TryBlock(expected, m.locate(node, frame), node, len(m.frames))
    depth, frames = len(m.tries), len(m.frames)
    m.tries.append(block)
    try:
        m.run_block(node.body, frame)
    except Raised as raised:
        del m.tries[depth:], m.frames[frames:]
        frame.statement = node
        for handler in node.handlers:
            if certain(m, [matches(raised.error, _handler_kinds(m, handler, frame))], raised):
                _handle(m, handler, raised, frame)
                return
        raise
    finally:
        del m.tries[depth:]
    m.run_block(node.orelse, frame)


def certain(m: Machine, answers: list[bool | None], raised: Raised) -> bool:
    """Whether an exception is caught. Raises `Stuck` where that is not known: nothing after it is, then."""
    if True in answers:
        return True
    if None in answers:
        raise Stuck("whether an exception is caught here is not known", raised.location)
    return False


def _expected_kinds(m: Machine, node: ast.expr | None, frame: Frame) -> Value:
    """What a handler is going to catch, as far as that can be said before the body has run.

    Python evaluates ``except json.JSONDecodeError`` when an exception arrives: the body itself may import the name.
    """
    if node is None:
        return NativeFunction("BaseException", None, BaseException)
    if isinstance(node, ast.Tuple):
        return tuple(_expected_kinds(m, one, frame) for one in node.elts)
    try:
        return unwrap(m.evaluate(node, frame))[0]
    except Raised:
        return External(ast.unparse(node))


def _handler_kinds(m: Machine, handler: ast.ExceptHandler, frame: Frame) -> Value:
    if handler.type is None:
        return NativeFunction("BaseException", None, BaseException)
    return unwrap(m.evaluate(handler.type, frame))[0]


def _handle(m: Machine, handler: ast.ExceptHandler, raised: Raised, frame: Frame) -> None:
    if handler.name:
        bind(m, frame, handler.name, raised.error)
    saved, m.handled = m.handled, raised
    try:
        m.run_block(handler.body, frame)
    finally:
        m.handled = saved
        if handler.name:
            scope_of(frame, handler.name).pop(handler.name, None)


def raise_(m: Machine, node: ast.Raise, frame: Frame) -> None:
    """``raise error`` and ``raise``."""
    if node.exc is None:
        if m.handled is not None:
            raise Raised(m.handled.error, m.handled.location)
        raise m.fault(RuntimeError, "No active exception to reraise")
    error = unwrap(m.evaluate(node.exc, frame))[0]
    if node.cause is not None:
        m.evaluate(node.cause, frame)
    if isinstance(error, ClassValue):
        error = unwrap(m.call(error, [], {}))[0]
    if not isinstance(error, ErrorValue):
        if is_plain(error):
            raise m.fault(TypeError, "exceptions must derive from BaseException")
        kind = error
        if isinstance(error, Opaque):
            name = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            kind = External(ast.unparse(name))
        error = ErrorValue(kind)
    raise Raised(error, m.locate(node, frame))


def assert_(m: Machine, node: ast.Assert, frame: Frame) -> None:
    """``assert test, message``."""
    if not condition(m, node.test, frame):
        raise m.error(AssertionError, *([m.evaluate(node.msg, frame)] if node.msg is not None else []))
