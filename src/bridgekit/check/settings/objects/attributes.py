"""Attribute access: through modules, classes in their MRO, instances, models of libraries and plain data.

"No such attribute" is said only where the whole set of attributes is known; everything else is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import PosixPath

from bridgekit.check.python.cause import Cause
from bridgekit.check.python.target import VersionInfo
from bridgekit.check.settings.interpreter.data import (
    MISSING,
    NOT_IMPLEMENTED,
    Input,
    Opaque,
    OrderedDictValue,
    PathValue,
    Text,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    ErrorValue,
    External,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    NativeFunction,
    NativeMethod,
    PropertyValue,
    SuperValue,
)
from bridgekit.check.settings.methods import has_method
from bridgekit.check.settings.objects.class_attributes import (
    bind,
    find_in_class,
    of_class,
    of_instance,
)
from bridgekit.check.settings.objects.native_attributes import of_native
from bridgekit.check.settings.objects.super_attributes import of_super

_KEEPING_TRUTH = frozenset(("casefold", "lower", "lstrip", "rstrip", "strip", "upper"))
"""Methods of text after which a text that is set is still one that is not empty."""


def get_attribute(interpreter: Interpreter, value: Value, name: str) -> Value:
    """``value.name``; raises `Raised` with AttributeError where Python would."""
    found = _lookup(interpreter, interpreter.read(value), name)
    if found is MISSING:
        raise interpreter.fault(AttributeError, f"no attribute {name!r}")
    return interpreter.read(found)


def _lookup(interpreter: Interpreter, value: Value, name: str) -> Value:
    if isinstance(value, Opaque | External) and name in _NAMESPACES:
        return _of_frame(interpreter, value, name)
    if isinstance(value, Opaque):
        return _of_unknown(interpreter, value, name)
    if isinstance(value, External):
        return interpreter.library.attribute(value, name)
    if isinstance(value, ModuleValue):
        return _of_module(interpreter, value, name)
    if isinstance(value, InstanceValue):
        return of_instance(interpreter, value, name)
    if isinstance(value, ClassValue):
        return of_class(interpreter, value, name)
    if isinstance(value, SuperValue):
        return of_super(interpreter, value, name)
    if isinstance(value, Model):
        found = value.attribute(interpreter, name)
        if found is NOT_IMPLEMENTED:
            return interpreter.refuse(f"{type(value).__name__}.{name} is not modelled", value)
        return found
    if isinstance(value, Input):
        return _of_input(interpreter, value, name)
    return _of_rest(interpreter, value, name)


_NAMESPACES = frozenset(
    ("f_back", "f_builtins", "f_globals", "f_locals", "tb_frame", "gi_frame", "__globals__")
)
"""Attributes that lead from a frame or a function to the names of a module."""


def _of_frame(interpreter: Interpreter, value: Value, name: str) -> Value:
    opened = interpreter.force(value) if isinstance(value, External) else value
    if isinstance(opened, FunctionValue):  # of a module that has waited
        return _lookup(interpreter, opened, name)
    cause = interpreter.opaque(f"{name} leads to the names of a module")
    for frame in interpreter.frames:
        if frame.module.namespace.unseen is None:
            interpreter.taint(frame.module.namespace, cause)
    return cause


def _of_unknown(interpreter: Interpreter, value: Opaque, name: str) -> Value:
    interpreter.may_raise(value, AttributeError)
    derived = value.named(name) if value.is_exact else value.derive(f".{name}")
    truth = True if value.truth and value.inputs else None
    cause = Cause.TEXT_KEPT if name in _KEEPING_TRUTH else Cause.NOT_MODELLED
    return replace(derived, truth=truth, cause=cause)


def _of_rest(interpreter: Interpreter, value: Value, name: str) -> Value:
    if isinstance(value, PathValue):
        if not hasattr(PosixPath, name):
            return MISSING
        return interpreter.library.path_attribute(value, name)
    if isinstance(value, FunctionValue):
        return _of_function(interpreter, value, name)
    if isinstance(value, ErrorValue):
        return _of_error(interpreter, value, name)
    if isinstance(value, BoundMethod):
        if name == "__self__":
            return value.receiver
        return value.function if name == "__func__" else _lookup(interpreter, value.function, name)
    if isinstance(value, NativeFunction):
        return of_native(interpreter, value, name)
    if isinstance(value, PropertyValue):
        return _of_property(interpreter, value, name)
    if isinstance(value, VersionInfo) and name in VersionInfo._fields:
        return value[VersionInfo._fields.index(name)]
    if name == "__class__":
        return interpreter.call(interpreter.builtin("type"), [value], {})
    if isinstance(value, ViewValue) and name in ("isdisjoint", "mapping"):
        return interpreter.opaque(f"the attribute {name} of a view of a dictionary is not modelled")
    if has_method(value, name):
        return NativeMethod(value, name)
    if _lacks(value, name):
        return MISSING
    return interpreter.refuse(f"the attribute {name} is not modelled", value)


def _lacks(value: Value, name: str) -> bool:
    """Whether plain data certainly has no such attribute."""
    if isinstance(value, OrderedDictValue):
        return False
    kinds = (str, bytes, bool, int, float, complex, list, dict, set, frozenset, range, slice, type(None))
    kind = next((kind for kind in kinds if isinstance(value, kind)), tuple if type(value) is tuple else None)
    return kind is not None and not hasattr(kind, name)


def _of_function(interpreter: Interpreter, function: FunctionValue, name: str) -> Value:
    attributes = interpreter.read(function.attributes)
    if isinstance(attributes, Opaque):
        return attributes.derive(f".{name}")
    if name in function.attributes:
        return function.attributes[name]
    if name == "__globals__":
        return function.frame.module.namespace
    if name in ("__name__", "__qualname__"):
        return (
            Text(function.name)
            if name == "__name__"
            else interpreter.opaque("the qualified name of a function")
        )
    if function.results is not None:
        function.changed = True
    if hasattr(_of_function, name) or function.changed:
        return interpreter.refuse(f"the attribute {name} of a function is not modelled", function)
    return MISSING


def _of_property(interpreter: Interpreter, value: PropertyValue, name: str) -> Value:
    makers: dict[str, Callable[[Value], PropertyValue]] = {
        "getter": lambda function: PropertyValue(function, False, value.setter, value.deleter),
        "setter": lambda function: PropertyValue(value.getter, False, function, value.deleter),
        "deleter": lambda function: PropertyValue(value.getter, False, value.setter, function),
    }
    if value.cached:
        return interpreter.opaque(f"the attribute {name} of a cached property is not modelled")
    if name in makers:
        return NativeFunction(f"property.{name}", lambda interpreter, args, kwargs: makers[name](args[0]))
    if name in ("fget", "fset", "fdel"):
        return {"fget": value.getter, "fset": value.setter, "fdel": value.deleter}[name]
    return interpreter.opaque(f"the attribute {name} of a property is not modelled")


def _of_error(interpreter: Interpreter, error: ErrorValue, name: str) -> Value:
    attributes = interpreter.read(error.attributes)
    if isinstance(attributes, Opaque):
        return attributes.derive(f".{name}")
    if name in error.attributes:
        return error.attributes[name]
    if isinstance(error.kind, ClassValue):
        raw = find_in_class(error.kind, name)
        if raw is not MISSING and not isinstance(raw, External | NativeFunction):
            return bind(interpreter, raw, error, error.kind, name)
    if name == "args":
        return error.arguments
    if name == "code" and isinstance(error.kind, NativeFunction) and error.kind.kind is SystemExit:
        return error.arguments[0] if len(error.arguments) == 1 else error.arguments or None
    kind = error.kind.kind if isinstance(error.kind, NativeFunction) else None
    if kind is not None and not hasattr(kind, name):
        return MISSING
    return interpreter.refuse(f"the attribute {name} of an exception is not modelled", error)


def _of_input(interpreter: Interpreter, value: Input, name: str) -> Value:
    inner = _lookup(interpreter, interpreter.read(value.value), name)
    if isinstance(inner, NativeMethod):
        return NativeMethod(value, name)
    if inner is MISSING:
        # The default (often None) lacks it; with the input set, it would be there. Nobody asks this without a test.
        return interpreter.opaque(f"the attribute {name} of an input's default", inputs=value.inputs)
    return inner


def _of_module(interpreter: Interpreter, module: ModuleValue, name: str) -> Value:
    if name == "__dict__":
        return module.namespace
    if name in module.namespace:
        return module.namespace[name]
    if module.namespace.unseen is not None and (name.isupper() or not module.complete):
        return module.namespace.unseen.named(name)
    submodule = interpreter.imports.imported_submodule(module, name)
    if submodule is not None:
        return submodule
    getter = module.namespace.get("__getattr__")
    if getter is not None:
        return interpreter.call(getter, [Text(name)], {})
    if module.namespace.stars:
        return External(f"{module.namespace.stars[-1]}.{name}")
    if name.startswith("__") or module.namespace.unseen is not None:
        return interpreter.opaque(f"{module.name}.{name} is not modelled")
    return MISSING
