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
    DictValue,
    Input,
    Opaque,
    OrderedDictValue,
    PathValue,
    Text,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.hooks import TRANSPARENT, answer_missing, special
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassMethod,
    ClassValue,
    ErrorValue,
    External,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    NativeFunction,
    NativeMethod,
    PropertyValue,
    StaticMethod,
    SuperValue,
)
from bridgekit.check.settings.methods import has_method

__all__ = ["MISSING", "find_in_class", "get_attribute"]

MISSING = object()

_KEEPING_TRUTH = frozenset(("casefold", "lower", "lstrip", "rstrip", "strip", "upper"))
"""Methods of text after which a text that is set is still one that is not empty."""


def get_attribute(m: Machine, value: Value, name: str) -> Value:
    """``value.name``; raises `Raised` with AttributeError where Python would."""
    found = _lookup(m, m.read(value), name)
    if found is MISSING:
        raise m.fault(AttributeError, f"no attribute {name!r}")
    return m.read(found)


def _lookup(m: Machine, value: Value, name: str) -> Value:
    if isinstance(value, Opaque):
        return _of_unknown(m, value, name)
    if isinstance(value, External):
        return m.library.attribute(value, name)
    if isinstance(value, ModuleValue):
        return _of_module(m, value, name)
    if isinstance(value, InstanceValue):
        return _of_instance(m, value, name)
    if isinstance(value, ClassValue):
        return _of_class(m, value, name)
    if isinstance(value, SuperValue):
        return _of_super(m, value, name)
    if isinstance(value, Model):
        found = value.attribute(m, name)
        if found is NotImplemented:
            return m.refuse(f"{type(value).__name__}.{name} is not modelled", value)
        return found
    if isinstance(value, Input):
        return _of_input(m, value, name)
    return _of_rest(m, value, name)


def _of_unknown(m: Machine, value: Opaque, name: str) -> Value:
    m.may_raise(value, AttributeError)
    derived = value.named(name) if value.is_exact else value.derive(f".{name}")
    truth = True if value.truth and value.inputs else None
    cause = Cause.TEXT_KEPT if name in _KEEPING_TRUTH else Cause.NOT_MODELLED
    return replace(derived, truth=truth, cause=cause)


def _of_rest(m: Machine, value: Value, name: str) -> Value:
    if isinstance(value, PathValue):
        if not hasattr(PosixPath, name):
            return MISSING
        return m.library.path_attribute(value, name)
    if isinstance(value, FunctionValue):
        return _of_function(m, value, name)
    if isinstance(value, ErrorValue):
        return _of_error(m, value, name)
    if isinstance(value, BoundMethod):
        if name == "__self__":
            return value.receiver
        return value.function if name == "__func__" else _lookup(m, value.function, name)
    if isinstance(value, NativeFunction):
        return _of_native(m, value, name)
    if isinstance(value, PropertyValue):
        return _of_property(m, value, name)
    if isinstance(value, VersionInfo) and name in VersionInfo._fields:
        return getattr(value, name)
    if name == "__class__":
        return m.call(m.builtin("type"), [value], {})
    if isinstance(value, ViewValue) and name in ("isdisjoint", "mapping"):
        return m.opaque(f"the attribute {name} of a view of a dictionary is not modelled")
    if has_method(value, name):
        return NativeMethod(value, name)
    if _lacks(value, name):
        return MISSING
    return m.refuse(f"the attribute {name} is not modelled", value)


def _lacks(value: Value, name: str) -> bool:
    """Whether plain data certainly has no such attribute."""
    if isinstance(value, OrderedDictValue):
        return False
    kinds = (str, bytes, bool, int, float, complex, list, dict, set, frozenset, range, slice, type(None))
    kind = next((kind for kind in kinds if isinstance(value, kind)), tuple if type(value) is tuple else None)
    return kind is not None and not hasattr(kind, name)


def _of_function(m: Machine, function: FunctionValue, name: str) -> Value:
    attributes = m.read(function.attributes)
    if isinstance(attributes, Opaque):
        return attributes.derive(f".{name}")
    if name in function.attributes:
        return function.attributes[name]
    if name in ("__name__", "__qualname__"):
        return Text(function.name) if name == "__name__" else m.opaque("the qualified name of a function")
    if function.results is not None:
        function.changed = True
    if hasattr(_of_function, name) or function.changed:
        return m.refuse(f"the attribute {name} of a function is not modelled", function)
    return MISSING


def _of_property(m: Machine, value: PropertyValue, name: str) -> Value:
    makers: dict[str, Callable[[Value], PropertyValue]] = {
        "getter": lambda function: PropertyValue(function, False, value.setter, value.deleter),
        "setter": lambda function: PropertyValue(value.getter, False, function, value.deleter),
        "deleter": lambda function: PropertyValue(value.getter, False, value.setter, function),
    }
    if value.cached:
        return m.opaque(f"the attribute {name} of a cached property is not modelled")
    if name in makers:
        return NativeFunction(f"property.{name}", lambda m, args, kwargs: makers[name](args[0]))
    if name in ("fget", "fset", "fdel"):
        return {"fget": value.getter, "fset": value.setter, "fdel": value.deleter}[name]
    return m.opaque(f"the attribute {name} of a property is not modelled")


def _of_error(m: Machine, error: ErrorValue, name: str) -> Value:
    attributes = m.read(error.attributes)
    if isinstance(attributes, Opaque):
        return attributes.derive(f".{name}")
    if name in error.attributes:
        return error.attributes[name]
    if isinstance(error.kind, ClassValue):
        raw = find_in_class(error.kind, name)
        if raw is not MISSING and not isinstance(raw, External | NativeFunction):
            return _bind(m, raw, error, error.kind, name)
    if name == "args":
        return error.arguments
    if name == "code" and isinstance(error.kind, NativeFunction) and error.kind.kind is SystemExit:
        return error.arguments[0] if len(error.arguments) == 1 else error.arguments or None
    kind = error.kind.kind if isinstance(error.kind, NativeFunction) else None
    if kind is not None and not hasattr(kind, name):
        return MISSING
    return m.refuse(f"the attribute {name} of an exception is not modelled", error)


def _of_native(m: Machine, value: NativeFunction, name: str) -> Value:
    if value.kind is None:
        return m.opaque(f"the attribute {name} of {value.name} is not modelled")
    if name == "__name__":
        return Text(value.kind.__name__)
    if not hasattr(value.kind, name):
        return MISSING
    if name in ("fromkeys", "maketrans", "fromhex", "from_bytes") or not callable(getattr(value.kind, name)):
        if value.kind is dict and name == "fromkeys":
            return NativeFunction("dict.fromkeys", _fromkeys)
        return m.opaque(f"{value.name}.{name} is not modelled")
    if value.kind is object and name in (
        "__setattr__",
        "__delattr__",
        "__getattribute__",
        "__new__",
        "__init__",
    ):
        return of_object(m, name)
    return NativeFunction(f"{value.name}.{name}", _unbound(name, value.kind))


def _fromkeys(m: Machine, args: list[Value], kwargs: dict[str, Value]) -> Value:
    return m.call(NativeMethod(DictValue(), "fromkeys"), args, kwargs)


def _unbound(name: str, kind: type) -> Callable[..., Value]:
    """``str.upper``, ``list.append``: the method, called with its receiver."""

    def call(m: Machine, args: list[Value], kwargs: dict[str, Value]) -> Value:
        receiver = m.read(args[0].value if args and isinstance(args[0], Input) else args[0] if args else None)
        if isinstance(receiver, Opaque):
            m.hand_over(args[1:], receiver)
            return receiver.derive(f".{name}()")
        if not isinstance(receiver, kind) or not has_method(receiver, name):
            return m.refuse(f"{kind.__name__}.{name}() is not modelled", *args, *kwargs.values())
        return m.call(NativeMethod(args[0], name), args[1:], kwargs)

    return call


def of_object(m: Machine, name: str) -> Value:
    """What `object` itself does for attributes and instances, under the hooks of the project's classes."""
    calls: dict[str, Callable[..., Value]] = {
        "__setattr__": lambda m, args, kwargs: m.setattr(args[0], str(args[1]), args[2], plainly=True),
        "__delattr__": lambda m, args, kwargs: m.delattr(args[0], str(args[1]), plainly=True),
        "__getattribute__": lambda m, args, kwargs: _plainly(m, args[0], str(args[1])),
        "__new__": _new_object,
        "__init__": lambda m, args, kwargs: None,
    }
    return NativeFunction(f"object.{name}", calls[name])


def _new_object(m: Machine, args: list[Value], kwargs: dict[str, Value]) -> Value:
    cls = args[0] if args else None
    if not isinstance(cls, ClassValue) or any(isinstance(base, NativeFunction) for base in cls.mro):
        return m.opaque("object.__new__() of something that is not read")
    return InstanceValue(cls)


def _plainly(m: Machine, instance: Value, name: str) -> Value:
    if not isinstance(instance, InstanceValue):
        return m.opaque("object.__getattribute__() of something that is not read")
    found = _found(m, instance, name)
    if found is MISSING:
        raise m.fault(AttributeError, f"no attribute {name!r}")
    return found


def _of_input(m: Machine, value: Input, name: str) -> Value:
    inner = _lookup(m, m.read(value.value), name)
    if isinstance(inner, NativeMethod):
        return NativeMethod(value, name)
    if inner is MISSING:
        # The default (often None) lacks it; with the input set, it would be there. Nobody asks this without a test.
        return m.opaque(f"the attribute {name} of an input's default", inputs=value.inputs)
    return inner


def _of_module(m: Machine, module: ModuleValue, name: str) -> Value:
    if name == "__dict__":
        return module.namespace
    if name in module.namespace:
        return module.namespace[name]
    if module.namespace.unseen is not None and (name.isupper() or not module.complete):
        return module.namespace.unseen.named(name)
    submodule = m.imports.submodule(module, name)
    if submodule is not None:
        return submodule
    getter = module.namespace.get("__getattr__")
    if getter is not None:
        return m.call(getter, [Text(name)], {})
    if module.namespace.stars:
        return External(f"{module.namespace.stars[-1]}.{name}")
    if name.startswith("__") or module.namespace.unseen is not None:
        return m.opaque(f"{module.name}.{name} is not modelled")
    return MISSING


def find_in_class(cls: ClassValue, name: str, after: ClassValue | None = None) -> Value:
    """The raw attribute in the MRO, or the base that is not read and hides it, or `MISSING`."""
    started = after is None
    for base in cls.mro:
        if not started:
            started = base is after
        elif isinstance(base, External):
            # django-configurations gives its classes all of Django's defaults.
            has_defaults = name.isupper() and base.dotted.startswith("configurations.")
            if has_defaults or not base.dotted.startswith(TRANSPARENT):
                return base
        elif isinstance(base, NativeFunction):
            if base.kind is not object and hasattr(base.kind, name):
                return base
        elif base.namespace.poison is not None:
            return base.namespace.poison
        elif name in base.namespace:
            return base.namespace[name]
    return MISSING


def _of_class(m: Machine, cls: ClassValue, name: str) -> Value:
    if name == "__dict__":
        return cls.namespace
    if name in ("__name__", "__mro__", "__bases__"):
        return _of_class_itself(m, cls, name)
    raw = find_in_class(cls, name)
    if isinstance(raw, External | Opaque):
        made = m.library.enum_attribute(cls, name)
        if made is not NotImplemented:
            return made
        return raw if isinstance(raw, Opaque) else m.library.inherited(cls, raw, name)
    if isinstance(raw, NativeFunction) and raw in cls.mro:
        return m.opaque(f"{name} comes from {raw.name}, which {cls.name} derives from")
    if raw is MISSING:
        if hasattr(type, name) or (name.startswith("__") and name.endswith("__")):
            return m.opaque(f"the attribute {name} of a class is not modelled")
        return MISSING
    if isinstance(raw, ClassMethod):
        return BoundMethod(raw.function, cls)
    if isinstance(raw, StaticMethod):
        return raw.function
    return _described(m, raw, None, cls, name)


def _of_class_itself(m: Machine, cls: ClassValue, name: str) -> Value:
    if name == "__name__":
        return Text(cls.name)
    if name == "__mro__":
        return (*cls.mro, m.builtin("object"))
    return tuple(cls.bases) or (m.builtin("object"),)


def _described(m: Machine, raw: Value, instance: Value, cls: ClassValue, name: str) -> Value:
    """An attribute of a class that may be a descriptor of the project's."""
    getter = special(m, raw, "__get__")
    if isinstance(getter, Opaque):
        return raw if m.library.is_member(raw) else m.refuse(getter.reason, raw, instance)
    if getter is not None:
        return m.call(getter, [instance, cls], {})
    return m.library.class_attribute(cls, name, raw)


def _bind(m: Machine, raw: Value, receiver: Value, cls: ClassValue, name: str) -> Value:
    if isinstance(raw, FunctionValue):
        return BoundMethod(raw, receiver)
    if isinstance(raw, PropertyValue):
        return m.call(raw.getter, [receiver], {})
    if isinstance(raw, ClassMethod):
        return BoundMethod(raw.function, cls)
    if isinstance(raw, StaticMethod):
        return raw.function
    return _described(m, raw, receiver, cls, name)


def _of_instance(m: Machine, instance: InstanceValue, name: str) -> Value:
    hook = special(m, instance, "__getattribute__")
    if isinstance(hook, BoundMethod):
        return m.call(hook, [Text(name)], {})
    found = _found(m, instance, name)
    if found is not MISSING:
        return found
    answer = answer_missing(m, instance, name)
    if answer is not NotImplemented:
        return answer
    if hasattr(object, name):
        return m.refuse(f"the attribute {name} of an object is not modelled", instance)
    return MISSING


def _found(m: Machine, instance: InstanceValue, name: str) -> Value:
    """What `object.__getattribute__` finds."""
    if name == "__class__":
        return instance.cls
    if name == "__dict__":
        return instance.attributes
    attributes = m.read(instance.attributes)
    if isinstance(attributes, Opaque):
        return attributes.derive(f".{name}")
    raw = find_in_class(instance.cls, name)
    cached = isinstance(raw, PropertyValue) and raw.cached
    if name in instance.attributes and not _is_data_descriptor(m, raw):
        return instance.attributes[name]
    if isinstance(raw, Opaque):
        return raw
    if cached:
        instance.attributes[Text(name)] = made = _bind(m, raw, instance, instance.cls, name)
        return made
    if isinstance(raw, External | NativeFunction) and raw in instance.cls.mro:
        base = raw if isinstance(raw, External) else External(raw.name)
        return m.library.inherited(instance, base, name)
    return MISSING if raw is MISSING else _bind(m, raw, instance, instance.cls, name)


def _is_data_descriptor(m: Machine, raw: Value) -> bool:
    """Whether what the class has wins over what the instance has."""
    if isinstance(raw, PropertyValue):
        return not raw.cached
    return isinstance(raw, InstanceValue) and special(m, raw, "__set__") is not None


def _of_super(m: Machine, value: SuperValue, name: str) -> Value:
    receiver = value.receiver
    if isinstance(receiver, ErrorValue):
        return _of_super_error(m, receiver, value.after, name)
    cls = receiver if isinstance(receiver, ClassValue) else getattr(receiver, "cls", None)
    if not isinstance(cls, ClassValue):
        cause = m.opaque("super() of something that is not read", cause=Cause.SUPER_NOT_FOLLOWED)
        m.hand_over([receiver], cause)
        return cause
    raw = find_in_class(cls, name, value.after)
    if isinstance(raw, Opaque):
        return raw
    if isinstance(raw, External | NativeFunction) and raw in cls.mro:
        base = raw if isinstance(raw, External) else External(raw.name)
        return m.library.inherited(receiver, base, name)
    if raw is MISSING:
        return _of_super_object(m, receiver, name)
    if receiver is cls and not isinstance(raw, PropertyValue | InstanceValue):
        if isinstance(raw, StaticMethod):
            return raw.function
        if name == "__new__":
            return raw
        return (
            BoundMethod(getattr(raw, "function", raw), cls)
            if isinstance(raw, ClassMethod | FunctionValue)
            else raw
        )
    return _bind(m, raw, receiver, cls, name)


_ARGUMENTS_OF_THEIR_OWN = (
    OSError,
    ImportError,
    SyntaxError,
    UnicodeError,
    StopIteration,
    SystemExit,
    AttributeError,
    NameError,
    BaseExceptionGroup,
)
"""Exceptions whose constructor does more than to keep its arguments (CPython Objects/exceptions.c)."""


def _of_super_error(m: Machine, error: ErrorValue, after: ClassValue, name: str) -> Value:
    """``super().name`` in a method of an exception of the project."""
    raw = find_in_class(error.kind, name, after) if isinstance(error.kind, ClassValue) else MISSING
    if isinstance(raw, FunctionValue):
        return BoundMethod(raw, error)
    kind = raw.kind if isinstance(raw, NativeFunction) else None
    if name == "__init__" and kind is not None and not issubclass(kind, _ARGUMENTS_OF_THEIR_OWN):

        def keep(m: Machine, args: list[Value], kwargs: dict[str, Value]) -> Value:
            if kwargs:
                raise m.fault(TypeError, f"{kind.__name__}() takes no keyword arguments")
            error.arguments = tuple(args)
            return None

        return NativeFunction("super().__init__", keep)
    return m.refuse(f"super().{name} of an exception is not modelled", error)


def _of_super_object(m: Machine, receiver: Value, name: str) -> Value:
    if name in ("__init_subclass__", "setup", "pre_setup", "post_setup"):
        return NativeFunction(name, lambda m, args, kwargs: None)
    if name in ("__setattr__", "__delattr__", "__getattribute__", "__init__"):
        return BoundMethod(of_object(m, name), receiver)
    if name == "__new__":
        return of_object(m, name)
    return m.opaque(f"{name} of object is not modelled") if hasattr(object, name) else MISSING
