"""Modelled functions about coroutines: tests, marks, crossings, and wrappers that copy them."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.check.middleware.evaluation import constants
from bridgekit.check.middleware.evaluation.atoms import (
    COROUTINE_MARK,
    MARKED_BY_PYTHON,
    Missing,
    Native,
    Outcome,
    Unknown,
)
from bridgekit.check.middleware.evaluation.coroutines import coroutine_function, is_awaitable
from bridgekit.check.middleware.evaluation.native_call import NativeCall
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    ClassValue,
    FunctionValue,
    InstanceValue,
    Partial,
    ThreadCall,
    Value,
)
from bridgekit.middleware_chain.facts import Answer

_COPIED = ("async_capable", "sync_capable", "process_exception", "process_template_response", "process_view")


def coroutine_test(call: NativeCall) -> Value:
    """`inspect.iscoroutinefunction` and its kin."""
    value = call.argument(0, "func")
    if value is None:
        return call.unknown()
    return call.decided(coroutine_function(call.evaluator, value, old_marks=call.name.startswith("asyncio.")))


def awaitable_test(call: NativeCall) -> Value:
    """`inspect.isawaitable` and its kin."""
    value = call.argument(0)
    return call.decided(is_awaitable(call.evaluator, value)) if value is not None else call.unknown()


def mark(call: NativeCall) -> Value:
    """`inspect.markcoroutinefunction`: the same object, marked."""
    value = call.argument(0, "func")
    if isinstance(value, FunctionValue):
        return replace(value, marked=True)
    if isinstance(value, InstanceValue):
        call.evaluator.calls.construct(value)
        value.marked = Outcome(Answer.YES)
    if isinstance(value, ClassValue):
        # The mark is an attribute: every instance of the class has it too.
        return replace(value, attributes={**value.attributes, COROUTINE_MARK: MARKED_BY_PYTHON})
    return value if value is not None else call.unknown()


def sync_to_async(call: NativeCall) -> Value:
    """`asgiref.sync.sync_to_async`, with its function or as a decorator with options."""
    value = call.argument(0, "func")
    if value is None:
        return Partial(Native(call.name), (), call.keywords)
    return ThreadCall(value)


def async_to_sync(call: NativeCall) -> Value:
    """`asgiref.sync.async_to_sync`."""
    value = call.argument(0, "awaitable")
    return (
        Partial(Native("asgiref.sync.AsyncToSync.__call__"), (value,))
        if value is not None
        else Native(call.name)
    )


def make_partial(call: NativeCall) -> Value:
    """`functools.partial`."""
    if not call.arguments:
        return call.unknown()
    return Partial(call.arguments[0], call.arguments[1:], call.keywords)


def wraps(call: NativeCall) -> Value:
    """`functools.wraps`."""
    wrapped = call.argument(0, "wrapped")
    updated = {"updated": call.keywords["updated"]} if "updated" in call.keywords else {}
    return (
        Partial(Native("functools.update_wrapper"), (), {"wrapped": wrapped, **updated})
        if wrapped is not None
        else call.unknown()
    )


def update_wrapper(call: NativeCall) -> Value:
    """`functools.update_wrapper` copies ``__dict__``: flags, hooks and the coroutine mark travel with it."""
    wrapper, wrapped = call.argument(0, "wrapper"), call.argument(1, "wrapped")
    if wrapper is None or wrapped is None:
        return wrapper if wrapper is not None else call.unknown()
    updated = call.keywords.get("updated")
    if updated is not None and constants.as_const(updated) in ((), []):
        return wrapper
    if isinstance(wrapped, BoundMethod):
        wrapped = wrapped.function
    copied: dict[str, Value] = {}
    for name in _COPIED:
        if isinstance(wrapped, ClassValue):
            value = call.evaluator.attributes.own(wrapped, name)
        elif isinstance(wrapped, FunctionValue):
            value = call.evaluator.attributes.of_function(wrapped, name)
        elif isinstance(wrapped, Unknown):
            value = wrapped
        else:
            continue
        if not isinstance(value, Missing):
            copied[name] = value
    if not isinstance(wrapper, FunctionValue):
        return (
            call.unknown("an object that is not a function gets the attributes of another one")
            if copied
            else wrapper
        )
    copied["__name__"] = (
        call.evaluator.attributes.of_function(wrapped, "__name__")
        if isinstance(wrapped, FunctionValue)
        else call.unknown("the name of a wrapped object")
    )
    marked = wrapper.marked or (isinstance(wrapped, FunctionValue) and wrapped.marked)
    return replace(wrapper, attributes={**wrapper.attributes, **copied}, marked=marked)


def caching(call: NativeCall) -> Value:
    """`functools.cache` and ``lru_cache``: the function, as far as flags go."""
    value = call.argument(0)
    if isinstance(value, FunctionValue):
        return replace(value, cached=True)
    if isinstance(value, Partial | BoundMethod | ClassValue):
        return value
    return Native("functools.cache")


def event_loop(call: NativeCall) -> Value:
    """The running event loop."""
    return Native("asyncio.AbstractEventLoop")


def cast_value(call: NativeCall) -> Value:
    """`typing.cast`: the value itself."""
    return call.argument(1, "val") or call.unknown()
