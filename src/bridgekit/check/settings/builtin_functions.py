"""Python's built-in functions, as far as they are pure; ``exec``, ``eval`` and their like are unknown, said so."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence

from bridgekit.check.settings.attributes import set_attribute
from bridgekit.check.settings.frames import Frame, Raised
from bridgekit.check.settings.machine import Machine
from bridgekit.check.settings.methods import iterable_items, ordered
from bridgekit.check.settings.operators import Refused, flat, own, unwrap
from bridgekit.check.settings.values import (
    BoundMethod,
    ClassMethod,
    ClassValue,
    DictValue,
    ErrorValue,
    External,
    FunctionValue,
    Input,
    InstanceValue,
    IteratorValue,
    ListValue,
    ModuleValue,
    NativeFunction,
    NativeMethod,
    Opaque,
    PathValue,
    PropertyValue,
    SetValue,
    StaticMethod,
    SuperValue,
    Text,
    Value,
    poison,
)

__all__ = ["BUILTINS"]

Arguments = list[Value]
Keywords = dict[str, Value]
Call = Callable[[Machine, Arguments, Keywords], Value]


def _scalar(kind: Callable[..., object]) -> Call:
    """A function of plain scalars, applied natively; inputs and unknowns pass through."""

    def call(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
        plain, inputs, unknown = flat([*args, *kwargs.values()])
        if unknown is not None:
            return unknown.derive("()")
        if not all(isinstance(value, str | bytes | int | float | complex | None) for value in plain):
            raise Refused("the argument is not plain data")
        values, named = plain[: len(args)], dict(zip(kwargs, plain[len(args) :], strict=True))
        result = own(kind(*values, **named))
        return Input(result, inputs) if inputs else result

    return call


def _text(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    if len(args) == 1:
        value, inputs = unwrap(args[0])
        text: str | None = None
        if isinstance(value, PathValue):
            text = value.path
        elif isinstance(value, ErrorValue):
            text = str(value.arguments[0]) if value.arguments else ""
        elif isinstance(value, str):
            return args[0]
        if text is not None:
            return Input(Text(text), inputs) if inputs else text
    return _scalar(str)(m, args, kwargs)


def _bytes(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    if args and isinstance(unwrap(args[0])[0], int):
        raise Refused("bytes() of a number is not interpreted")
    return _scalar(bytes)(m, args, kwargs)


def _bool(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    if not args:
        return False
    value, inputs = unwrap(args[0])
    value = m.read(value)
    if isinstance(value, Opaque):
        return value
    if isinstance(value, InstanceValue | External):
        return m.opaque("the truth of this object is not known")
    result = bool(value)
    return Input(result, inputs) if inputs else result


def _items(m: Machine, value: Value) -> tuple[list[Value], frozenset[str], Opaque | None]:
    """What iterating over ``value`` gives, or the unknown that prevents it."""
    value, inputs = unwrap(value)
    value = m.read(value)
    if isinstance(value, Opaque):
        return [], inputs, value
    if isinstance(value, InstanceValue | External | ClassValue):
        return [], inputs, m.opaque("iterating over an object that is not plain data")
    items = iterable_items(value)
    m.spend(len(items))
    return items, inputs, None


def _collect(make: Callable[[list[Value]], Value]) -> Call:
    """A constructor of a collection from at most one iterable."""

    def call(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
        if not args:
            return make([])
        items, inputs, unknown = _items(m, args[0])
        if unknown is not None:
            return unknown.derive("()")
        result = make(items)
        return Input(result, inputs) if inputs else result

    return call


def _make_set(items: list[Value]) -> Value:
    plain, _, unknown = flat(items)
    if unknown is not None:
        return unknown.derive("()")
    return SetValue(plain)


def _set(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    given = unwrap(args[0])[0] if args else None
    if isinstance(given, SetValue | frozenset):
        return SetValue(given)
    return _collect(_make_set)(m, args, kwargs)


def _frozenset(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    made = _set(m, args, kwargs)
    return frozenset(made) if isinstance(made, SetValue) else made


def _dict(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    result = DictValue()
    m.call(NativeMethod(result, "update"), args, kwargs)
    return m.read(result)


def _len(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    value, inputs = unwrap(args[0])
    value = m.read(value)
    if isinstance(value, Opaque):
        return value.derive(".len")
    if not isinstance(value, str | bytes | tuple | list | dict | set | frozenset | range):
        raise Refused("the length of this object is not known")
    return Input(len(value), inputs) if inputs else len(value)


def _sorted(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    value, inputs = unwrap(args[0])
    value = m.read(value)
    if isinstance(value, Opaque):
        return value.derive(".sorted")
    items = list(value) if isinstance(value, SetValue | frozenset) else iterable_items(value)
    m.spend(len(items))
    result = ListValue(ordered(m, items, kwargs))
    return Input(result, inputs) if inputs else result


def _lazy(pick: Callable[..., list[Value]]) -> Call:
    """Iterator builders: ``zip``, ``enumerate``, ``reversed`` over known iterables."""

    def call(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
        columns: list[list[Value]] = []
        for argument in args:
            items, _, unknown = _items(m, argument)
            if unknown is not None:
                return unknown.derive("()")
            columns.append(items)
        return IteratorValue(iter(pick(*columns)))

    return call


def _enumerate(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    start = unwrap(kwargs.get("start", args[1] if len(args) > 1 else 0))[0]
    if not isinstance(start, int):
        raise Refused("the start is not known")
    return _lazy(lambda items: list(enumerate(items, start)))(m, args[:1], {})


def _map(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    columns: list[list[Value]] = []
    for argument in args[1:]:
        items, _, unknown = _items(m, argument)
        if unknown is not None:
            return unknown.derive("()")
        columns.append(items)
    rows = list(zip(*columns, strict=False))
    return IteratorValue(m.call(args[0], list(row), {}) for row in rows)


def _filter(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    items, _, unknown = _items(m, args[1])
    if unknown is not None:
        return unknown.derive("()")

    def kept(item: Value) -> bool:
        answer = item if args[0] is None else m.call(args[0], [item], {})
        return m.test(answer)

    return IteratorValue(item for item in items if kept(item))


def _quantifier(wanted: bool) -> Call:
    def call(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
        value, _ = unwrap(args[0])
        if isinstance(value, SetValue | frozenset):
            value = ListValue(value)
        if isinstance(value, IteratorValue):
            return wanted if any(m.test(item) == wanted for item in value.items) else not wanted
        items, _, unknown = _items(m, value)
        if unknown is not None:
            return unknown.derive("()")
        return wanted if any(m.test(item) == wanted for item in items) else not wanted

    return call


def _extreme(pick: Callable[..., Value]) -> Call:
    def call(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
        if "key" in kwargs:
            raise Refused("key= is not interpreted")
        items: Sequence[Value] = args
        if len(args) == 1:
            value = unwrap(args[0])[0]
            items = list(value) if isinstance(value, SetValue | frozenset) else _items(m, value)[0]
            if isinstance(m.read(value), Opaque):
                return m.read(value)
        plain, inputs, unknown = flat(items)
        if unknown is not None:
            return unknown.derive("()")
        if not plain and "default" in kwargs:
            return kwargs["default"]
        result = pick(plain)
        return Input(result, inputs) if inputs else result

    return call


def _sum(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    items, _, unknown = _items(m, args[0])
    if unknown is not None:
        return unknown.derive("()")
    total = kwargs.get("start", args[1] if len(args) > 1 else 0)
    for item in items:
        total = m.add(total, item)
    return total


def _range(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    plain, inputs, unknown = flat(args)
    if unknown is not None:
        return unknown.derive("()")
    if not all(isinstance(bound, int) for bound in plain) or not 1 <= len(plain) <= 3:
        raise TypeError("range() takes one to three integers")
    result = range(*[int(bound) for bound in plain if isinstance(bound, int)])
    return Input(result, inputs) if inputs else result


def _isinstance(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    value, inputs = unwrap(args[0])
    value = m.read(value)
    kinds = args[1] if isinstance(args[1], tuple) else (args[1],)
    answers = [_is_a(value, kind) for kind in kinds]
    result: Value = (
        True
        if True in answers
        else m.opaque("the type of a value is not known")
        if None in answers
        else False
    )
    return Input(result, inputs) if inputs and isinstance(result, bool) else result


def _is_a(value: Value, kind: Value) -> bool | None:
    if isinstance(value, Opaque) or isinstance(kind, Opaque):
        return None
    if isinstance(kind, External):
        return _is_external(value, kind)
    if isinstance(kind, ClassValue):
        cls = (
            value.cls
            if isinstance(value, InstanceValue)
            else value.kind
            if isinstance(value, ErrorValue)
            else None
        )
        if not isinstance(cls, ClassValue):
            return None if isinstance(value, External) else False
        return kind in cls.mro
    if isinstance(kind, NativeFunction) and kind.kind is not None:
        if kind.kind is property:
            return isinstance(value, PropertyValue)
        if kind.kind is type:
            return isinstance(value, ClassValue) or (
                isinstance(value, NativeFunction) and value.kind is not None
            )
        if isinstance(value, str | bytes | int | float | list | tuple | dict | set | frozenset | None):
            return isinstance(value, kind.kind)
        return None if isinstance(value, External) else kind.kind is object
    return None


_MAY_BE_PLAIN = frozenset(
    [
        "AbstractSet",
        "ByteString",
        "Callable",
        "Collection",
        "Container",
        "Hashable",
        "Integral",
        "Iterable",
        "Iterator",
        "Mapping",
        "MutableMapping",
        "MutableSequence",
        "MutableSet",
        "Number",
        "Rational",
        "Real",
        "Reversible",
        "Sequence",
        "Set",
        "Sized",
        "SupportsFloat",
        "SupportsIndex",
        "SupportsInt",
        "Text",
    ]
)
"""Abstract classes of which texts, numbers and containers are instances without inheriting from them."""


def _is_external(value: Value, kind: External) -> bool | None:
    last = kind.dotted.rpartition(".")[2]
    if isinstance(value, ModuleValue) or (isinstance(value, External) and value.is_module):
        return kind.dotted == "types.ModuleType"
    if isinstance(value, PathValue):
        return last in ("Path", "PurePath", "PosixPath", "PathLike")
    if isinstance(value, str | int | float | list | tuple | dict | set | None):
        # Lower case: a tuple of types or an alias, such as six.string_types.
        return None if last in _MAY_BE_PLAIN or last.islower() else False
    return None


def _type(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    value, _ = unwrap(args[0])
    if len(args) != 1:
        raise Refused("classes made by type() are not interpreted")
    if isinstance(value, InstanceValue):
        return value.cls
    if isinstance(value, ErrorValue):
        return value.kind
    for kind in (bool, str, int, float, list, tuple, dict, set, frozenset, bytes):
        if isinstance(value, kind):
            return BUILTINS[kind.__name__]
    if value is None:
        return NativeFunction("NoneType", None, type(None))
    return m.opaque("the type of a value is not known")


def _getattr(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    name = unwrap(args[1])[0]
    if not isinstance(name, str):
        return m.opaque("the name of an attribute is not known")
    target = unwrap(args[0])[0]
    if len(args) == 2:
        return m.getattr(args[0], name)
    if isinstance(target, Opaque) and target.key.startswith("module:"):
        # A module that the project expects from outside (NetBox's configuration.py): an input like any other.
        return m.outside_value(f"{target.key.removeprefix('module:')}.{name}", args[2])
    try:
        return m.getattr(args[0], name)
    except Raised as raised:
        if m.matches(raised.error, BUILTINS["AttributeError"]):
            return args[2]
        raise


def _hasattr(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    name = unwrap(args[1])[0]
    if not isinstance(name, str):
        return m.opaque("the name of an attribute is not known")
    target = unwrap(args[0])[0]
    if isinstance(target, Opaque) and target.key.startswith("module:"):
        return m.outside_value(f"{target.key.removeprefix('module:')}.{name} is set", False)
    try:
        found = m.getattr(args[0], name)
    except Raised as raised:
        if m.matches(raised.error, BUILTINS["AttributeError"]):
            return False
        raise
    if isinstance(found, Opaque):
        return found.derive(".hasattr")
    if isinstance(found, External):
        return m.opaque(f"whether {found.dotted} exists is not known", key=f"hasattr:{found.dotted}")
    return True


def _setattr(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    name = unwrap(args[1])[0]
    target = unwrap(args[0])[0]
    if isinstance(name, str):
        set_attribute(m, target, name, args[2])
    else:
        poison(target, m.opaque("an attribute is set whose name is not known"))
    return None


def _namespace(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``vars()``, ``globals()``, ``locals()``: at module level all three are the module's own dictionary."""
    if args:
        target = unwrap(args[0])[0]
        if isinstance(target, ModuleValue | InstanceValue | ClassValue):
            return m.getattr(target, "__dict__")
        return m.opaque("the attributes of something that is not read")
    frame = m.frames[-1]
    return frame.names if frame.kind == "module" else DictValue(frame.names)


def _globals(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    return m.frames[-1].module.namespace


def _dir(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    if not args:
        return ListValue(sorted(name for name in m.frames[-1].names if isinstance(name, str)))
    target = unwrap(args[0])[0]
    names: set[str] = set()
    if isinstance(target, ModuleValue):
        if target.namespace.unseen is not None:
            return target.namespace.unseen.derive(".dir")
        names.update(name for name in target.namespace if isinstance(name, str))
        names.update(("__name__", "__file__", "__doc__"))
    elif isinstance(target, InstanceValue | ClassValue):
        cls = target.cls if isinstance(target, InstanceValue) else target
        for base in cls.mro:
            if not isinstance(base, ClassValue):
                return m.opaque(f"{cls.name} derives from a class that is not read")
            names.update(name for name in base.namespace if isinstance(name, str))
        if isinstance(target, InstanceValue):
            names.update(name for name in target.attributes if isinstance(name, str))
    else:
        return m.opaque("the attributes of something that is not read")
    return ListValue(Text(name) for name in sorted(names))


def _super(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    if len(args) == 2 and isinstance(args[0], ClassValue):
        return SuperValue(args[0], args[1])
    frame: Frame | None = m.frames[-1]
    while frame is not None and frame.owner is None:
        frame = frame.parent
    if frame is None or frame.owner is None:
        return m.opaque("super() outside a method")
    return SuperValue(frame.owner, frame.receiver)


def _iter(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    items, _, unknown = _items(m, args[0])
    return unknown if unknown is not None else IteratorValue(iter(items))


def _next(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    iterator = unwrap(args[0])[0]
    if isinstance(iterator, Opaque):
        return iterator.derive(".next")
    if not isinstance(iterator, IteratorValue):
        raise Refused("this is no iterator that is interpreted")
    for item in iterator.items:
        return item
    if len(args) > 1:
        return args[1]
    raise m.error(StopIteration)


def _callable(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    value = unwrap(args[0])[0]
    if isinstance(value, Opaque | External):
        return m.opaque("whether a value is callable is not known")
    if isinstance(value, InstanceValue):
        return _hasattr(m, [value, "__call__"], {})
    return isinstance(value, FunctionValue | BoundMethod | NativeFunction | NativeMethod | ClassValue)


def _exec(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``exec`` of a project's file is an include; of anything else, whatever the namespace holds is unknown."""
    frame = m.frames[-1]
    scope = unwrap(args[1])[0] if len(args) > 1 else frame.names
    source = unwrap(args[0])[0] if args else None
    path = source.key.removeprefix("file:") if isinstance(source, Opaque) else ""
    if path and path != getattr(source, "key", "") and m.imports.include_file(path, scope):
        return None
    cause = m.opaque("exec() runs code that cannot be read")
    m.hand_over([scope], cause)
    if scope is not frame.module.namespace:
        m.taint(frame.module.namespace, cause)
    return None


def _eval(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    cause = m.opaque("eval() runs code that cannot be read")
    m.hand_over(args[1:], cause)
    return cause


def _compile(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    source = unwrap(args[0])[0] if args else None
    return source if isinstance(source, Opaque) else m.opaque("compile() makes code that cannot be read")


def _open(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    return m.library.open_file(m, args, kwargs)


def _import(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    name = unwrap(args[0])[0] if args else None
    if not isinstance(name, str) or kwargs or len(args) > 3:
        return m.opaque("__import__() of a name that is not known")
    return m.imports.import_module(name.partition(".")[0] if len(args) < 4 else name)


def _nothing(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    return None


def _equal_identity(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    return m.opaque("the identity of an object differs from run to run")


def _round(value: float, digits: int | None = None) -> float:
    return round(value, digits)


def _exit(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    raise m.error(SystemExit, *args)


def _wrap(kind: Callable[[Value], Value]) -> Call:
    return lambda m, args, kwargs: kind(args[0])


_FUNCTIONS: dict[str, Call] = {
    "abs": _scalar(abs),
    "all": _quantifier(False),
    "any": _quantifier(True),
    "bin": _scalar(bin),
    "callable": _callable,
    "chr": _scalar(chr),
    "compile": _compile,
    "delattr": _setattr,
    "dir": _dir,
    "divmod": _scalar(divmod),
    "eval": _eval,
    "exec": _exec,
    "exit": _exit,
    "getattr": _getattr,
    "globals": _globals,
    "hasattr": _hasattr,
    "hash": _equal_identity,
    "hex": _scalar(hex),
    "id": _equal_identity,
    "isinstance": _isinstance,
    "iter": _iter,
    "len": _len,
    "locals": _namespace,
    "max": _extreme(max),
    "min": _extreme(min),
    "next": _next,
    "open": _open,
    "ord": _scalar(ord),
    "print": _nothing,
    "quit": _exit,
    "repr": _scalar(repr),
    "reversed": _lazy(lambda items: items[::-1]),
    "round": _scalar(_round),
    "setattr": _setattr,
    "sorted": _sorted,
    "sum": _sum,
    "vars": _namespace,
    "__import__": _import,
}

_TYPES: dict[type, Call | None] = {
    bool: _bool,
    bytes: _bytes,
    dict: _dict,
    enumerate: _enumerate,
    filter: _filter,
    float: _scalar(float),
    frozenset: _frozenset,
    int: _scalar(int),
    list: _collect(ListValue),
    map: _map,
    object: lambda m, args, kwargs: m.opaque("an object without content"),
    property: _wrap(PropertyValue),
    range: _range,
    classmethod: _wrap(ClassMethod),
    set: _set,
    staticmethod: _wrap(StaticMethod),
    str: _text,
    super: _super,
    tuple: _collect(tuple),
    type: _type,
    zip: _lazy(lambda *columns: list(zip(*columns, strict=False))),
}

BUILTINS: dict[str, Value] = {
    **{name: NativeFunction(name, call) for name, call in _FUNCTIONS.items()},
    **{kind.__name__: NativeFunction(kind.__name__, call, kind) for kind, call in _TYPES.items()},
    **{
        name: NativeFunction(name, None, kind)
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    },
    "NotImplemented": NotImplemented,
    "Ellipsis": ...,
    "__debug__": True,
}
"""What a name that is bound nowhere else means."""
