"""Formatted texts: ``f"{value!r:>10}"``."""

from __future__ import annotations

import ast

from bridgekit.check.python.plain import MAX_SIZE, bare, has_wide_field, is_plain, shows_order
from bridgekit.check.settings.interpreter.data import Input, Opaque, PathValue, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import Frame, InstanceValue
from bridgekit.check.settings.objects.calls import NATIVE_ERRORS


def joined(interpreter: Interpreter, node: ast.JoinedStr, frame: Frame) -> Value:
    """``f"{a}{b}"``."""
    pieces: list[str] = []
    inputs: frozenset[str] = frozenset()
    for part in node.values:
        value, more = unwrap(interpreter.force(interpreter.evaluate(part, frame)))
        inputs |= more
        if isinstance(value, Opaque):
            return value.derive(".f")
        if not isinstance(value, str):
            return interpreter.refuse("a part of a text is not followed", value)
        pieces.append(str(value))
    if sum(len(piece) for piece in pieces) > MAX_SIZE:
        return interpreter.opaque("a very long text", node, frame)
    text = Text.at("".join(pieces), interpreter.locate(node, frame))
    return Input(text, inputs) if inputs else text


def formatted(interpreter: Interpreter, node: ast.FormattedValue, frame: Frame) -> Value:
    """``{value!r:spec}`` in an f-string, with bounds on width."""
    value, inputs = unwrap(interpreter.force(interpreter.evaluate(node.value, frame)))
    spec = unwrap(interpreter.evaluate(node.format_spec, frame))[0] if node.format_spec is not None else ""
    if node.conversion == -1 and not spec and isinstance(value, InstanceValue | PathValue):
        value = unwrap(interpreter.call(interpreter.builtin("format"), [value], {}))[0]
    elif node.conversion != -1:
        value = unwrap(interpreter.call(interpreter.builtin(_CONVERSIONS[node.conversion]), [value], {}))[0]
    if isinstance(value, PathValue):
        value = value.path
    if isinstance(value, Opaque):
        return value
    if not is_plain(value) or shows_order(value) or not isinstance(spec, str) or has_wide_field(spec):
        return interpreter.refuse("a formatted value is not plain data", value)
    try:
        result = format(bare(value), str(spec))
    except NATIVE_ERRORS as error:
        raise interpreter.native_error(error) from None
    return Input(result, inputs) if inputs else result


_CONVERSIONS: dict[int, str] = {115: "str", 114: "repr", 97: "ascii"}
