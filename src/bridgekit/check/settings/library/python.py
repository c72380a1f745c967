"""Pure helpers of the standard library that settings build lists with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import ParseResult, SplitResult

from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    Input,
    IteratorValue,
    ListValue,
    Namespace,
    Opaque,
    OrderedDictValue,
    PathValue,
    SetValue,
    Text,
    Value,
)
from bridgekit.check.settings.interpreter.iterating import drawn
from bridgekit.check.settings.interpreter.machine import MAX_CALLS, Machine
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import Refused, unwrap
from bridgekit.check.settings.interpreter.pure import pure_function
from bridgekit.check.settings.interpreter.values import (
    ClassValue,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    NativeFunction,
    NativeMethod,
    PropertyValue,
)
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS
from bridgekit.check.settings.objects.instances import Field

__all__ = ["NullContext", "Suppress", "register"]

Args = list[Value]
Kwargs = dict[str, Value]


def _known_items(m: Machine, value: Value) -> list[Value] | Opaque:
    plain = m.read(unwrap(value)[0])
    if isinstance(plain, Opaque):
        return plain
    items = list(drawn(m, plain))
    return items


def _chain(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    for argument in args:
        plain = m.read(unwrap(argument)[0])
        if isinstance(plain, Opaque):
            m.lend(args, plain)
            return plain.derive(".chain")
    return IteratorValue((item for argument in args for item in drawn(m, argument)), tuple(args))


def _chain_from(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    items = _known_items(m, args[0])
    return items if isinstance(items, Opaque) else _chain(m, items, {})


def _ordered_dict(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    result = OrderedDictValue()
    m.call(NativeMethod(result, "update"), args, kwargs)
    return m.read(result)


def _fromkeys(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    made = m.call(NativeMethod(DictValue(), "fromkeys"), args, kwargs)
    return OrderedDictValue(made) if isinstance(made, DictValue) else made


def _copy(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    return _copied(m, args[0], {}, deep=False)


def _deepcopy(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    if len(args) != 1 or kwargs:
        raise Refused("deepcopy() with a memory of its own")
    return _copied(m, args[0], {}, deep=True)


def _copied(m: Machine, value: Value, memory: dict[int, Value], *, deep: bool) -> Value:
    """As `copy` does it: one copy of each object, whichever ways lead to it."""
    m.spend()
    value = m.read(value)
    if id(value) in memory:
        return memory[id(value)]
    if isinstance(value, Input):
        return Input(_copied(m, value.value, memory, deep=deep), value.inputs)
    if len(memory) > 5_000 or m.calls > MAX_CALLS:
        raise Refused("a copy of very many objects")

    def inner(item: Value) -> Value:
        return _copied(m, item, memory, deep=True) if deep else item

    if isinstance(value, ListValue | DictValue | SetValue) and not isinstance(value, Namespace):
        made: ListValue | DictValue | SetValue = type(value)()
        memory[id(value)] = made
        if isinstance(made, ListValue):
            made.extend(inner(item) for item in value)
        elif isinstance(made, SetValue):
            made.update(value)
        elif isinstance(value, DictValue) and isinstance(made, DictValue):
            made.update({key: inner(item) for key, item in value.items()})
        return made
    if isinstance(value, tuple) and deep:
        copied = tuple(inner(item) for item in value)
        return value if all(one is other for one, other in zip(value, copied, strict=True)) else copied
    if isinstance(value, InstanceValue):
        return _copied_object(m, value, memory, deep=deep)
    if is_plain(value) or isinstance(value, ClassValue | FunctionValue | PathValue | NativeFunction | tuple):
        return value
    return m.refuse("a copy of something that is not followed", value)


def _copied_object(m: Machine, value: InstanceValue, memory: dict[int, Value], *, deep: bool) -> Value:
    if m.library.is_member(value):
        return value
    own = (
        "__copy__",
        "__deepcopy__",
        "__reduce__",
        "__reduce_ex__",
        "__getstate__",
        "__setstate__",
        "__slots__",
        "__new__",
    )
    for base in value.cls.mro:
        unread = not isinstance(base, ClassValue) or base.namespace.poison is not None
        if unread or (isinstance(base, ClassValue) and any(name in base.namespace for name in own)):
            return m.refuse("a copy of an object that says itself how it is copied", value)
    attributes = m.read(value.attributes)
    if isinstance(attributes, Opaque):
        return attributes.derive(".copy")
    made = InstanceValue(value.cls)
    memory[id(value)] = made
    for name, item in value.attributes.items():
        made.attributes[name] = _copied(m, item, memory, deep=True) if deep else item
    return made


def _reduce(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    items = _known_items(m, args[1])
    if isinstance(items, Opaque):
        return items.derive(".reduce")
    values = [*args[2:], *items]
    if not values:
        raise TypeError("reduce() of empty iterable with no initial value")
    total = values[0]
    for value in values[1:]:
        total = m.call(args[0], [total, value], {})
    return total


class Suppress(Model):
    """``contextlib.suppress``."""

    __slots__ = ("kinds",)

    def __init__(self, kinds: tuple[Value, ...]) -> None:
        self.kinds = kinds


def _suppress(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    return Suppress(tuple(args))


class NullContext(Model):
    """``contextlib.nullcontext(value)``."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def enter(self, m: Machine) -> Value:
        return self.value

    def held(self) -> tuple[Value, ...]:
        return (self.value,)


def _nullcontext(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    return NullContext(args[0] if args else kwargs.get("enter_result"))


class Partial(Model):
    """``functools.partial``."""

    __slots__ = ("args", "function", "kwargs")

    def __init__(self, function: Value, args: Args, kwargs: Kwargs) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs

    def call(self, m: Machine, args: Sequence[Value], kwargs: Kwargs) -> Value:
        return m.call(self.function, [*self.args, *args], {**self.kwargs, **kwargs})

    def attribute(self, m: Machine, name: str) -> Value:
        return self.function if name == "func" else NotImplemented

    def held(self) -> tuple[Value, ...]:
        return (self.function, *self.args, *self.kwargs.values())


def _partial(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    return Partial(args[0], list(args[1:]), kwargs)


def _same(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    return args[0]


def _wraps(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    """``@functools.wraps(wrapped)``: the wrapper, with the name and the attributes of the wrapped function."""
    wrapped = args[0]

    def wrap(m: Machine, args: Args, kwargs: Kwargs) -> Value:
        wrapper = args[0]
        if isinstance(wrapper, FunctionValue) and isinstance(wrapped, FunctionValue):
            wrapper.attributes.update(wrapped.attributes)
            wrapper.attributes.setdefault(Text("__name__"), Text(wrapped.name))
            wrapper.attributes[Text("__wrapped__")] = wrapped
        elif isinstance(wrapper, FunctionValue):
            wrapper.attributes.poison = m.opaque("the attributes of a wrapped function")
        return wrapper

    return NativeFunction("wraps", wrap)


def _abstract(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    if isinstance(args[0], FunctionValue):
        args[0].attributes[Text("__isabstractmethod__")] = True
    return args[0]


def _last(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    return args[-1]


def _decorator_or_factory(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    """``@lru_cache`` and ``@lru_cache(maxsize=None)``: the function itself, which remembers what it returned."""
    if len(args) == 1 and not kwargs and not isinstance(args[0], int | None):
        return _remembering(m, args, kwargs)
    return NativeFunction("decorator", _remembering)


def _remembering(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    function = args[0]
    if not isinstance(function, FunctionValue):
        return m.refuse("a cache around something that is not followed", function)
    return replace(function, results={}, attributes=DictValue(function.attributes))


_DATACLASS = (
    "init",
    "repr",
    "eq",
    "order",
    "unsafe_hash",
    "frozen",
    "match_args",
    "kw_only",
    "slots",
    "weakref_slot",
)


def _mark_dataclass(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    """``@dataclass``, plain and with options."""
    options = {name: unwrap(value)[0] for name, value in kwargs.items()}
    if not all(isinstance(value, bool) for value in options.values()) or not set(options) <= set(_DATACLASS):
        raise Refused("the options of @dataclass are not known")

    def mark(m: Machine, args: Args, kwargs: Kwargs) -> Value:
        return _made_dataclass(m, args[0], {name: value is True for name, value in options.items()})

    if not args or args[0] is None:
        return NativeFunction("dataclass", mark)
    return mark(m, args, {})


def _made_dataclass(m: Machine, cls: Value, options: dict[str, bool]) -> Value:
    if not isinstance(cls, ClassValue):
        return m.refuse("@dataclass of something that is not read", cls)
    cls.dataclass = options
    for name in cls.annotations:
        if name not in cls.namespace:
            continue
        raw = cls.fields[name] = cls.namespace[name]
        if isinstance(raw, ListValue | DictValue | SetValue):
            raise m.fault(ValueError, f"mutable default for field {name}")
        if isinstance(raw, Field):
            if "default" in raw.options:
                cls.namespace[name] = raw.options["default"]
            else:
                del cls.namespace[name]
    return cls


def _field(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    if args:
        raise Refused("field() takes keywords")
    return Field(dict(kwargs))


def _import_module(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    name = unwrap(args[0])[0] if args else unwrap(kwargs.get("name"))[0]
    package = unwrap(args[1] if len(args) > 1 else kwargs.get("package"))[0]
    if not isinstance(name, str):
        cause = name if isinstance(name, Opaque) else m.opaque("import_module() of a name that is not known")
        m.may_raise(cause)
        return cause
    if name.startswith("."):
        if not isinstance(package, str):
            return m.opaque("import_module() of a relative name without a package")
        level = len(name) - len(name.lstrip("."))
        base = package.split(".")[: len(package.split(".")) - level + 1]
        name = ".".join([*base, name.lstrip(".")])
    return m.imports.import_module(str(name))


def _find_spec(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    """``importlib.util.find_spec``: whether the module can be found."""
    name = unwrap(args[0])[0]
    if not isinstance(name, str):
        return m.opaque("find_spec() of a name that is not known")
    if m.imports.importable(str(name)):
        return m.opaque(f"the module {name}", truth=True, key=f"spec:{name}")
    return None


def _members(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    """``inspect.getmembers(object)``: names and values, sorted."""
    target = unwrap(args[0])[0]
    if not isinstance(target, InstanceValue | ClassValue | ModuleValue) or len(args) > 1:
        return m.opaque("the members of something that is not read")
    names = m.call(m.builtin("dir"), [target], {})
    if not isinstance(names, ListValue):
        return names
    return ListValue([(name, m.getattr(target, str(name))) for name in names if isinstance(name, str)])


def _is_property(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    return isinstance(args[0], PropertyValue)


def _cast(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    return args[1]


def _property(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    return PropertyValue(args[0])


def _cached_property(m: Machine, args: Args, kwargs: Kwargs) -> Value:
    return PropertyValue(args[0], cached=True)


class Url(Model):
    """The result of ``urllib.parse.urlparse`` and ``urlsplit``."""

    __slots__ = ("inputs", "parts")

    def __init__(self, parts: SplitResult | ParseResult, inputs: frozenset[str]) -> None:
        self.parts, self.inputs = parts, inputs

    def attribute(self, m: Machine, name: str) -> Value:
        if name == "geturl":
            return NativeFunction("geturl", lambda m, args, kwargs: self._with_inputs(self.parts.geturl()))
        if name not in (*self.parts._fields, "username", "password", "hostname", "port"):
            return NotImplemented
        try:
            return self._with_inputs(getattr(self.parts, name))
        except ValueError as error:
            raise m.native_error(error) from None

    def item(self, m: Machine, key: Value) -> Value:
        if not isinstance(key, int) or not -len(self.parts) <= key < len(self.parts):
            return NotImplemented
        return self._with_inputs(self.parts[key])

    def _with_inputs(self, value: Value) -> Value:
        return Input(value, self.inputs) if self.inputs else value


def _parse_url(name: str) -> Callable[[Machine, Args, Kwargs], Value]:
    def call(m: Machine, args: Args, kwargs: Kwargs) -> Value:
        made = m.call(pure_function(name), args, kwargs)
        parts, inputs = unwrap(made)
        return Url(parts, inputs) if isinstance(parts, SplitResult | ParseResult) else made

    return call


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
            "copy.copy": _copy,
            "copy.deepcopy": _deepcopy,
            "functools.reduce": _reduce,
            "functools.partial": _partial,
            "functools.lru_cache": _decorator_or_factory,
            "functools.cache": _decorator_or_factory,
            "functools.wraps": _wraps,
            "abc.abstractmethod": _abstract,
            "functools.cached_property": _cached_property,
            "django.utils.functional.cached_property": _cached_property,
            "dataclasses.dataclass": _mark_dataclass,
            "typing.cast": _cast,
            "typing.overload": _same,
            "typing.final": _same,
            "gettext.gettext": _same,
            "importlib.import_module": _import_module,
            "importlib.util.find_spec": _find_spec,
            "inspect.getmembers": _members,
            "inspect.isdatadescriptor": _is_property,
            "django.utils.importlib.import_module": _import_module,
            "urllib.parse.urlparse": _parse_url("urllib.parse.urlparse"),
            "urllib.parse.urlsplit": _parse_url("urllib.parse.urlsplit"),
            "dataclasses.field": _field,
        }
    )
    CONSTANTS["itertools.chain"] = lambda m: Chain()


class Chain(Model):
    """``itertools.chain`` with its ``from_iterable``."""

    __slots__ = ()

    def call(self, m: Machine, args: Sequence[Value], kwargs: Kwargs) -> Value:
        return _chain(m, list(args), kwargs)

    def attribute(self, m: Machine, name: str) -> Value:
        return (
            NativeFunction("chain.from_iterable", _chain_from) if name == "from_iterable" else NotImplemented
        )
