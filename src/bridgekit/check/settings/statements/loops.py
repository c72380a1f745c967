"""``for`` and ``while``: run round by round, or forgotten where the rounds cannot be known."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.expressions.iteration import items_of
from bridgekit.check.settings.interpreter.control import BreakLoop, ContinueLoop
from bridgekit.check.settings.interpreter.data import Opaque
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.truth import truth
from bridgekit.check.settings.interpreter.values import Frame
from bridgekit.check.settings.statements.assignment import assign
from bridgekit.check.settings.statements.forget import forget
from bridgekit.check.settings.statements.prefixed import forget_prefixed


def for_(interpreter: Interpreter, node: ast.For, frame: Frame) -> None:
    """``for target in items: ... else: ...``."""
    items = items_of(interpreter, interpreter.evaluate(node.iter, frame), node.iter, frame)
    if isinstance(items, Opaque):
        if not forget_prefixed(interpreter, node, items, frame):
            forget(interpreter, [node], items, frame)
        return
    while True:
        frame.statement = node
        try:
            item = next(items)
        except StopIteration:
            break
        except Refused as refusal:
            forget(interpreter, [node], interpreter.opaque(str(refusal), node.iter, frame), frame)
            return
        except TypeError as error:
            raise interpreter.native_error(error) from None
        assign(interpreter, node.target, item, frame)
        if not _goes_on_after(interpreter, node.body, frame):
            return
    interpreter.run_block(node.orelse, frame)


def while_(interpreter: Interpreter, node: ast.While, frame: Frame) -> None:
    """``while test: ... else: ...``; an unknown test leaves unknown what the loop changes."""
    while True:
        frame.statement = node
        interpreter.spend()
        test = interpreter.read(interpreter.evaluate(node.test, frame))
        if isinstance(test, Opaque) and test.truth is None:
            forget(interpreter, [node], test, frame)
            return
        if not truth(interpreter, test, node.test, frame):
            break
        if not _goes_on_after(interpreter, node.body, frame):
            return
    interpreter.run_block(node.orelse, frame)


def _goes_on_after(interpreter: Interpreter, body: Sequence[ast.stmt], frame: Frame) -> bool:
    """Run one round; whether another one, or ``else``, comes after it."""
    try:
        interpreter.run_block(body, frame)
    except ContinueLoop:
        return True
    except BreakLoop:
        return False
    return True


def break_(interpreter: Interpreter, node: ast.stmt, frame: Frame) -> None:
    """``break``."""
    raise BreakLoop


def continue_(interpreter: Interpreter, node: ast.stmt, frame: Frame) -> None:
    """``continue``."""
    raise ContinueLoop
