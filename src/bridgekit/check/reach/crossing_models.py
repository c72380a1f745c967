"""Models of what crosses between loop and threads, and of context variables: asgiref, asyncio, contextvars."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridgekit.check.reach.interpreter import CALLED
from bridgekit.check.reach.modelled import Call, Model
from bridgekit.check.reach.operations import awaited, is_coroutine_function
from bridgekit.check.reach.values import (
    UNKNOWN,
    Block,
    Const,
    Coroutine,
    External,
    Function,
    Instance,
    Items,
    Native,
    Value,
    alternatives,
)

_TO_THREAD = frozenset(
    {
        "asgiref.sync.sync_to_async", "asgiref.sync.SyncToAsync", "channels.db.database_sync_to_async",
        "channels.db.DatabaseSyncToAsync", "bridgekit.sync_to_async",
    }
)  # fmt: skip
_PAIRS = {
    "opentelemetry.context.attach": "OpenTelemetry's context",
    "structlog.contextvars.bind_contextvars": "structlog's context variables",
}
_TAKES_BACK = {
    "opentelemetry.context.detach": "OpenTelemetry's context",
    "structlog.contextvars.reset_contextvars": "structlog's context variables",
}


def _in_thread(call: Call, function: Value, arguments: list[Value], keywords: dict[str, Value]) -> Coroutine:
    def run() -> Value:
        with call.interpreter.elsewhere(on_loop=False):
            return call.again(function, arguments, keywords)

    return Coroutine(run)


def _wrapper(call: Call) -> Value:
    assert isinstance(call.function, Native)
    return External(call.function.name, tuple(call.arguments[:1]))


def _to_thread(call: Call) -> Value:
    return _in_thread(call, call.argument(0), call.arguments[1:], dict(call.keywords))


def _to_executor(call: Call) -> Value:
    return _in_thread(call, call.argument(1), call.arguments[2:], {})


def _task(call: Call) -> Value:
    """It runs in a copy of the context, and soon, whoever waits for it."""
    with call.interpreter.elsewhere(on_loop=True):
        result = awaited(call.interpreter, call.argument(0), call.node, call.frame)
    return Coroutine(lambda: result, result=result, is_task=True)


def _gather(call: Call) -> Value:
    found: list[Value] = []
    for one in call.arguments:
        with call.interpreter.elsewhere(on_loop=True):
            found.append(awaited(call.interpreter, one, call.node, call.frame))
    return Coroutine(lambda: Items(found))


def _waits(call: Call) -> Value:
    value = call.argument(0)
    if isinstance(value, Coroutine):
        value.settled = True
    return Coroutine(lambda: awaited(call.interpreter, value, call.node, call.frame))


def _mark(call: Call) -> Value:
    value = call.argument(0)
    if isinstance(value, Instance | Function):
        value.marked = True
    return value


def _asks_function(call: Call) -> Value:
    known = is_coroutine_function(call.interpreter, call.argument(0))
    return UNKNOWN if known is None else Const(known)


def _attached(call: Call) -> Value:
    assert isinstance(call.function, Native)
    return _token(call, Const(_PAIRS[call.function.name]))


def _detached(call: Call) -> Value:
    assert isinstance(call.function, Native)
    tokens = [call.argument(0), *call.keywords.values()]
    if "**" in call.keywords:
        tokens.append(call.keywords["**"])
    for token in tokens:
        if isinstance(token, External) and token.kind == "@token":
            call.interpreter.emit("reset", token, call.node, call.frame, _TAKES_BACK[call.function.name])
    return UNKNOWN


def _bound_context(call: Call) -> Value:
    """``with bound_contextvars(...)``: sets at its start, and resets at its end."""
    return External("@bound context", ())


def _runs_loop(call: Call) -> Value:
    return UNKNOWN


MODELS: Mapping[str, Model] = {
    **dict.fromkeys(_TO_THREAD, _wrapper),
    "asgiref.sync.async_to_sync": _wrapper,
    "asgiref.sync.AsyncToSync": _wrapper,
    "asgiref.sync.iscoroutinefunction": _asks_function,
    "inspect.iscoroutinefunction": _asks_function,
    "asyncio.iscoroutinefunction": _asks_function,
    "asgiref.sync.markcoroutinefunction": _mark,
    "inspect.markcoroutinefunction": _mark,
    "asyncio.to_thread": _to_thread,
    "asyncio.create_task": _task,
    "asyncio.ensure_future": _task,
    "asyncio.gather": _gather,
    "asyncio.wait_for": _waits,
    "asyncio.shield": _waits,
    "asyncio.get_running_loop": lambda call: External("@loop"),
    "asyncio.get_event_loop": lambda call: External("@loop"),
    "django.utils.decorators.sync_and_async_middleware": lambda call: call.argument(0),
    "django.utils.decorators.async_only_middleware": lambda call: call.argument(0),
    "django.utils.decorators.sync_only_middleware": lambda call: call.argument(0),
    **dict.fromkeys(_PAIRS, _attached),
    **dict.fromkeys(_TAKES_BACK, _detached),
    "structlog.contextvars.bound_contextvars": _bound_context,
}


def call_made(call: Call, function: External) -> Value | None:
    """Calls of what these gave: ``sync_to_async(f)(...)``, a decorator with arguments, a block's function."""
    arguments, keywords = call.arguments, call.keywords
    given = function.arguments[0] if function.arguments else None
    if function.kind in _TO_THREAD:
        if given is None:
            return External(function.kind, tuple(arguments[:1]))
        return _in_thread(call, given, arguments, dict(keywords))
    if function.kind in ("asgiref.sync.async_to_sync", "asgiref.sync.AsyncToSync"):
        return _back_on_loop(call, given, arguments, keywords)
    if function.kind == "@dispatch":
        return Coroutine(lambda: UNKNOWN, response=True)
    if function.kind == "functools.wraps":
        value = call.argument(0)
        if isinstance(given, Function) and given.marked and isinstance(value, Function):
            value.marked = True
        return value
    if function.kind == "contextlib.contextmanager" and given is not None:
        if isinstance(given, Function):
            return Block(given, arguments, dict(keywords))
        return UNKNOWN
    if function.kind == "functools.partialmethod":
        return call.again(given or UNKNOWN, [*arguments, *function.arguments[1:]], dict(function.keywords))
    if function.kind == "operator.attrgetter":
        value = call.argument(0)
        for part in _path(function):
            value = call.interpreter.attribute(value, part, call.node, call.frame)
        return value
    if function.kind == "operator.methodcaller":
        path = _path(function)
        if path:
            bound = call.interpreter.attribute(call.argument(0), path[0], call.node, call.frame)
            return call.again(bound, list(function.arguments[1:]), dict(function.keywords))
    if function.kind in ("staticmethod", "classmethod") and given is not None:
        return call.again(given, arguments, keywords)
    return None


def _path(function: External) -> list[str]:
    value = function.arguments[0] if function.arguments else UNKNOWN
    return value.value.split(".") if isinstance(value, Const) and isinstance(value.value, str) else []


def _back_on_loop(
    call: Call, function: Value | None, arguments: list[Value], keywords: dict[str, Value]
) -> Value:
    """From a thread it runs on the loop; on the loop it raises RuntimeError (asgiref/sync.py, AsyncToSync.__call__)."""
    if isinstance(function, External) and function.kind == "@get_response":
        return External("@response")
    if call.interpreter.on_loop:
        call.interpreter.emit(
            "call", call.function, call.node, call.frame, f"asgiref.sync.async_to_sync.{CALLED}"
        )
        return UNKNOWN
    if function is None:
        return UNKNOWN
    with call.interpreter.elsewhere(on_loop=True):
        return awaited(call.interpreter, call.again(function, arguments, keywords), call.node, call.frame)


def method(call: Call, receiver: Value, name: str) -> Value | None:
    """Methods of loops, task groups and context variables."""
    if not isinstance(receiver, External):
        return None
    known: dict[tuple[str, str], Callable[[], Value]] = {
        ("@loop", "run_in_executor"): lambda: _to_executor(call),
        ("@loop", "create_task"): lambda: _task(call),
        ("asyncio.TaskGroup", "create_task"): lambda: _task(call),
        ("contextvars.ContextVar", "set"): lambda: _token(call, receiver),
        ("contextvars.ContextVar", "reset"): lambda: _reset(call, receiver),
        ("contextvars.copy_context", "run"): lambda: call.again(
            call.argument(0), call.arguments[1:], dict(call.keywords)
        ),
    }
    run = known.get((receiver.kind, name))
    return run() if run is not None else None


def _token(call: Call, variable: Value) -> External:
    path = call.interpreter.path
    return External(
        "@token",
        (variable,),
        {"path": Items([Const(name) for name in path])},
        context=call.interpreter.context,
    )


def _reset(call: Call, variable: External) -> Value:
    for token in alternatives(call.argument(0)):
        if isinstance(token, External) and token.kind == "@token":
            call.interpreter.emit("reset", token, call.node, call.frame, "", [variable])
    return Const(None)
