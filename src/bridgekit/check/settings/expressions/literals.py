"""Constants and displays: texts and numbers, lists, tuples, sets and dictionaries as they are written."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.settings.expressions.iteration import iterate
from bridgekit.check.settings.interpreter.data import DictValue, ListValue, Opaque, SetValue, Text, Value
from bridgekit.check.settings.interpreter.enumerations import as_data
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import Frame, InstanceValue


def constant(m: Machine, node: ast.Constant, frame: Frame) -> Value:
    """A literal; one text object for each literal, for its place."""
    value = node.value
    if type(value) is not str:
        return value
    text = m.texts.get(id(node))
    if text is None:
        text = m.texts[id(node)] = Text.at(value, m.locate(node, frame))
    return text


def list_display(m: Machine, node: ast.List, frame: Frame) -> Value:
    """``[a, *b]``."""
    items = elements(m, node.elts, frame)
    return items if isinstance(items, Opaque) else ListValue(items)


def tuple_display(m: Machine, node: ast.Tuple, frame: Frame) -> Value:
    """``(a, *b)``."""
    items = elements(m, node.elts, frame)
    return items if isinstance(items, Opaque) else tuple(items)


def set_display(m: Machine, node: ast.Set, frame: Frame) -> Value:
    """``{a, *b}``."""
    items = elements(m, node.elts, frame)
    if isinstance(items, Opaque):
        return items
    return hashed(m, [unwrap(item)[0] for item in items])


def dict_display(m: Machine, node: ast.Dict, frame: Frame) -> Value:
    """``{key: value, **mapping}``."""
    result = DictValue()
    for position, (key_node, value_node) in enumerate(zip(node.keys, node.values, strict=True)):
        if key_node is None:
            merged = unwrap(m.force(m.evaluate(value_node, frame)))[0]
            if not isinstance(merged, DictValue):
                rest = [m.evaluate(value, frame) for value in node.values[position + 1 :]]
                cause = (
                    merged if isinstance(merged, Opaque) else m.refuse("a mapping that is not known", merged)
                )
                m.hand_over([result, *rest], cause)
                return cause
            result.update(merged)
            continue
        key = unwrap(m.evaluate(key_node, frame))[0]
        value = m.evaluate(value_node, frame)
        if isinstance(key, Opaque):
            return key.derive(".dict")
        put(m, result, key, value)
    return result


def elements(m: Machine, nodes: Sequence[ast.expr], frame: Frame) -> list[Value] | Opaque:
    """The values of a display or of positional arguments, stars expanded; or the unknown that prevents it."""
    items: list[Value] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            added = iterate(m, m.evaluate(node.value, frame), node, frame)
            if isinstance(added, Opaque):
                return added
            items.extend(added)
        else:
            items.append(m.evaluate(node, frame))
    return items


def put(m: Machine, result: DictValue, key: Value, value: Value) -> None:
    """``result[key] = value``, with the TypeError of an unhashable key raised in the settings."""
    key = hashable(m, key)
    if isinstance(key, Opaque):
        m.hand_over([result, value], key)
    else:
        result[key] = value


def hashable(m: Machine, key: Value) -> Value:
    """A key of a dictionary or an element of a set; the unknown where it says itself what it is equal to."""
    key = as_data(key)
    if isinstance(key, InstanceValue):
        for name in ("__hash__", "__eq__"):
            hook = special(m, key, name)
            if hook is not None and not m.library.is_member(key):
                return m.refuse(f"{name} of an object that is hashed", key)
    elif isinstance(key, list | dict | set) or (isinstance(key, tuple) and not is_hashable(key)):
        raise m.fault(TypeError, "unhashable type")
    return key


def is_hashable(value: Value) -> bool:
    """Whether a tuple holds neither lists nor dicts nor sets."""
    if isinstance(value, tuple):
        return all(is_hashable(item) for item in value)
    return not isinstance(value, list | dict | set)


def hashed(m: Machine, items: Sequence[Value]) -> Value:
    """A set of these elements, with the TypeError of an unhashable one raised in the settings."""
    made = SetValue()
    for item in items:
        key = hashable(m, item)
        if isinstance(key, Opaque):
            m.hand_over(items, key)
            return key.derive(".set")
        made.add(key)
    return made
