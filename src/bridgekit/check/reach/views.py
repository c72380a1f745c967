"""Starts of a walk in views: a handler with its request, as Django calls it, through the decorators that can be read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field
from typing import Any

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import FunctionNode, ReadFunction
from bridgekit.check.findings.routed_view import Applied, RoutedView
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.reach.entry import new_interpreter
from bridgekit.check.reach.interpreter import Event, Interpreter, OutOfBudgetError
from bridgekit.check.reach.objects import make
from bridgekit.check.reach.operations import awaited, is_coroutine_function
from bridgekit.check.reach.values import (
    UNKNOWN,
    Class,
    Coroutine,
    External,
    Frame,
    Function,
    Instance,
    Table,
    Value,
    alternatives,
)

_ANSWERS = ("django.http.", "django.shortcuts.")


@dataclass(slots=True)
class ViewWalk:
    """What came of it. ``returned``: what Django gets for the response; ``followed``: whether every decorator was."""

    events: list[Event] = field(default_factory=list)
    returned: Value = UNKNOWN
    followed: bool = True


def walk_view(
    start: ReadFunction,
    view: RoutedView,
    load: Callable[[str], SourceModule],
    setting: Callable[[str], Any],
    decorators: Sequence[Applied] = (),
    bounds: RunBounds | None = None,
    *,
    asgi: bool | None = None,
) -> ViewWalk:
    """Calls one function of a view with a request, on the loop if the view is async.

    ``asgi``: whether ASGI serves the request; None where that is not known. ``decorators``, innermost first, are those around a function that may be anything: they are called with it, as Python would.
    """
    walk = ViewWalk()
    interpreter = new_interpreter(load, walk.events.append, setting, bounds)
    interpreter.asgi = asgi
    frame = Frame(interpreter.namespace_of(start.module))
    with suppress(OutOfBudgetError, RecursionError):
        request = External("@request")
        function = _method(interpreter, start, view, request) if view.is_class else None
        if function is None:
            function = Function(start.node, interpreter.namespace_of(start.module))
        called = _decorated(interpreter, function, decorators) if start.node is view.node else function
        walk.followed = called is not None
        interpreter.on_loop = interpreter.asynchronous = interpreter.dispatches = view.is_async
        given, named = _given(called or function, request)
        walk.returned = interpreter.call(called or function, given, named, start.node, frame)
        if start.is_async:
            walk.returned = awaited(interpreter, walk.returned, start.node, frame)
    return walk


@dataclass(slots=True)
class WrappedWalk:
    """What came of calling an async view through its wrappers. ``marked``: whether Django takes what they make for a coroutine
    function; ``is_coroutine``: whether calling it gives a coroutine, unless it answers by itself."""

    events: list[Event] = field(default_factory=list)
    marked: bool | None = None
    is_coroutine: bool = False


def walk_wrapped(
    wrappers: Sequence[Applied],
    load: Callable[[str], SourceModule],
    setting: Callable[[str], Any],
    bounds: RunBounds | None = None,
    *,
    of_dispatch: bool = False,
) -> WrappedWalk:
    """Decorates an async view, or the sync ``dispatch`` of an async class, innermost first, and calls what comes of it."""
    walk = WrappedWalk()
    interpreter = new_interpreter(load, walk.events.append, setting, bounds)
    interpreter.asynchronous = True
    value: Value = External("@dispatch" if of_dispatch else "@get_response")
    with suppress(OutOfBudgetError, RecursionError):
        frame = Frame(interpreter.namespace_of(wrappers[0].module))
        with interpreter.quiet():
            for each in wrappers:
                here = Frame(interpreter.namespace_of(each.module))
                value = interpreter.call(interpreter.evaluate(each.node, here), [value], {}, each.node, here)
        walk.marked = is_coroutine_function(interpreter, value)
        interpreter.on_loop = of_dispatch or walk.marked is True
        made = interpreter.call(value, [External("@request")], {"**": UNKNOWN}, wrappers[-1].node, frame)
        given = alternatives(made)
        walk.is_coroutine = any(isinstance(one, Coroutine) for one in given) and all(
            isinstance(one, Coroutine) or _is_response(one) for one in given
        )
        if walk.marked and isinstance(made, Coroutine):
            made.run()
    return walk


def _is_response(value: Value) -> bool:
    """Whether a wrapper answers in the view's place."""
    return isinstance(value, External) and (value.kind == "@response" or value.kind.startswith(_ANSWERS))


def _method(
    interpreter: Interpreter, start: ReadFunction, view: RoutedView, request: External
) -> Function | None:
    """The handler of an object that ``as_view()`` made and ``setup()`` gave the request (django/views/generic/base.py)."""
    if not isinstance(view.node, ast.ClassDef) or not start.owner:
        return None
    namespace = interpreter.namespace_of(view.module)
    cls, frame = Class(view.node, namespace), Frame(namespace)
    with interpreter.quiet():
        product = make(interpreter, cls, [], {}, view.node, frame)
        if not isinstance(product, Instance):
            return None
        product.attributes.update(request=request, args=UNKNOWN, kwargs=Table(others=[UNKNOWN]))
        found = interpreter.attribute(product, start.name, start.node, frame)
    if isinstance(found, Function) and found.node is start.node:
        return found
    return Function(start.node, interpreter.namespace_of(start.module), None, cls, product)


def _decorated(
    interpreter: Interpreter, function: Function, decorators: Sequence[Applied]
) -> Function | None:
    """What the decorators make of it; None where that is not a coroutine function that can be read."""
    value: Value = function
    with interpreter.quiet():
        for each in decorators:
            frame = Frame(interpreter.namespace_of(each.module))
            value = interpreter.call(interpreter.evaluate(each.node, frame), [value], {}, each.node, frame)
    if isinstance(value, Function) and value.is_async is function.is_async:
        return value
    return None


def _given(function: Function, request: External) -> tuple[list[Value], dict[str, Value]]:
    """The request, and for all else what the URL says, which may be anything."""
    arguments = function.node.args
    if not isinstance(function.node, FunctionNode):
        return [request], {}
    count = len(arguments.posonlyargs) + len(arguments.args) - int(function.receiver is not None)
    given: list[Value] = [request, *([UNKNOWN] * (count - 1))] if count else []
    if not count and arguments.vararg is not None:
        given = [request]
    named: dict[str, Value] = {parameter.arg: UNKNOWN for parameter in arguments.kwonlyargs}
    return given, {**named, "**": UNKNOWN}
