"""``del``."""

from __future__ import annotations

import ast

from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.interpreter.data import DictValue, ListValue, Namespace, Opaque
from bridgekit.check.settings.interpreter.enumerations import as_data
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.mangling import mangled
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import Frame, InstanceValue
from bridgekit.check.settings.objects.calls import NATIVE_ERRORS
from bridgekit.check.settings.statements.names import scope_of

_NOTHING = object()


def delete(m: Machine, node: ast.Delete, frame: Frame) -> None:
    """``del NAME``, ``del target.name``, ``del container[key]``."""
    for target in node.targets:
        _delete(m, target, frame)


def _delete(m: Machine, target: ast.expr, frame: Frame) -> None:
    if isinstance(target, ast.Name):
        _delete_name(m, target.id, frame)
    elif isinstance(target, ast.Attribute):
        m.delattr(m.force(m.evaluate(target.value, frame)), mangled(target.attr, frame))
    elif isinstance(target, ast.Subscript):
        _delete_item(m, target, frame)
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            _delete(m, element, frame)


def _delete_name(m: Machine, name: str, frame: Frame) -> None:
    holder = scope_of(frame, name)
    if holder.pop(name, _NOTHING) is _NOTHING and not (
        isinstance(holder, Namespace) and (holder.unseen is not None or holder.stars)
    ):
        local = frame.kind == "function" and name in frame.local_names
        raise m.fault(UnboundLocalError if local else NameError, f"name {name!r} is not defined")


def _delete_item(m: Machine, target: ast.Subscript, frame: Frame) -> None:
    container = m.read(unwrap(m.force(m.evaluate(target.value, frame)))[0])
    key = as_data(unwrap(m.evaluate(target.slice, frame))[0])
    if isinstance(container, Model):
        if not container.delete_item(m, key):
            m.refuse(f"an item of a {type(container).__name__} is deleted", container)
    elif isinstance(container, InstanceValue):
        hook = special(m, container, "__delitem__")
        if hook is None:
            raise m.fault(TypeError, "object doesn't support item deletion")
        if isinstance(hook, Opaque):
            m.refuse(hook.reason, container, key)
        else:
            m.call(hook, [key], {})
    elif not isinstance(key, str | int | float | bytes | tuple | slice | None):
        m.hand_over([container], key if isinstance(key, Opaque) else m.opaque("the key is not known"))
    elif isinstance(container, ListValue | DictValue):
        try:
            del container[key]  # type: ignore[arg-type]  # TypeError is what the interpreted code gets
        except NATIVE_ERRORS as error:
            raise m.native_error(error) from None
    elif is_plain(container):
        raise m.fault(TypeError, "object doesn't support item deletion")
    else:
        m.refuse("an item of something that is not plain data is deleted", container)
