"""What code that cannot be read may have done with what it got hold of: the one place that answers for it.

Whatever a value reaches may have changed, and whatever it can call may have been called: containers and attributes are unknown from
there on, and so is what the reachable functions of the project change.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from bridgekit.check.settings.interpreter.callables import inside
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    Input,
    IteratorValue,
    ListValue,
    Namespace,
    Opaque,
    SetValue,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassMethod,
    ClassValue,
    ErrorValue,
    External,
    Frame,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    NativeMethod,
    PropertyValue,
    StaticMethod,
    SuperValue,
    poison,
)
from bridgekit.check.settings.slicing.effects import (
    EVERYTHING,
    names_affected,
    names_handed_out,
    names_rebound,
)

_READING = frozenset(
    ("__contains__", "__getitem__", "copy", "count", "get", "index", "items", "keys", "values")
)
"""Methods that leave their receiver as it is, whoever calls them."""


_CHANGEABLE = (ListValue, SetValue, DictValue, InstanceValue, IteratorValue, tuple)
"""What can be changed by whoever gets it from a function."""


_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def taint(interpreter: Interpreter, values: Iterable[Value], cause: Opaque) -> None:
    """Code that cannot be read, for the reason ``cause``, had its hands on these values."""
    waiting = list(values)
    seen: set[int] = set()
    kept: list[Value] = []  # so that no id is given to another value meanwhile
    while waiting:
        value = waiting.pop()
        if value is None or isinstance(value, str | int | float | bytes) or id(value) in seen:
            continue
        seen.add(id(value))
        kept.append(value)
        interpreter.spend()
        waiting.extend(_reached(interpreter, value, cause))


def _reached(interpreter: Interpreter, value: Value, cause: Opaque) -> Iterable[Value]:
    """What can be reached from one value, which is spoilt itself."""
    if isinstance(value, Namespace):
        interpreter.taint(value, cause)
        return ()
    if isinstance(value, ListValue | SetValue | DictValue):
        inner = inside(value)
        poison(value, cause)
        return inner
    if isinstance(value, tuple | frozenset):
        return value
    if isinstance(value, Input):
        return (value.value,)
    if isinstance(value, ModuleValue):
        poison(value.namespace, cause)
        return ()
    if isinstance(value, InstanceValue | ClassValue | ErrorValue):
        return _of_object(value, cause)
    if isinstance(value, FunctionValue):
        return _called(interpreter, value, cause)
    if isinstance(value, External):
        opened = _opened(interpreter, value)
        return () if opened is value else (opened,)
    if isinstance(value, Model):
        value.taint(interpreter, cause)
        return value.held()
    return _of_wrapper(value, cause)


def _opened(interpreter: Interpreter, value: External) -> Value:
    """What a module of the project that still waits holds: read now, or what changed it would find it as it was. Its classes and
    functions go on waiting."""
    module, _, name = value.dotted.rpartition(".")
    source = interpreter.finder.load(module) if module and not value.is_module else None
    body = source.tree.body if source is not None and source.tree is not None else ()
    if any(isinstance(one, _DEFINITIONS) and one.name == name for one in body):
        return value
    return interpreter.force(value)


def _of_wrapper(value: Value, cause: Opaque) -> Iterable[Value]:
    if isinstance(value, BoundMethod):
        return (value.receiver, value.function)
    if isinstance(value, NativeMethod):
        return () if value.name in _READING else (value.receiver,)
    if isinstance(value, PropertyValue):
        return (value.getter, value.setter, value.deleter)
    if isinstance(value, StaticMethod | ClassMethod):
        return (value.function,)
    if isinstance(value, SuperValue):
        return (value.receiver,)
    if isinstance(value, IteratorValue):
        value.lost = value.lost or cause
        return value.held
    if isinstance(value, ViewValue):
        return inside(value.mapping)
    return ()


def _of_object(value: InstanceValue | ClassValue | ErrorValue, cause: Opaque) -> Iterable[Value]:
    if isinstance(value, ClassValue):
        inner = inside(value.namespace)
        poison(value.namespace, cause)
        return [*inner, *functions_of(value)]
    held = inside(value.attributes)
    poison(value.attributes, cause)
    if isinstance(value, ErrorValue):
        return [*value.arguments, *held]
    return [*held, *functions_of(value.cls)]


def functions_of(cls: ClassValue) -> Iterator[Value]:
    """What a class of the project has in its body that can be called or changed, its bases' included."""
    for base in cls.mro or (cls,):
        if isinstance(base, ClassValue):
            yield from (one for one in base.namespace.values() if not isinstance(one, ClassValue))


def _called(interpreter: Interpreter, function: FunctionValue, cause: Opaque) -> list[Value]:
    """What a function of the project may change beyond itself: it may have been called, any number of times."""
    found: list[Value] = [
        *function.defaults,
        *function.keyword_defaults.values(),
        *function.attributes.values(),
    ]
    for name in names_affected(function.node):
        if name == EVERYTHING:
            interpreter.taint(function.frame.module.namespace, cause)
            continue
        value = visible(function.frame, name.removesuffix("()"))
        if isinstance(value, ClassValue) and name.endswith("()"):
            found.extend(functions_of(value))
        elif isinstance(value, FunctionValue | BoundMethod) or not name.endswith("()"):
            found.append(value)
    handed_out = (visible(function.frame, name) for name in names_handed_out(function.node))
    found.extend(value for value in handed_out if isinstance(value, _CHANGEABLE))
    for name, is_global in names_rebound(function.node).items():
        _rebind(function.frame, name, cause, is_global=is_global)
    return found


def _rebind(frame: Frame, name: str, cause: Opaque, *, is_global: bool) -> None:
    if is_global:
        namespace = frame.module.namespace
        namespace[name] = cause.derive(f".{name}")
        namespace.bound[name] = cause.location
        return
    at: Frame | None = frame
    while at is not None:
        if at.kind == "function" and name in at.local_names:
            at.names[name] = cause.derive(f".{name}")
            return
        at = at.parent


def visible(frame: Frame, name: str) -> Value:
    """What a name stands for where a function was defined; None where it stands for nothing."""
    at: Frame | None = frame
    while at is not None:
        if at.kind != "class" and name in at.names:
            return at.names[name]
        at = at.parent
    return frame.module.namespace.get(name)
