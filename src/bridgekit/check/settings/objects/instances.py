"""``cls(*args)`` for the project's own classes: ``__new__``, ``__init__``, and what ``@dataclass`` writes in their place."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.settings.interpreter.data import (
    MISSING,
    NOT_IMPLEMENTED,
    DictValue,
    ListValue,
    Opaque,
    SetValue,
    Text,
    Value,
)
from bridgekit.check.settings.interpreter.hooks import TRANSPARENT
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassMethod,
    ClassValue,
    ErrorValue,
    External,
    FunctionValue,
    InstanceValue,
    NativeFunction,
    PropertyValue,
    StaticMethod,
)
from bridgekit.check.settings.objects.class_attributes import find_in_class


class Field(Model):
    """``dataclasses.field(default=..., default_factory=...)``."""

    __slots__ = ("options",)

    def __init__(self, options: dict[str, Value]) -> None:
        self.options = options

    def held(self) -> tuple[Value, ...]:
        return tuple(self.options.values())


def instantiate(
    interpreter: Interpreter, cls: ClassValue, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """An instance of ``cls``; the unknown, with what it is handed, where its making is not followed."""
    modelled = interpreter.library.instantiate(cls, args, kwargs)
    if modelled is not NOT_IMPLEMENTED:
        return modelled
    given = [*args, *kwargs.values()]
    for base in cls.mro:
        if isinstance(base, NativeFunction) and base.kind is not object:
            if base.kind is not None and issubclass(base.kind, BaseException):
                return _error(interpreter, cls, list(args), kwargs)
            return interpreter.refuse(f"{cls.name} derives from {base.name}", cls, *given)
        if isinstance(base, External) and base.dotted == "typing.NamedTuple":
            return _named_tuple(interpreter, cls, list(args), kwargs)
        if isinstance(base, External) and not base.dotted.startswith(TRANSPARENT):
            return interpreter.refuse(
                f"{cls.name} derives from {base.dotted}, which is not read", cls, *given
            )
    if find_in_class(cls, "__del__") is not MISSING:
        return interpreter.refuse(
            f"{cls.name}.__del__ runs whenever nothing leads to the object any more", cls, *given
        )
    return _made(interpreter, cls, list(args), kwargs)


def _named_tuple(
    interpreter: Interpreter, cls: ClassValue, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    """An instance of a class with `typing.NamedTuple`: its fields by name; as a tuple it is not followed."""
    instance = InstanceValue(cls)
    for base in cls.mro:
        if isinstance(base, ClassValue) and any(isinstance(one, External) for one in base.bases):
            names = list(base.annotations)
            if len(args) > len(names) or not set(kwargs) <= set(names[len(args) :]):
                raise interpreter.fault(TypeError, f"{cls.name}() gets arguments that it does not take")
            given = dict(zip(names, args, strict=False)) | kwargs
            for name in names:
                if name not in given and name not in base.namespace:
                    raise interpreter.fault(TypeError, f"{cls.name}() missing argument {name!r}")
                instance.attributes[Text(name)] = given[name] if name in given else base.namespace[name]
            return instance
    return interpreter.refuse(f"the fields of {cls.name} are not followed", cls, *args, *kwargs.values())


def _made(interpreter: Interpreter, cls: ClassValue, args: list[Value], kwargs: dict[str, Value]) -> Value:
    maker = find_in_class(cls, "__new__")
    made: Value = InstanceValue(cls)
    if maker is not MISSING:
        function = maker.function if isinstance(maker, StaticMethod) else maker
        if not isinstance(function, FunctionValue):
            return interpreter.refuse(f"{cls.name}.__new__ is not followed", cls, *args, *kwargs.values())
        made = interpreter.call(function, [cls, *args], kwargs)
        if isinstance(made, Opaque):
            interpreter.hand_over([cls, *args, *kwargs.values()], made)
            return made
        if not isinstance(made, InstanceValue) or cls not in made.cls.mro:
            return made
    if _is_abstract(cls):
        raise interpreter.fault(TypeError, f"{cls.name} has abstract methods")
    assert isinstance(made, InstanceValue)
    return _initialized(interpreter, cls, made, args, kwargs, made=maker is not MISSING)


def _initialized(
    interpreter: Interpreter,
    cls: ClassValue,
    instance: InstanceValue,
    args: list[Value],
    kwargs: dict[str, Value],
    *,
    made: bool,
) -> Value:
    for base in cls.mro:
        if not isinstance(base, ClassValue):
            continue
        if base.namespace.poison is not None:
            return interpreter.refuse(base.namespace.poison.reason, cls, *args, *kwargs.values())
        if "__init__" in base.namespace:
            initializer = base.namespace["__init__"]
            if not isinstance(initializer, FunctionValue):
                return interpreter.refuse(
                    f"{cls.name}.__init__ is not followed", cls, *args, *kwargs.values()
                )
            interpreter.call(BoundMethod(initializer, instance), args, kwargs)
            return instance
        if base.dataclass is not None and base.dataclass.get("init", True):
            return _fill_dataclass(interpreter, base, instance, args, kwargs)
    if (args or kwargs) and not made:
        raise interpreter.fault(TypeError, f"{cls.name}() takes no arguments")
    return instance


def _is_abstract(cls: ClassValue) -> bool:
    seen: set[Value] = set()
    for base in cls.mro:
        for name, value in base.namespace.items() if isinstance(base, ClassValue) else ():
            if name not in seen and _is_marked(value):
                return any(
                    one.dotted == "abc.ABC"
                    if isinstance(one, External)
                    else getattr(one, "is_checked", False)
                    for one in cls.mro
                )
            seen.add(name)
    return False


def _is_marked(value: Value) -> bool:
    """Whether ``@abstractmethod`` stands on a method, or below what else stands on it."""
    if isinstance(value, PropertyValue):
        return any(map(_is_marked, (value.getter, value.setter, value.deleter)))
    if isinstance(value, ClassMethod | StaticMethod):
        value = value.function
    return bool(getattr(value, "attributes", {}).get("__isabstractmethod__"))


def _error(interpreter: Interpreter, cls: ClassValue, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """An exception of the project; with a constructor of its own, its arguments are that one's affair."""
    error = ErrorValue(cls, tuple(args))
    for name in ("__new__", "__init__"):
        hook = next(
            (
                base.namespace[name]
                for base in cls.mro
                if isinstance(base, ClassValue) and name in base.namespace
            ),
            None,
        )
        if hook is not None:
            if name == "__new__" or not isinstance(hook, FunctionValue):
                return interpreter.refuse(f"{cls.name}.{name} is not followed", cls, *args, *kwargs.values())
            interpreter.call(BoundMethod(hook, error), args, kwargs)
    return error


# -- dataclasses -----------------------------------------------------------------------------------------------------


def _fields(interpreter: Interpreter, owner: ClassValue) -> dict[str, ClassValue] | None:
    """The fields that ``@dataclass`` found when it made ``owner``'s constructor; None where they are not followed."""
    fields: dict[str, ClassValue] = {}
    for base in reversed(owner.mro):
        if isinstance(base, ClassValue) and base.dataclass is not None:
            if any(_is_special(annotation) for annotation in base.annotations.values()):
                return None
            fields.update(dict.fromkeys(base.annotations, base))
    return fields


def _is_special(annotation: Value) -> bool:
    """``ClassVar``, ``InitVar`` and ``KW_ONLY``, or an annotation that may be one of them."""
    if isinstance(annotation, External):
        return annotation.dotted.rpartition(".")[2] in ("ClassVar", "InitVar", "KW_ONLY")
    return isinstance(annotation, Opaque | str)


def _fill_dataclass(
    interpreter: Interpreter,
    owner: ClassValue,
    instance: InstanceValue,
    args: list[Value],
    kwargs: dict[str, Value],
) -> Value:
    fields = _fields(interpreter, owner)
    options = owner.dataclass or {}
    if fields is None or options.get("kw_only") or options.get("unread"):
        return interpreter.refuse(
            f"the fields of {owner.name} are not followed", instance.cls, *args, *kwargs.values()
        )
    names = [name for name, base in fields.items() if _option(base, name, "init", True) is True]
    if len(args) > len(names) or not set(kwargs) <= set(names[len(args) :]):
        raise interpreter.fault(TypeError, f"{owner.name}() gets arguments that it does not take")
    given = dict(zip(names, args, strict=False)) | kwargs
    for name, base in fields.items():
        instance.attributes[name] = given[name] if name in given else _default(interpreter, base, name)
    hook = find_in_class(instance.cls, "__post_init__")
    if isinstance(hook, FunctionValue):
        interpreter.call(BoundMethod(hook, instance), [], {})
    elif hook is not MISSING:
        return interpreter.refuse(
            f"{owner.name}.__post_init__ is not followed", instance, *args, *kwargs.values()
        )
    return instance


def _option(base: ClassValue, name: str, option: str, default: Value) -> Value:
    raw = base.fields.get(name)
    return raw.options.get(option, default) if isinstance(raw, Field) else default


def _default(interpreter: Interpreter, base: ClassValue, name: str) -> Value:
    if name not in base.fields:
        raise interpreter.fault(TypeError, f"{base.name}() missing argument {name!r}")
    raw = base.fields[name]
    if not isinstance(raw, Field):
        if isinstance(raw, ListValue | DictValue | SetValue | External | Opaque | PropertyValue):
            return interpreter.opaque(f"the default of {base.name}.{name}")
        return raw
    if set(raw.options) - {"default", "default_factory", "repr", "compare", "hash", "init", "metadata"}:
        return interpreter.opaque(f"the field {base.name}.{name}")
    if "default" in raw.options:
        return raw.options["default"]
    if "default_factory" in raw.options:
        return interpreter.call(raw.options["default_factory"], [], {})
    raise interpreter.fault(TypeError, f"{base.name}() missing argument {name!r}")
