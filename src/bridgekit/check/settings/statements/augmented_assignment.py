"""``target += value`` and its kin: lists, sets and dictionaries change in place."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bridgekit.check.python import plain as plain_data
from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.expressions.names import lookup
from bridgekit.check.settings.expressions.operations import operate
from bridgekit.check.settings.interpreter.data import DictValue, Input, ListValue, Opaque, SetValue, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.mangling import mangled
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import Frame
from bridgekit.check.settings.library.environment import Environ
from bridgekit.check.settings.methods.dictionaries import update
from bridgekit.check.settings.methods.lists import extend, repeat
from bridgekit.check.settings.methods.sets import set_method
from bridgekit.check.settings.statements.assignment import set_item
from bridgekit.check.settings.statements.names import bind


def augmented_assignment(interpreter: Interpreter, node: ast.AugAssign, frame: Frame) -> None:
    """``target += value``: in place for lists, sets and dicts, whoever else holds them; the target is evaluated once."""
    target = node.target
    owner: Value = None
    key: Value = None
    if isinstance(target, ast.Name):
        current = lookup(interpreter, target.id, frame)
    elif isinstance(target, ast.Attribute):
        owner = interpreter.force(interpreter.evaluate(target.value, frame))
        current = interpreter.getattr(owner, mangled(target.attr, frame))
    else:
        owner = interpreter.force(interpreter.evaluate(target.value, frame))
        key = interpreter.force(interpreter.evaluate(target.slice, frame))
        current = interpreter.subscript(owner, key, target, frame)
    current = interpreter.read(interpreter.force(current))
    value = interpreter.force(interpreter.evaluate(node.value, frame))
    plain, inputs = unwrap(current)
    plain = interpreter.read(plain)
    done = _in_place(interpreter, node, plain, value, frame)
    if done is None:
        result = operate(interpreter, type(node.op), current, value, node, frame, in_place=True)
    else:
        result = Input(done, inputs) if inputs else done
    if isinstance(target, ast.Name):
        bind(interpreter, frame, target.id, result)
    elif isinstance(target, ast.Attribute):
        interpreter.setattr(owner, mangled(target.attr, frame), result)
    else:
        set_item(interpreter, owner, key, result, frame)


def _in_place(
    interpreter: Interpreter, node: ast.AugAssign, current: Value, value: Value, frame: Frame
) -> Value | None:
    """The container after ``__iadd__`` or its kin; None where there is no such method."""
    other = interpreter.read(unwrap(value)[0])
    if isinstance(current, ListValue) and isinstance(node.op, ast.Add):
        return _applied(interpreter, current, other, lambda: extend(interpreter, current, other))
    if isinstance(current, ListValue) and isinstance(node.op, ast.Mult):
        if not isinstance(other, int):
            return interpreter.refuse("a list is repeated by something that is not a number", current, other)
        return _applied(interpreter, current, other, lambda: repeat(current, other))
    if isinstance(current, DictValue) and isinstance(node.op, ast.BitOr):
        return _applied(interpreter, current, other, lambda: update(interpreter, current, [other], {}))
    if isinstance(current, SetValue):
        name = _SETS.get(type(node.op))
        if name is None or not isinstance(other, SetValue | frozenset | Opaque):
            return (
                None
                if plain_data.is_plain(other)
                else interpreter.refuse("an operator on a set", current, other)
            )
        return _applied(
            interpreter, current, other, lambda: set_method(interpreter, current, name, [other], {})
        )
    if isinstance(current, Environ) and isinstance(node.op, ast.BitOr):
        current.update(interpreter, [other], {})
        return current
    return None


_SETS: dict[type[ast.operator], str] = {
    ast.BitOr: "update",
    ast.BitAnd: "intersection_update",
    ast.Sub: "difference_update",
    ast.BitXor: "symmetric_difference_update",
}


def _applied(interpreter: Interpreter, current: Value, other: Value, change: Callable[[], object]) -> Value:
    try:
        change()
    except Refused as refusal:
        interpreter.refuse(str(refusal), current, other)
    except (TypeError, ValueError) as error:
        raise interpreter.native_error(error) from None
    return current
