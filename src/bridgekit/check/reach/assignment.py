"""Assigns to names, attributes, items, and several of them."""

from __future__ import annotations

import ast

from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.operations import store_attribute, store_item
from bridgekit.check.reach.values import UNKNOWN, Either, Frame, Items, Native, Value, alternatives, either


def bind(interpreter: Interpreter, target: ast.expr, value: Value, frame: Frame) -> None:
    """Assigns to a name, an attribute, an item or several of them."""
    match target:
        case ast.Name(id=name) if name in frame.globals:
            old = frame.namespace.look_up(name, interpreter.module_value)
            # A function that binds the name of an import once more makes its own of it: which one is meant later is not known.
            known = [old] if old is not None and not isinstance(old, Native) else []
            frame.namespace.stored[name] = either(*known, value)
        case ast.Name(id=name):
            frame.holder(name).names[name] = value
        case ast.Attribute(value=owner, attr=name):
            store_attribute(interpreter, interpreter.evaluate(owner, frame), name, value, target, frame)
        case ast.Subscript(value=owner, slice=key):
            holder, place = interpreter.evaluate(owner, frame), interpreter.evaluate(key, frame)
            store_item(interpreter, holder, place, value, target, frame)
        case ast.Starred(value=inner):
            bind(interpreter, inner, Items([UNKNOWN]), frame)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            _unpack(interpreter, parts, value, frame)
        case _:
            pass


def _unpack(interpreter: Interpreter, parts: list[ast.expr], value: Value, frame: Frame) -> None:
    known = [inner for inner in alternatives(value) if isinstance(inner, Items)]
    fits = bool(known) and not any(isinstance(part, ast.Starred) for part in parts)
    if fits and not isinstance(value, Either) and len(known[0].items) == len(parts):
        for part, item in zip(parts, known[0].items, strict=True):
            bind(interpreter, part, item, frame)
        return
    for part in parts:
        bind(interpreter, part, UNKNOWN, frame)
