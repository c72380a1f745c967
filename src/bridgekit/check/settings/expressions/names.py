"""Names and attributes: ``NAME``, ``name := value``, ``value.name``."""

from __future__ import annotations

import ast
import builtins

from bridgekit.check.settings.builtins.functions import BUILTINS
from bridgekit.check.settings.interpreter.data import Namespace, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.mangling import mangled
from bridgekit.check.settings.interpreter.values import External, Frame


def read_name(interpreter: Interpreter, node: ast.Name, frame: Frame) -> Value:
    """``NAME``."""
    return lookup(interpreter, node.id, frame)


def lookup(interpreter: Interpreter, name: str, frame: Frame) -> Value:
    """A name as the scopes have it: local, enclosing functions, module, built-in."""
    name = mangled(name, frame)
    at: Frame | None = frame
    while at is not None and at.kind != "module":
        if (at.kind != "class" or at is frame) and name not in at.global_names:
            if name in at.names:
                return at.names[name]
            if name in at.local_names and name not in at.nonlocal_names:
                if at.kind == "class":
                    break  # what a class body binds is looked for in the module until then, not in functions around it
                raise interpreter.fault(UnboundLocalError, f"local variable {name!r} is not bound yet")
        elif name in at.global_names:
            break
        at = at.parent
    namespace = frame.module.namespace
    if name in namespace:
        return namespace[name]
    if frame.names is not namespace and isinstance(frame.names, Namespace) and name in frame.names:
        return frame.names[name]
    if name in BUILTINS and f"builtins.{name}" not in interpreter.patched:
        return BUILTINS[name]
    if namespace.unseen is not None:
        return namespace.unseen.named(name)
    if namespace.stars:
        return External(f"{namespace.stars[-1]}.{name}")
    if f"builtins.{name}" in interpreter.patched:
        return interpreter.patched[f"builtins.{name}"]
    if hasattr(builtins, name) or name in ("__spec__", "__loader__", "__builtins__", "__cached__"):
        return interpreter.opaque(f"the built-in {name} is not interpreted")
    if namespace.unread is not None:
        return interpreter.refuse(f"nothing that is read binds {name}, and {namespace.unread.reason}")
    raise interpreter.fault(NameError, f"name {name!r} is not defined")


def walrus(interpreter: Interpreter, node: ast.NamedExpr, frame: Frame) -> Value:
    """``(NAME := value)``: bound in the scope around a comprehension (PEP 572)."""
    value = interpreter.evaluate(node.value, frame)
    target = frame
    while target.kind == "comprehension" and target.parent is not None:
        target = target.parent
    interpreter.bind(target, node.target.id, value)
    return value


def attribute(interpreter: Interpreter, node: ast.Attribute, frame: Frame) -> Value:
    """``value.name``."""
    return interpreter.getattr(interpreter.evaluate(node.value, frame), mangled(node.attr, frame))
