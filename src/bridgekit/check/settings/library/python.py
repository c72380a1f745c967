"""Pure helpers of the standard library that settings build lists with."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.settings.interpreter.data import (
    NOT_IMPLEMENTED,
    DictValue,
    IteratorValue,
    ListValue,
    Opaque,
    OrderedDictValue,
    Value,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.iterating import drawn
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    ClassValue,
    InstanceValue,
    ModuleValue,
    NativeFunction,
    NativeMethod,
    PropertyValue,
)
from bridgekit.check.settings.library.copying import deep_copy, shallow_copy
from bridgekit.check.settings.library.data_classes import make_field, mark_dataclass
from bridgekit.check.settings.library.function_tools import (
    abstract_method,
    cache_or_factory,
    make_cached_property,
    make_partial,
    wraps,
)
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS, Args, Kwargs
from bridgekit.check.settings.library.urls import parse_url


def _known_items(interpreter: Interpreter, value: Value) -> list[Value] | Opaque:
    plain = interpreter.read(unwrap(value)[0])
    if isinstance(plain, Opaque):
        return plain
    items = list(drawn(interpreter, plain))
    return items


def _chain(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    for argument in args:
        plain = interpreter.read(unwrap(argument)[0])
        if isinstance(plain, Opaque):
            interpreter.taint_callables(args, plain)
            return plain.derive(".chain")
    return IteratorValue((item for argument in args for item in drawn(interpreter, argument)), tuple(args))


def _chain_from(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    items = _known_items(interpreter, args[0])
    return items if isinstance(items, Opaque) else _chain(interpreter, items, {})


def _ordered_dict(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    result = OrderedDictValue()
    interpreter.call(NativeMethod(result, "update"), args, kwargs)
    return interpreter.read(result)


def _fromkeys(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    made = interpreter.call(NativeMethod(DictValue(), "fromkeys"), args, kwargs)
    return OrderedDictValue(made) if isinstance(made, DictValue) else made


def _reduce(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    items = _known_items(interpreter, args[1])
    if isinstance(items, Opaque):
        return items.derive(".reduce")
    values = [*args[2:], *items]
    if not values:
        raise TypeError("reduce() of empty iterable with no initial value")
    total = values[0]
    for value in values[1:]:
        total = interpreter.call(args[0], [total, value], {})
    return total


class Suppress(Model):
    """``contextlib.suppress``."""

    __slots__ = ("kinds",)

    def __init__(self, kinds: tuple[Value, ...]) -> None:
        self.kinds = kinds


def _suppress(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    return Suppress(tuple(args))


class NullContext(Model):
    """``contextlib.nullcontext(value)``."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def enter(self, interpreter: Interpreter) -> Value:
        return self.value

    def held(self) -> tuple[Value, ...]:
        return (self.value,)


def _nullcontext(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    return NullContext(args[0] if args else kwargs.get("enter_result"))


def _same(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    return args[0]


def _last(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    return args[-1]


def _import_module(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    name = unwrap(args[0])[0] if args else unwrap(kwargs.get("name"))[0]
    package = unwrap(args[1] if len(args) > 1 else kwargs.get("package"))[0]
    if not isinstance(name, str):
        cause = (
            name
            if isinstance(name, Opaque)
            else interpreter.opaque("import_module() of a name that is not known")
        )
        interpreter.may_raise(cause)
        return cause
    if name.startswith("."):
        if not isinstance(package, str):
            return interpreter.opaque("import_module() of a relative name without a package")
        level = len(name) - len(name.lstrip("."))
        base = package.split(".")[: len(package.split(".")) - level + 1]
        name = ".".join([*base, name.lstrip(".")])
    return interpreter.imports.import_module(str(name))


def _find_spec(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    """``importlib.util.find_spec``: whether the module can be found."""
    name = unwrap(args[0])[0]
    if not isinstance(name, str):
        return interpreter.opaque("find_spec() of a name that is not known")
    if interpreter.imports.importable(str(name)):
        return interpreter.opaque(f"the module {name}", truth=True, key=f"spec:{name}")
    return None


def _members(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    """``inspect.getmembers(object)``: names and values, sorted."""
    target = unwrap(args[0])[0]
    if not isinstance(target, InstanceValue | ClassValue | ModuleValue) or len(args) > 1:
        return interpreter.opaque("the members of something that is not read")
    names = interpreter.call(interpreter.builtin("dir"), [target], {})
    if not isinstance(names, ListValue):
        return names
    return ListValue(
        [(name, interpreter.getattr(target, str(name))) for name in names if isinstance(name, str)]
    )


def _is_property(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    return isinstance(args[0], PropertyValue)


def _cast(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    return args[1]


def register() -> None:
    """Add this module's models to the registry."""
    CALLS.update(
        {
            "collections.OrderedDict": _ordered_dict,
            "collections.OrderedDict.fromkeys": _fromkeys,
            "itertools.chain": _chain,
            "itertools.chain.from_iterable": _chain_from,
            "contextlib.suppress": _suppress,
            "contextlib.nullcontext": _nullcontext,
            "copy.copy": shallow_copy,
            "copy.deepcopy": deep_copy,
            "functools.reduce": _reduce,
            "functools.partial": make_partial,
            "functools.lru_cache": cache_or_factory,
            "functools.cache": cache_or_factory,
            "functools.wraps": wraps,
            "abc.abstractmethod": abstract_method,
            "functools.cached_property": make_cached_property,
            "django.utils.functional.cached_property": make_cached_property,
            "dataclasses.dataclass": mark_dataclass,
            "typing.cast": _cast,
            "typing.overload": _same,
            "typing.final": _same,
            "gettext.gettext": _same,
            "importlib.import_module": _import_module,
            "importlib.util.find_spec": _find_spec,
            "inspect.getmembers": _members,
            "inspect.isdatadescriptor": _is_property,
            "django.utils.importlib.import_module": _import_module,
            "urllib.parse.urlparse": parse_url("urllib.parse.urlparse"),
            "urllib.parse.urlsplit": parse_url("urllib.parse.urlsplit"),
            "dataclasses.field": make_field,
        }
    )
    CONSTANTS["itertools.chain"] = lambda interpreter: Chain()


class Chain(Model):
    """``itertools.chain`` with its ``from_iterable``."""

    __slots__ = ()

    def call(self, interpreter: Interpreter, args: Sequence[Value], kwargs: Kwargs) -> Value:
        return _chain(interpreter, list(args), kwargs)

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        return (
            NativeFunction("chain.from_iterable", _chain_from) if name == "from_iterable" else NOT_IMPLEMENTED
        )
