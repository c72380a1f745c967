"""Calls: of the project's functions and classes, of plain data's methods, and of what is not read."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.python import plain
from bridgekit.check.python.arguments import bind_arguments
from bridgekit.check.python.cause import Cause
from bridgekit.check.python.changes import CHANGING_METHODS
from bridgekit.check.python.plain import Refused
from bridgekit.check.python.scopes import is_generator, local_names
from bridgekit.check.settings.interpreter.control import ReturnValue, Stuck
from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, DictValue, Input, Opaque, Text, Value
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import MAX_CALLS, Interpreter
from bridgekit.check.settings.interpreter.mangling import is_private, mangled
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    ErrorValue,
    External,
    Frame,
    FunctionValue,
    InstanceValue,
    NativeFunction,
    NativeMethod,
)
from bridgekit.check.settings.methods import call_method
from bridgekit.check.settings.objects.instances import instantiate

NATIVE_ERRORS = plain.ERRORS
"""What an allowed operation may raise: the interpreted code gets it."""


def call_value(
    interpreter: Interpreter, function: Value, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``function(*args, **kwargs)``; raises `Raised` with what the code raises."""
    interpreter.spend()
    function = interpreter.read(unwrap(function)[0])
    arguments = list(args)
    if isinstance(function, FunctionValue):
        if function.changed:
            return interpreter.refuse(
                f"the code or the defaults of {function.name}() are replaced", function, *arguments
            )
        if function.results is not None:
            return _call_remembering(interpreter, function, arguments, kwargs)
        return _call_function(interpreter, function, arguments, kwargs)
    if isinstance(function, BoundMethod):
        return call_value(interpreter, function.function, [function.receiver, *arguments], kwargs)
    if isinstance(function, NativeMethod):
        return _call_method(interpreter, function, arguments, kwargs)
    if isinstance(function, NativeFunction):
        return _call_native(interpreter, function, arguments, kwargs)
    if isinstance(function, ClassValue):
        return instantiate(interpreter, function, arguments, kwargs)
    if isinstance(function, External):
        return interpreter.library.call(function, arguments, kwargs)
    if isinstance(function, Model):
        result = function.call(interpreter, arguments, kwargs)
        return (
            result
            if result is not NOT_IMPLEMENTED
            else interpreter.library.unread_call(type(function).__name__, arguments, kwargs)
        )
    if isinstance(function, InstanceValue):
        return _call_instance(interpreter, function, arguments, kwargs)
    if isinstance(function, Opaque):
        # It was made by code that is not read, as functools.partialmethod is, and may call what that code has kept.
        interpreter.hand_over([*arguments, *kwargs.values(), *interpreter.captured.values()], function)
        interpreter.may_raise(function)
        if function.cause is Cause.TEXT_KEPT and any(name.startswith("env:") for name in function.inputs):
            return Opaque(
                function.reason, function.location, f"{function.key}()"[:200], function.truth, function.inputs
            )
        return function.derive(f"({len(arguments)})")
    if plain.is_plain(function):
        raise interpreter.fault(TypeError, "object is not callable")
    return interpreter.refuse(
        "a call of something that is not followed", function, *arguments, *kwargs.values()
    )


def _call_instance(
    interpreter: Interpreter, function: InstanceValue, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    method = special(interpreter, function, "__call__")
    if method is None:
        raise interpreter.fault(TypeError, "object is not callable")
    if isinstance(method, Opaque):
        return interpreter.refuse(method.reason, function, *args, *kwargs.values())
    return call_value(interpreter, method, args, kwargs)


def _call_remembering(
    interpreter: Interpreter, function: FunctionValue, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    """A call through `functools.lru_cache`: the second one with the same arguments gives the very same object."""
    assert function.results is not None
    key = (*args, *kwargs.items())
    if not all(isinstance(part, str | int | None) for part in args) or kwargs:
        return interpreter.refuse(
            f"what {function.name}() remembers of these arguments", function, *args, *kwargs.values()
        )
    if key not in function.results:
        function.results[key] = _call_function(interpreter, function, args, kwargs)
    return function.results[key]


def _call_native(
    interpreter: Interpreter, function: NativeFunction, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    if function.call is None:
        return ErrorValue(function, tuple(args))
    try:
        result: Value = function.call(interpreter, args, kwargs)
    except Refused as refusal:
        return _refused(interpreter, f"{function.name}(): {refusal}", args, kwargs)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise interpreter.native_error(error) from None
    except (LookupError, AttributeError):
        # The model was called in a way that it does not know: too few arguments, mostly.
        return _refused(
            interpreter, f"{function.name}() with these arguments is not interpreted", args, kwargs
        )
    return result


def _refused(interpreter: Interpreter, reason: str, args: list[Value], kwargs: dict[str, Value]) -> Opaque:
    cause = interpreter.refuse(reason, *args, *kwargs.values())
    interpreter.may_raise(cause)
    return cause


def _call_method(
    interpreter: Interpreter, method: NativeMethod, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    receiver, inputs = unwrap(method.receiver)
    receiver = interpreter.read(receiver)
    if isinstance(receiver, Opaque):
        interpreter.hand_over([*args, *kwargs.values(), *interpreter.captured.values()], receiver)
        return receiver.derive(f".{method.name}()")
    if isinstance(receiver, DictValue | tuple) and args:
        inputs |= unwrap(args[0])[1]
    try:
        result = call_method(interpreter, receiver, method.name, args, kwargs)
    except Refused as refusal:
        reading = method.name not in CHANGING_METHODS and isinstance(
            receiver, str | bytes | int | float | tuple
        )
        handed = [*args, *kwargs.values()] if reading else [receiver, *args, *kwargs.values()]
        cause = interpreter.opaque(f"{method.name}(): {refusal}", inputs=inputs)
        interpreter.hand_over(handed, cause)
        interpreter.may_raise(cause)
        return cause
    except NATIVE_ERRORS as error:
        raise interpreter.native_error(error) from None
    if inputs and result is not None and not isinstance(result, Input | Opaque):
        return Input(result, inputs)
    return interpreter.read(result)


# -- the project's own functions -------------------------------------------------------------------------------------


def _call_function(
    interpreter: Interpreter, function: FunctionValue, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    node = function.node
    if isinstance(node, ast.AsyncFunctionDef) or (isinstance(node, ast.FunctionDef) and is_generator(node)):
        cause = interpreter.opaque(
            f"{function.name}() is a generator or coroutine function",
            key=f"generator:{id(node)}",
            cause=Cause.RUNS_LATER,
        )
        interpreter.may_raise(cause)
        interpreter.hand_over([function, *args, *kwargs.values()], cause)
        return cause
    if interpreter.calls >= MAX_CALLS:
        raise Stuck(f"calls are nested more than {MAX_CALLS} deep in {function.name}()", interpreter.here())
    names = _bind(interpreter, function, args, kwargs)
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
    if any(map(is_private, frame.local_names)):
        frame.local_names = frozenset(mangled(name, frame) for name in frame.local_names)
        if not names.keys() <= frame.local_names:
            return interpreter.refuse(
                f"a parameter of {function.name}() has a private name", function, *names.values()
            )
    interpreter.calls += 1
    interpreter.frames.append(frame)
    try:
        if isinstance(node, ast.Lambda):
            return interpreter.evaluate(node.body, frame)
        interpreter.run_block(node.body, frame)
    except ReturnValue as leaving:
        return leaving.value
    finally:
        interpreter.frames.pop()
        interpreter.calls -= 1
    return None


def _bind(
    interpreter: Interpreter, function: FunctionValue, args: list[Value], kwargs: dict[str, Value]
) -> DictValue:
    """Arguments to parameters; raises TypeError for the interpreted code."""
    spec = function.node.args
    bound = bind_arguments(spec, args, kwargs)
    if bound.fault:
        raise interpreter.fault(TypeError, f"{function.name}() {bound.fault}")
    names = DictValue(bound.values)
    positional = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
    first = len(positional) - len(function.defaults)
    defaults = dict(zip(positional[first:], function.defaults, strict=True)) | function.keyword_defaults
    for name in bound.missing:
        if name not in defaults:
            raise interpreter.fault(TypeError, f"{function.name}() missing argument {name!r}")
        names[name] = defaults[name]
    if spec.vararg is not None:
        names[spec.vararg.arg] = bound.rest
    if spec.kwarg is not None:
        names[spec.kwarg.arg] = DictValue({Text(name): value for name, value in bound.named.items()})
    return names
