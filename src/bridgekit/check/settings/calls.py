"""Calls: of the project's functions and classes, of plain data's methods, and of what is not read."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.settings.frames import Frame, ReturnValue, Stuck
from bridgekit.check.settings.machine import MAX_CALLS, Machine
from bridgekit.check.settings.methods import call_method
from bridgekit.check.settings.operators import Refused, unwrap
from bridgekit.check.settings.scopes import is_generator, local_names
from bridgekit.check.settings.values import (
    BoundMethod,
    ClassValue,
    DictValue,
    ErrorValue,
    External,
    FunctionValue,
    Input,
    InstanceValue,
    ListValue,
    Model,
    NativeFunction,
    NativeMethod,
    Opaque,
    SetValue,
    Value,
    poison,
)

__all__ = ["NATIVE_ERRORS", "call_value"]

NATIVE_ERRORS = (
    TypeError,
    ValueError,
    LookupError,
    ArithmeticError,
    AttributeError,
)
"""What an allowed operation may raise: the interpreted code gets it. UnicodeError is a ValueError."""


def call_value(m: Machine, function: Value, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
    """``function(*args, **kwargs)``; raises `Raised` with what the code raises."""
    m.spend()
    function = m.read(unwrap(function)[0])
    arguments = list(args)
    if isinstance(function, FunctionValue):
        if function.results is not None:
            return _call_remembering(m, function, arguments, kwargs)
        return _call_function(m, function, arguments, kwargs)
    if isinstance(function, BoundMethod):
        return call_value(m, function.function, [function.receiver, *arguments], kwargs)
    if isinstance(function, NativeMethod):
        return _call_method(m, function, arguments, kwargs)
    if isinstance(function, NativeFunction):
        return _call_native(m, function, arguments, kwargs)
    if isinstance(function, ClassValue):
        return _instantiate(m, function, arguments, kwargs)
    if isinstance(function, External):
        return m.library.call(m, function, arguments, kwargs)
    if isinstance(function, Model):
        result = function.call(m, arguments, kwargs)
        return (
            result
            if result is not NotImplemented
            else m.library.unread_call(m, type(function).__name__, arguments, kwargs)
        )
    if isinstance(function, InstanceValue):
        return call_value(m, m.getattr(function, "__call__"), arguments, kwargs)
    if isinstance(function, Opaque):
        m.hand_over([*arguments, *kwargs.values()], function)
        m.may_raise(function)
        if function.key.endswith(_KEEPING_TRUTH) and any(name.startswith("env:") for name in function.inputs):
            return Opaque(
                function.reason, function.location, f"{function.key}()"[:200], function.truth, function.inputs
            )
        return function.derive(f"({len(arguments)})")
    raise m.error(TypeError, "object is not callable")


def _call_remembering(
    m: Machine, function: FunctionValue, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    """A call through `functools.lru_cache`: the second one with the same arguments gives the very same object."""
    assert function.results is not None
    key = (*args, *kwargs.items())
    if not all(isinstance(part, str | int | tuple | None) for part in key):
        return _call_function(m, function, args, kwargs)
    try:
        if key not in function.results:
            function.results[key] = _call_function(m, function, args, kwargs)
        return function.results[key]
    except TypeError:  # a tuple of something that has no hash
        return _call_function(m, function, args, kwargs)


def _call_native(m: Machine, function: NativeFunction, args: list[Value], kwargs: dict[str, Value]) -> Value:
    if function.call is None:
        return ErrorValue(function, tuple(args))
    try:
        result: Value = function.call(m, args, kwargs)
    except Refused as refusal:
        cause = m.opaque(f"{function.name}(): {refusal}")
        return cause
    except NATIVE_ERRORS as error:
        raise m.error(type(error), *error.args) from None
    return result


_KEEPING_TRUTH = (".strip", ".lower", ".upper", ".rstrip", ".lstrip", ".casefold")
"""Methods of text after which a text that is set is still one that is not empty."""

_MUTATORS = frozenset(
    [
        "append",
        "clear",
        "extend",
        "insert",
        "pop",
        "remove",
        "reverse",
        "sort",
        "popitem",
        "setdefault",
        "update",
        "add",
        "discard",
    ]
)


def _call_method(m: Machine, method: NativeMethod, args: list[Value], kwargs: dict[str, Value]) -> Value:
    receiver, inputs = unwrap(method.receiver)
    receiver = m.read(receiver)
    if isinstance(receiver, Opaque):
        m.hand_over(args, receiver)
        return receiver.derive(f".{method.name}()")
    if isinstance(receiver, DictValue | tuple) and args:
        inputs |= unwrap(args[0])[1]
    try:
        result = call_method(m, receiver, method.name, args, kwargs)
    except Refused as refusal:
        cause = m.opaque(f"{method.name}(): {refusal}")
        if method.name in _MUTATORS or isinstance(receiver, SetValue):
            poison(receiver, cause)
        return cause
    except NATIVE_ERRORS as error:
        raise m.error(type(error), *error.args) from None
    if inputs and result is not None and not isinstance(result, Input | Opaque):
        return Input(result, inputs)
    return m.read(result)


# -- the project's own functions -------------------------------------------------------------------------------------


def _call_function(m: Machine, function: FunctionValue, args: list[Value], kwargs: dict[str, Value]) -> Value:
    node = function.node
    if isinstance(node, ast.AsyncFunctionDef) or (isinstance(node, ast.FunctionDef) and is_generator(node)):
        cause = m.opaque(
            f"{function.name}() is a generator or coroutine function", key=f"generator:{id(node)}"
        )
        m.hand_over([*args, *kwargs.values()], cause)
        return cause
    if m.calls >= MAX_CALLS:
        raise Stuck(f"calls are nested more than {MAX_CALLS} deep in {function.name}()", m.here())
    names = _bind(m, function, args, kwargs)
    receiver = args[0] if args else None
    frame = Frame(
        function.frame.module,
        names,
        function.frame.path,
        function.frame,
        "function",
        local_names(node),
        owner=function.owner,
        receiver=receiver,
    )
    m.calls += 1
    m.frames.append(frame)
    try:
        if isinstance(node, ast.Lambda):
            return m.evaluate(node.body, frame)
        m.run_block(node.body, frame)
    except ReturnValue as leaving:
        return leaving.value
    finally:
        m.frames.pop()
        m.calls -= 1
    return None


def _bind(m: Machine, function: FunctionValue, args: list[Value], kwargs: dict[str, Value]) -> DictValue:
    """Arguments to parameters as the language does it; raises TypeError for the interpreted code."""
    spec = function.node.args
    names = DictValue()
    positional = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
    only_positional = {parameter.arg for parameter in spec.posonlyargs}
    for name, value in zip(positional, args, strict=False):
        names[name] = value
    if len(args) > len(positional) and spec.vararg is None:
        raise m.error(TypeError, f"{function.name}() takes {len(positional)} positional arguments")
    extra = DictValue()
    keyword_only = [parameter.arg for parameter in spec.kwonlyargs]
    for name, value in kwargs.items():
        if name in names and name not in only_positional:
            raise m.error(TypeError, f"{function.name}() got multiple values for argument {name!r}")
        if (name in positional and name not in only_positional) or name in keyword_only:
            names[name] = value
        elif spec.kwarg is not None:
            extra[name] = value
        else:
            raise m.error(TypeError, f"{function.name}() got an unexpected keyword argument {name!r}")
    _fill_defaults(m, function, names, positional, keyword_only)
    if spec.vararg is not None:
        names[spec.vararg.arg] = tuple(args[len(positional) :])
    if spec.kwarg is not None:
        names[spec.kwarg.arg] = extra
    return names


def _fill_defaults(
    m: Machine, function: FunctionValue, names: DictValue, positional: list[str], keyword_only: list[str]
) -> None:
    defaults = dict(
        zip(positional[len(positional) - len(function.defaults) :], function.defaults, strict=True)
    )
    defaults.update(function.keyword_defaults)
    for name in (*positional, *keyword_only):
        if name not in names:
            if name not in defaults:
                raise m.error(TypeError, f"{function.name}() missing argument {name!r}")
            names[name] = defaults[name]


# -- the project's own classes ---------------------------------------------------------------------------------------


def _instantiate(m: Machine, cls: ClassValue, args: list[Value], kwargs: dict[str, Value]) -> Value:
    if any(isinstance(base, NativeFunction) for base in cls.mro):
        return ErrorValue(cls, tuple(args))
    if any(isinstance(base, External) and base.dotted == "typing.NamedTuple" for base in cls.mro):
        return _fill_dataclass(m, InstanceValue(cls), args, kwargs)
    modelled = m.library.instantiate(m, cls, args, kwargs)
    if modelled is not NotImplemented:
        return modelled
    instance = InstanceValue(cls)
    if cls.is_dataclass:
        return _fill_dataclass(m, instance, args, kwargs)
    for base in cls.mro:
        if isinstance(base, External):
            return m.opaque(f"{cls.name} derives from {base.dotted}, which is not read")
        if isinstance(base, ClassValue) and "__init__" in base.namespace:
            call_value(m, base.namespace["__init__"], [instance, *args], kwargs)
            break
    return instance


def _fill_dataclass(
    m: Machine, instance: InstanceValue, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    fields: dict[str, ClassValue] = {}
    for base in reversed(instance.cls.mro):
        if isinstance(base, ClassValue):
            fields.update(dict.fromkeys(base.annotations, base))
    given = dict(zip(fields, args, strict=False)) | kwargs
    for name, base in fields.items():
        if name in given:
            instance.attributes[name] = given[name]
        elif name in base.namespace:
            default = base.namespace[name]
            known = not isinstance(default, External | Opaque | ListValue)
            instance.attributes[name] = (
                default if known else m.opaque(f"the default of {instance.cls.name}.{name}")
            )
        else:
            raise m.error(TypeError, f"{instance.cls.name}() missing argument {name!r}")
    for base in instance.cls.mro:
        if isinstance(base, ClassValue) and "__post_init__" in base.namespace:
            call_value(m, base.namespace["__post_init__"], [instance], {})
            break
    return instance
