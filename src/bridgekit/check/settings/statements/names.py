"""Which scope a name belongs to: binding it, and ``global`` and ``nonlocal``."""

from __future__ import annotations

import ast

from bridgekit.check.settings.interpreter.data import DictValue, Namespace, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.mangling import mangled
from bridgekit.check.settings.interpreter.values import Frame
from bridgekit.middleware_chain.facts import Location


def bind(
    interpreter: Interpreter, frame: Frame, name: str, value: Value, location: Location | None = None
) -> None:
    """``name = value`` in the scope that the name belongs to."""
    name = mangled(name, frame)
    target = scope_of(frame, name)
    target[name] = value
    if isinstance(target, Namespace):
        target.bound[name] = location or interpreter.here()


def scope_of(frame: Frame, name: str) -> DictValue:
    """The scope that a name belongs to which is bound or deleted in ``frame``."""
    if frame.kind in ("function", "class") and name in frame.global_names:
        return frame.module.namespace
    if frame.kind in ("function", "class") and name in frame.nonlocal_names:
        outer = frame.parent
        while outer is not None and not (outer.kind == "function" and name in outer.local_names):
            outer = outer.parent
        return outer.names if outer is not None else frame.names
    return frame.names


def global_(interpreter: Interpreter, node: ast.Global, frame: Frame) -> None:
    """``global NAME``."""
    frame.global_names.update(mangled(name, frame) for name in node.names)


def nonlocal_(interpreter: Interpreter, node: ast.Nonlocal, frame: Frame) -> None:
    """``nonlocal NAME``."""
    frame.nonlocal_names.update(mangled(name, frame) for name in node.names)
