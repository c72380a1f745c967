"""``try``, ``raise`` and ``assert``."""

from __future__ import annotations

import ast

from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.expressions.conditions import condition
from bridgekit.check.settings.interpreter.control import Raised, Stuck, TryBlock
from bridgekit.check.settings.interpreter.data import Opaque, Value
from bridgekit.check.settings.interpreter.errors import matches
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    ClassValue,
    ErrorValue,
    External,
    Frame,
    NativeFunction,
)
from bridgekit.check.settings.statements.names import bind, scope_of


def try_(interpreter: Interpreter, node: ast.Try, frame: Frame) -> None:
    """``try: ... except ...: ... else: ... finally: ...``."""
    try:
        _guarded(interpreter, node, frame)
    except (Stuck, RecursionError):
        raise
    except BaseException:
        frame.statement = node
        interpreter.run_block(node.finalbody, frame)
        raise
    frame.statement = node
    interpreter.run_block(node.finalbody, frame)


def _guarded(interpreter: Interpreter, node: ast.Try, frame: Frame) -> None:
    expected = tuple(_expected_kinds(interpreter, handler.type, frame) for handler in node.handlers)
    block = TryBlock(expected, interpreter.locate(node, frame), node, len(interpreter.frames))
    depth, frames = len(interpreter.tries), len(interpreter.frames)
    interpreter.tries.append(block)
    try:
        interpreter.run_block(node.body, frame)
    except Raised as raised:
        del interpreter.tries[depth:], interpreter.frames[frames:]
        frame.statement = node
        for handler in node.handlers:
            if certain(
                interpreter, [matches(raised.error, _handler_kinds(interpreter, handler, frame))], raised
            ):
                _handle(interpreter, handler, raised, frame)
                return
        raise
    finally:
        del interpreter.tries[depth:]
    interpreter.run_block(node.orelse, frame)


def certain(interpreter: Interpreter, answers: list[bool | None], raised: Raised) -> bool:
    """Whether an exception is caught. Raises `Stuck` where that is not known: nothing after it is, then."""
    if True in answers:
        return True
    if None in answers:
        raise Stuck("whether an exception is caught here is not known", raised.location)
    return False


def _expected_kinds(interpreter: Interpreter, node: ast.expr | None, frame: Frame) -> Value:
    """What a handler is going to catch, as far as that can be said before the body has run.

    Python evaluates ``except json.JSONDecodeError`` when an exception arrives: the body itself may import the name.
    """
    if node is None:
        return NativeFunction("BaseException", None, BaseException)
    if isinstance(node, ast.Tuple):
        return tuple(_expected_kinds(interpreter, one, frame) for one in node.elts)
    try:
        return unwrap(interpreter.evaluate(node, frame))[0]
    except Raised:
        return External(ast.unparse(node))


def _handler_kinds(interpreter: Interpreter, handler: ast.ExceptHandler, frame: Frame) -> Value:
    if handler.type is None:
        return NativeFunction("BaseException", None, BaseException)
    return unwrap(interpreter.evaluate(handler.type, frame))[0]


def _handle(interpreter: Interpreter, handler: ast.ExceptHandler, raised: Raised, frame: Frame) -> None:
    if handler.name:
        bind(interpreter, frame, handler.name, raised.error)
    saved, interpreter.handled = interpreter.handled, raised
    try:
        interpreter.run_block(handler.body, frame)
    finally:
        interpreter.handled = saved
        if handler.name:
            scope_of(frame, handler.name).pop(handler.name, None)


def raise_(interpreter: Interpreter, node: ast.Raise, frame: Frame) -> None:
    """``raise error`` and ``raise``."""
    if node.exc is None:
        if interpreter.handled is not None:
            raise Raised(interpreter.handled.error, interpreter.handled.location)
        raise interpreter.fault(RuntimeError, "No active exception to reraise")
    error = unwrap(interpreter.evaluate(node.exc, frame))[0]
    if node.cause is not None:
        interpreter.evaluate(node.cause, frame)
    if isinstance(error, ClassValue):
        error = unwrap(interpreter.call(error, [], {}))[0]
    if not isinstance(error, ErrorValue):
        if is_plain(error):
            raise interpreter.fault(TypeError, "exceptions must derive from BaseException")
        kind = error
        if isinstance(error, Opaque):
            name = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            kind = External(ast.unparse(name))
        error = ErrorValue(kind)
    raise Raised(error, interpreter.locate(node, frame))


def assert_(interpreter: Interpreter, node: ast.Assert, frame: Frame) -> None:
    """``assert test, message``."""
    if not condition(interpreter, node.test, frame):
        raise interpreter.error(
            AssertionError, *([interpreter.evaluate(node.msg, frame)] if node.msg is not None else [])
        )
