"""Constants and displays: texts and numbers, lists, tuples, sets and dictionaries as they are written."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.settings.expressions.iteration import iterate
from bridgekit.check.settings.interpreter.data import DictValue, ListValue, Opaque, SetValue, Text, Value
from bridgekit.check.settings.interpreter.enumerations import as_data, is_member
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import Frame, InstanceValue


def constant(interpreter: Interpreter, node: ast.Constant, frame: Frame) -> Value:
    """A literal; one text object for each literal, for its place."""
    value = node.value
    if type(value) is not str:
        return value
    text = interpreter.texts.get(id(node))
    if text is None:
        text = interpreter.texts[id(node)] = Text.at(value, interpreter.locate(node, frame))
    return text


def list_display(interpreter: Interpreter, node: ast.List, frame: Frame) -> Value:
    """``[a, *b]``."""
    items = elements(interpreter, node.elts, frame)
    return items if isinstance(items, Opaque) else ListValue(items)


def tuple_display(interpreter: Interpreter, node: ast.Tuple, frame: Frame) -> Value:
    """``(a, *b)``."""
    items = elements(interpreter, node.elts, frame)
    return items if isinstance(items, Opaque) else tuple(items)


def set_display(interpreter: Interpreter, node: ast.Set, frame: Frame) -> Value:
    """``{a, *b}``."""
    items = elements(interpreter, node.elts, frame)
    if isinstance(items, Opaque):
        return items
    return hashed(interpreter, [unwrap(item)[0] for item in items])


def dict_display(interpreter: Interpreter, node: ast.Dict, frame: Frame) -> Value:
    """``{key: value, **mapping}``."""
    result = DictValue()
    for position, (key_node, value_node) in enumerate(zip(node.keys, node.values, strict=True)):
        if key_node is None:
            merged = unwrap(interpreter.force(interpreter.evaluate(value_node, frame)))[0]
            if not isinstance(merged, DictValue):
                rest = [interpreter.evaluate(value, frame) for value in node.values[position + 1 :]]
                cause = (
                    merged
                    if isinstance(merged, Opaque)
                    else interpreter.refuse("a mapping that is not known", merged)
                )
                interpreter.hand_over([result, *rest], cause)
                return cause
            result.update(merged)
            continue
        key = unwrap(interpreter.evaluate(key_node, frame))[0]
        value = interpreter.evaluate(value_node, frame)
        if isinstance(key, Opaque):
            return key.derive(".dict")
        put(interpreter, result, key, value)
    return result


def elements(interpreter: Interpreter, nodes: Sequence[ast.expr], frame: Frame) -> list[Value] | Opaque:
    """The values of a display or of positional arguments, stars expanded; or the unknown that prevents it."""
    items: list[Value] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            added = iterate(interpreter, interpreter.evaluate(node.value, frame), node, frame)
            if isinstance(added, Opaque):
                return added
            items.extend(added)
        else:
            items.append(interpreter.evaluate(node, frame))
    return items


def put(interpreter: Interpreter, result: DictValue, key: Value, value: Value) -> None:
    """``result[key] = value``, with the TypeError of an unhashable key raised in the settings."""
    key = hashable(interpreter, key)
    if isinstance(key, Opaque):
        interpreter.hand_over([result, value], key)
    else:
        result[key] = value


def hashable(interpreter: Interpreter, key: Value) -> Value:
    """A key of a dictionary or an element of a set; the unknown where it has an ``__eq__`` of its own."""
    key = as_data(key)
    if isinstance(key, InstanceValue):
        for name in ("__hash__", "__eq__"):
            hook = special(interpreter, key, name)
            if hook is not None and not is_member(key):
                return interpreter.refuse(f"{name} of an object that is hashed", key)
    elif isinstance(key, list | dict | set) or (isinstance(key, tuple) and not is_hashable(key)):
        raise interpreter.fault(TypeError, "unhashable type")
    return key


def is_hashable(value: Value) -> bool:
    """Whether a tuple holds neither lists nor dicts nor sets."""
    if isinstance(value, tuple):
        return all(is_hashable(item) for item in value)
    return not isinstance(value, list | dict | set)


def hashed(interpreter: Interpreter, items: Sequence[Value]) -> Value:
    """A set of these elements, with the TypeError of an unhashable one raised in the settings."""
    made = SetValue()
    for item in items:
        key = hashable(interpreter, item)
        if isinstance(key, Opaque):
            interpreter.hand_over(items, key)
            return key.derive(".set")
        made.add(key)
    return made
