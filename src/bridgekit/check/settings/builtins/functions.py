"""Python's built-in functions, as far as they are pure; ``exec``, ``eval`` and their like are unknown, said so."""

from __future__ import annotations

import builtins
from collections.abc import Callable

from bridgekit.check.python.plain import Refused, bare, has_wide_field, is_plain, shows_order
from bridgekit.check.settings.builtins.arguments import Arguments, Call, Keywords
from bridgekit.check.settings.builtins.iterables import (
    call_dict,
    call_frozenset,
    call_len,
    call_range,
    call_set,
    call_sorted,
    call_sum,
    collecting,
    extreme,
    quantifier,
)
from bridgekit.check.settings.builtins.lazy import (
    call_enumerate,
    call_filter,
    call_iter,
    call_map,
    call_next,
    call_reversed,
    call_zip,
)
from bridgekit.check.settings.builtins.objects import (
    call_callable,
    call_delattr,
    call_dir,
    call_getattr,
    call_globals,
    call_hasattr,
    call_namespace,
    call_setattr,
    call_super,
)
from bridgekit.check.settings.builtins.running import (
    call_compile,
    call_eval,
    call_exec,
    call_import,
    call_open,
)
from bridgekit.check.settings.builtins.types import call_isinstance
from bridgekit.check.settings.interpreter.data import (
    NOT_IMPLEMENTED,
    Input,
    ListValue,
    Opaque,
    OrderedDictValue,
    PathValue,
    Text,
    Value,
)
from bridgekit.check.settings.interpreter.enumerations import as_data, text_of_member
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.pure import pure_function
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassMethod,
    ErrorValue,
    External,
    InstanceValue,
    NativeFunction,
    PropertyValue,
    StaticMethod,
)


def _hooked(name: str, hook: str) -> Call:
    """A function of the tables; of an object of the project its special method decides."""
    function = pure_function(f"builtins.{name}").call
    assert function is not None

    def call(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        value = as_data(unwrap(args[0])[0]) if args else None
        if isinstance(value, InstanceValue) and len(args) == 1 and not kwargs:
            method = special(interpreter, value, hook)
            return (
                interpreter.call(method, [], {})
                if isinstance(method, BoundMethod)
                else interpreter.refuse(f"{name}() of an object", value)
            )
        given = [value, *args[1:]] if value is not None and not isinstance(args[0], Input) else args
        result: Value = function(interpreter, given, kwargs)
        return result

    return call


def _text(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    if len(args) == 1 and not kwargs:
        value, inputs = unwrap(args[0])
        text: Value = None
        if isinstance(value, PathValue):
            text = Text(value.path)
        elif isinstance(value, ErrorValue):
            return _text_of_error(interpreter, value)
        elif isinstance(value, str):
            return args[0]
        elif isinstance(value, InstanceValue):
            return _text_of_object(interpreter, value)
        if text is not None:
            return Input(text, inputs) if inputs else text
    return interpreter.call(_STR, args, kwargs)


_STR = pure_function("builtins.str")


def _text_of_error(interpreter: Interpreter, error: ErrorValue) -> Value:
    if (
        isinstance(error.kind, NativeFunction)
        and error.kind.kind is not KeyError
        and len(error.arguments) <= 1
    ):
        return interpreter.call(BUILTINS["str"], list(error.arguments), {})
    return interpreter.refuse("the text of an exception", error)


def _text_of_object(interpreter: Interpreter, value: InstanceValue) -> Value:
    made = text_of_member(value)
    if made is not NOT_IMPLEMENTED:
        return made
    for name in ("__str__", "__repr__"):
        method = special(interpreter, value, name)
        if isinstance(method, BoundMethod):
            return interpreter.call(method, [], {})
        if method is not None:
            break
    return interpreter.refuse("the text of an object", value)


def _format(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``format(value)``; with a specification only of plain data."""
    value, inputs = unwrap(args[0])
    spec = unwrap(args[1])[0] if len(args) > 1 else ""
    if isinstance(value, InstanceValue) and spec == "":
        if special(interpreter, value, "__format__") is None or text_of_member(value) is not NOT_IMPLEMENTED:
            return _text_of_object(interpreter, value)
        return interpreter.refuse("the formatted text of an object", value)
    if isinstance(value, PathValue) and spec == "":
        return _text(interpreter, args[:1], {})
    if not is_plain(value) or shows_order(value) or not isinstance(spec, str) or has_wide_field(spec):
        raise Refused("the value is not plain data")
    made = format(bare(value), str(spec))
    return Input(made, inputs) if inputs else made


def _bytes(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    return interpreter.call(_BYTES, args, kwargs)


_BYTES = pure_function("builtins.bytes")


def _bool(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    if not args:
        return False
    value, inputs = unwrap(args[0])
    value = interpreter.read(value)
    if isinstance(value, Opaque):
        return value
    if isinstance(value, External):
        return interpreter.opaque("the truth of this object is not known")
    result = interpreter.test(value)
    return Input(result, inputs) if inputs else result


def _type(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    if len(args) != 1 or kwargs:
        raise Refused("classes made by type() are not interpreted")
    value, _ = unwrap(args[0])
    if isinstance(value, InstanceValue):
        return value.cls
    if isinstance(value, ErrorValue):
        return value.kind
    if not isinstance(value, OrderedDictValue):
        for kind in (bool, str, int, float, list, tuple, dict, set, frozenset, bytes):
            if isinstance(value, kind):
                return BUILTINS[kind.__name__]
    if value is None:
        return _NONE_TYPE
    return interpreter.opaque("the type of a value is not known")


def _no_value(args: Arguments, kwargs: Keywords) -> None:
    """``type(None)()`` is None."""
    if args or kwargs:
        raise TypeError("NoneType takes no arguments")


_NONE_TYPE = NativeFunction("NoneType", lambda interpreter, args, kwargs: _no_value(args, kwargs), type(None))


def _print(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    if not set(kwargs) <= {"sep", "end", "file", "flush"}:
        raise interpreter.fault(TypeError, "print() got an unexpected keyword argument")
    interpreter.taint_callables(args, interpreter.opaque("print() of an object"))
    if "file" in kwargs:
        interpreter.hand_over([kwargs["file"]], interpreter.opaque("print() to a file"))
    return None


def _equal_identity(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    return interpreter.refuse("the identity of an object differs from run to run")


def _exit(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    raise interpreter.error(SystemExit, *args)


def _wrap(kind: Callable[[Value], Value]) -> Call:
    return lambda interpreter, args, kwargs: kind(args[0])


def _property(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    getter, setter, deleter, *_ = [*args, None, None, None]
    if kwargs or not args:
        given = dict(zip(("fget", "fset", "fdel"), args, strict=False)) | kwargs
        getter, setter, deleter = given.get("fget"), given.get("fset"), given.get("fdel")
    return PropertyValue(getter, False, setter, deleter)


def _object(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    return interpreter.opaque(
        "an object without content", key=f"object:{len(interpreter.decisions)}:{interpreter.spent}"
    )


_FUNCTIONS: dict[str, Call] = {
    **{
        name: _hooked(name, f"__{name}__")
        for name in ("abs", "ascii", "bin", "chr", "divmod", "hex", "oct", "ord", "repr", "round")
    },
    "all": quantifier(False),
    "any": quantifier(True),
    "callable": call_callable,
    "compile": call_compile,
    "delattr": call_delattr,
    "dir": call_dir,
    "eval": call_eval,
    "exec": call_exec,
    "exit": _exit,
    "format": _format,
    "getattr": call_getattr,
    "globals": call_globals,
    "hasattr": call_hasattr,
    "hash": _equal_identity,
    "id": _equal_identity,
    "isinstance": call_isinstance,
    "iter": call_iter,
    "len": call_len,
    "locals": call_namespace,
    "max": extreme(max),
    "min": extreme(min),
    "next": call_next,
    "open": call_open,
    "print": _print,
    "quit": _exit,
    "reversed": call_reversed,
    "setattr": call_setattr,
    "sorted": call_sorted,
    "sum": call_sum,
    "vars": call_namespace,
    "__import__": call_import,
}

_TYPES: dict[type, Call | None] = {
    bool: _bool,
    bytes: _bytes,
    dict: call_dict,
    enumerate: call_enumerate,
    filter: call_filter,
    float: _hooked("float", "__float__"),
    frozenset: call_frozenset,
    int: _hooked("int", "__int__"),
    list: collecting(ListValue),
    map: call_map,
    object: _object,
    property: _property,
    range: call_range,
    classmethod: _wrap(ClassMethod),
    set: call_set,
    staticmethod: _wrap(StaticMethod),
    str: _text,
    super: call_super,
    tuple: collecting(tuple),
    type: _type,
    zip: call_zip,
}

BUILTINS: dict[str, Value] = {
    **{name: NativeFunction(name, call) for name, call in _FUNCTIONS.items()},
    **{kind.__name__: NativeFunction(kind.__name__, call, kind) for kind, call in _TYPES.items()},
    **{
        name: NativeFunction(name, None, kind)
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException)
    },
    "NotImplemented": NOT_IMPLEMENTED,
    "Ellipsis": ...,
    "__debug__": True,
}
"""What a name that is bound nowhere else means."""
