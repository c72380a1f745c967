"""Models of Django's signals: who sends one calls what modules connect to it at their top."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.modelled import Call
from bridgekit.check.reach.operations import awaited
from bridgekit.check.reach.values import (
    UNKNOWN,
    Coroutine,
    External,
    Frame,
    Function,
    Items,
    Namespace,
    Value,
)

SIGNALS = frozenset({"django.dispatch.Signal", "django.dispatch.dispatcher.Signal"})
_CONNECTED = "@connected"
"""The attribute of a signal that keeps what was connected while a function ran."""
_MODULES = ("signals", "receivers", "handlers")
"""Where applications keep receivers that nothing else may import: their AppConfig does."""


def send(call: Call, signal: External, name: str) -> Value | None:
    """``signal.send(...)`` on the caller's thread; ``asend`` sends its sync receivers to a thread (django/dispatch/dispatcher.py)."""
    if name in ("send", "send_robust"):
        return _called(call, signal, asynchronous=False)
    if name == "connect":
        connected = signal.attributes.setdefault(_CONNECTED, Items([]))
        if isinstance(connected, Items):
            connected.items.append(call.argument(0, "receiver"))
    if name in ("asend", "asend_robust"):
        return Coroutine(lambda: _called(call, signal, asynchronous=True))
    return None


def _called(call: Call, signal: External, *, asynchronous: bool) -> Value:
    interpreter, given = call.interpreter, dict(call.keywords)
    given.setdefault("sender", call.argument(0))
    answers: list[Value] = []
    for function in list(_receivers(interpreter, signal)):
        with interpreter.perhaps():
            if not asynchronous and not function.is_async:
                answer = call.again(function, [], given)
            elif asynchronous and function.is_async:
                answer = awaited(interpreter, call.again(function, [], given), call.node, call.frame)
            elif asynchronous:
                with interpreter.elsewhere(on_loop=False):
                    answer = call.again(function, [], given)
            else:
                continue
        answers.append(Items([function, answer], "tuple"))
    return Items(answers or [UNKNOWN])


def _receivers(interpreter: Interpreter, signal: External) -> Iterator[Function]:
    seen: set[int] = set()
    connected = signal.attributes.get(_CONNECTED)
    for function in [
        *_at_the_top(interpreter, signal),
        *(connected.items if isinstance(connected, Items) else ()),
    ]:
        if isinstance(function, Function) and id(function.node) not in seen:
            seen.add(id(function.node))
            yield function


def _at_the_top(interpreter: Interpreter, signal: External) -> Iterator[Function]:
    apps = interpreter.setting("INSTALLED_APPS")
    for app in apps[0] if apps and isinstance(apps[0], list | tuple) else ():
        for name in _MODULES if isinstance(app, str) and not app.startswith("django.") else ():
            interpreter.namespace(f"{app}.{name}")
    for namespace in [namespace for namespace in interpreter.namespaces.values() if namespace is not None]:
        for statement in namespace.module.tree.body if namespace.module.tree is not None else ():
            with interpreter.quiet():
                found = _connected(interpreter, statement, namespace, signal)
            if isinstance(found, Function):
                yield found


def _connected(
    interpreter: Interpreter, statement: ast.stmt, namespace: Namespace, signal: External
) -> Value | None:
    """What ``signal.connect(function)`` or ``@receiver(signal)`` connects."""
    frame = Frame(namespace)
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name() | ast.Attribute() as owner, attr="connect"),
                args=[function, *_],
            )
        ):
            return (
                interpreter.evaluate(function, frame)
                if interpreter.evaluate(owner, frame) is signal
                else None
            )
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            for decorator in statement.decorator_list:
                if isinstance(decorator, ast.Call) and decorator.args:
                    of = interpreter.evaluate(decorator.args[0], frame)
                    if any(one is signal for one in (of.items if isinstance(of, Items) else [of])):
                        return namespace.look_up(name, interpreter.module_value)
    return None
