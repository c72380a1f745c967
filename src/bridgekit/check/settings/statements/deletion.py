"""``del``."""

from __future__ import annotations

import ast

from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.interpreter.data import DictValue, ListValue, Namespace, Opaque
from bridgekit.check.settings.interpreter.enumerations import as_data
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.mangling import mangled
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import Frame, InstanceValue
from bridgekit.check.settings.objects.calls import NATIVE_ERRORS
from bridgekit.check.settings.statements.names import scope_of

_NOTHING = object()


def delete(interpreter: Interpreter, node: ast.Delete, frame: Frame) -> None:
    """``del NAME``, ``del target.name``, ``del container[key]``."""
    for target in node.targets:
        _delete(interpreter, target, frame)


def _delete(interpreter: Interpreter, target: ast.expr, frame: Frame) -> None:
    if isinstance(target, ast.Name):
        _delete_name(interpreter, target.id, frame)
    elif isinstance(target, ast.Attribute):
        interpreter.delattr(
            interpreter.force(interpreter.evaluate(target.value, frame)), mangled(target.attr, frame)
        )
    elif isinstance(target, ast.Subscript):
        _delete_item(interpreter, target, frame)
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            _delete(interpreter, element, frame)


def _delete_name(interpreter: Interpreter, name: str, frame: Frame) -> None:
    holder = scope_of(frame, name)
    if holder.pop(name, _NOTHING) is _NOTHING and not (
        isinstance(holder, Namespace) and (holder.unseen is not None or holder.stars)
    ):
        local = frame.kind == "function" and name in frame.local_names
        raise interpreter.fault(UnboundLocalError if local else NameError, f"name {name!r} is not defined")


def _delete_item(interpreter: Interpreter, target: ast.Subscript, frame: Frame) -> None:
    container = interpreter.read(unwrap(interpreter.force(interpreter.evaluate(target.value, frame)))[0])
    key = as_data(unwrap(interpreter.evaluate(target.slice, frame))[0])
    if isinstance(container, Model):
        if not container.delete_item(interpreter, key):
            interpreter.refuse(f"an item of a {type(container).__name__} is deleted", container)
    elif isinstance(container, InstanceValue):
        hook = special(interpreter, container, "__delitem__")
        if hook is None:
            raise interpreter.fault(TypeError, "object doesn't support item deletion")
        if isinstance(hook, Opaque):
            interpreter.refuse(hook.reason, container, key)
        else:
            interpreter.call(hook, [key], {})
    elif not isinstance(key, str | int | float | bytes | tuple | slice | None):
        cause = key if isinstance(key, Opaque) else interpreter.opaque("the key is not known")
        interpreter.hand_over([container], cause)
        interpreter.may_raise(cause)
    elif isinstance(container, ListValue | DictValue):
        try:
            del container[key]  # type: ignore[arg-type]  # TypeError is what the interpreted code gets
        except NATIVE_ERRORS as error:
            raise interpreter.native_error(error) from None
    elif is_plain(container):
        raise interpreter.fault(TypeError, "object doesn't support item deletion")
    else:
        interpreter.refuse("an item of something that is not plain data is deleted", container)
