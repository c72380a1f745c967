"""Starts of a walk: a middleware as Django loads and calls it, a view, a receiver of a signal."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import field
from functools import partial
from typing import Any

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import ReadFunction, own_functions
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.reach import calls, expressions, names, statements
from bridgekit.check.reach.interpreter import Event, Interpreter, OutOfBudgetError
from bridgekit.check.reach.module_run import ModuleRun
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

_HOOKS = ("process_view", "process_exception", "process_template_response")


@dataclass(slots=True)
class Walk:
    """What came of it. ``marked``: whether Django takes the product for a coroutine function; ``returned``: what calling it gives."""

    product: Value = UNKNOWN
    marked: bool | None = None
    returned: Value = UNKNOWN
    is_awaitable: bool = False
    """Whether calling the product certainly gives a coroutine."""
    is_whole: bool = False
    """Whether it came to its end, rather than to that of a bound."""
    events: list[Event] = field(default_factory=list)


def walk_middleware(
    definition: Definition,
    *,
    asynchronous: bool,
    setting: Callable[[str], Any] = lambda name: None,
    asgi: bool | None = None,
) -> Walk:
    """Loads and calls a middleware as ``BaseHandler.load_middleware`` does, with an async ``get_response`` or a sync one.

    ``asgi``: whether ASGI serves the request; None where that is not known.
    """
    walk = Walk()
    interpreter = new_interpreter(definition.load, walk.events.append, setting, definition.bounds)
    interpreter.asgi = asgi
    with suppress(OutOfBudgetError, RecursionError):
        _walk(interpreter, definition, walk, asynchronous=asynchronous)
        walk.is_whole = True
    return walk


def _walk(interpreter: Interpreter, definition: Definition, walk: Walk, *, asynchronous: bool) -> None:
    frame, node = _start(interpreter, definition)
    interpreter.asynchronous = asynchronous
    get_response = External("@get_response")
    with interpreter.quiet():
        walk.product = interpreter.call(_loaded(interpreter, definition), [get_response], {}, node, frame)
    walk.marked = is_coroutine_function(interpreter, walk.product)
    request = External("@request")
    interpreter.on_loop = asynchronous
    interpreter.view = partial(_around_view, interpreter, walk.product, request, frame)
    made = interpreter.call(walk.product, [request], {}, node, frame)
    walk.returned = made
    walk.is_awaitable = all(isinstance(one, Coroutine) for one in alternatives(made))
    if asynchronous and isinstance(made, Coroutine):
        made.result = UNKNOWN  # Django awaits it: nobody in the middleware does
        walk.returned = made.run()
    interpreter.view()  # the hooks run, whether get_response was seen to be called or not
    if asynchronous:
        _the_rest(interpreter, definition, walk.product, get_response, frame)


def _start(interpreter: Interpreter, definition: Definition) -> tuple[Frame, ast.AST]:
    module = definition.module or SourceModule("", "", ast.Module([], []))
    namespace = interpreter.namespace_of(module)
    return Frame(namespace), definition.node or ast.Pass()


def _loaded(interpreter: Interpreter, definition: Definition) -> Value:
    """What Django imports; where a decorator hides it, what it decorates."""
    value = interpreter.resolve(definition.dotted_path)
    if isinstance(value, Class | Function) or (isinstance(value, External) and value.arguments):
        return value
    if definition.module is not None and isinstance(definition.node, ast.ClassDef):
        return Class(definition.node, interpreter.namespace_of(definition.module))
    if definition.module is not None and isinstance(definition.node, ast.FunctionDef | ast.Lambda):
        return Function(definition.node, interpreter.namespace_of(definition.module))
    return value


def _around_view(interpreter: Interpreter, product: Value, request: Value, frame: Frame) -> Value:
    """The rest of the stack and the view: of this middleware its hooks run there, sync ones in a thread."""
    if isinstance(product, Instance):
        _hooks(interpreter, product, request, frame)
    return External("@response")


def _hooks(interpreter: Interpreter, product: Instance, request: Value, frame: Frame) -> None:
    for name in _HOOKS:
        method = interpreter.attribute(product, name, frame.namespace.module.tree or ast.Pass(), frame)
        if not isinstance(method, Function) or id(method.node) in interpreter.reached:
            continue
        given = [request, UNKNOWN, UNKNOWN, UNKNOWN] if name == "process_view" else [request, UNKNOWN]
        if method.is_async:
            awaited(
                interpreter, interpreter.call(method, list(given), {}, method.node, frame), method.node, frame
            )
        else:
            with interpreter.elsewhere(on_loop=False):
                interpreter.call(method, list(given), {}, method.node, frame)


def _the_rest(
    interpreter: Interpreter, definition: Definition, product: Value, get_response: Value, frame: Frame
) -> None:
    """``async def`` functions that nothing known reaches: somebody calls them, and then on the loop."""
    for function in own_functions(definition):
        if not function.is_async or id(function.node) in interpreter.reached:
            continue
        method = _as_value(interpreter, function, definition, product, get_response)
        arguments = function.node.args
        count = len(arguments.posonlyargs) + len(arguments.args) - int(method.receiver is not None)
        names_ = [argument.arg for argument in [*arguments.posonlyargs, *arguments.args]][-count or None :]
        given: list[Value] = [
            External("@request") if name == "request" else UNKNOWN for name in names_[:count]
        ]
        awaited(interpreter, interpreter.call(method, given, {}, function.node, frame), function.node, frame)


def _as_value(
    interpreter: Interpreter,
    function: ReadFunction,
    definition: Definition,
    product: Value,
    get_response: Value,
) -> Function:
    namespace = interpreter.namespace_of(function.module)
    if isinstance(product, Instance):
        found = interpreter.attribute(product, function.name, function.node, Frame(namespace))
        if isinstance(found, Function) and found.node is function.node:
            return found
        return Function(function.node, namespace, None, product.cls, product)
    outer = None
    if definition.kind is DefinitionKind.FUNCTION and isinstance(definition.node, ast.FunctionDef):
        outer = Frame(namespace)
        for argument in definition.node.args.args[:1]:
            outer.names[argument.arg] = get_response
    return Function(function.node, namespace, outer)


def walk_signals(
    functions: Sequence[ReadFunction], definition: Definition, setting: Callable[[str], Any]
) -> list[Event]:
    """Calls receivers of one request's signals one after the other, each in a thread and context of its own, as ASGI does.

    They are followed by what ``definition``, of a middleware beside them, can load, within the bounds of its run.
    """
    events: list[Event] = []
    interpreter = new_interpreter(definition.load, events.append, setting, definition.bounds)
    shared: dict[str, Value] = {name: Table(others=[UNKNOWN]) for name in ("scope", "environ")}
    with suppress(OutOfBudgetError, RecursionError):
        for function in functions:
            namespace = interpreter.namespace_of(function.module)
            with interpreter.elsewhere(on_loop=False):
                interpreter.call(
                    Function(function.node, namespace),
                    [UNKNOWN],
                    dict(shared),
                    function.node,
                    Frame(namespace),
                )
    return events


def walk_function(
    function: ReadFunction, definition: Definition, setting: Callable[[str], Any], *, asynchronous: bool
) -> list[Event]:
    """Calls a view with a request, on the loop, or another function in a thread; ``definition`` as in `walk_signals`."""
    events: list[Event] = []
    interpreter = new_interpreter(definition.load, events.append, setting, definition.bounds)
    namespace = interpreter.namespace_of(function.module)
    frame = Frame(namespace)
    value = Function(function.node, namespace)
    interpreter.on_loop, interpreter.asynchronous = asynchronous, asynchronous
    arguments = [argument.arg for argument in function.node.args.args]
    given: list[Value] = [External("@request") if name == "request" else UNKNOWN for name in arguments]
    with suppress(OutOfBudgetError, RecursionError):
        made = interpreter.call(value, given, {}, function.node, frame)
        awaited(interpreter, made, function.node, frame)
    return events


def run_module(
    module: SourceModule,
    load: Callable[[str], SourceModule | None],
    bounds: RunBounds | None = None,
    setting: Callable[[str], Any] = lambda name: None,
) -> ModuleRun:
    """Imports an entry point. ``load`` gives the project's own modules; of all others only names are known."""
    nothing = SourceModule("", "", None)
    run = ModuleRun(Interpreter(lambda name: nothing, lambda event: None), load)
    run.interpreter = new_interpreter(lambda name: load(name) or nothing, run.observe, setting, bounds)
    run.run(module)
    return run


def new_interpreter(
    load: Callable[[str], SourceModule],
    observer: Callable[[Event], None],
    setting: Callable[[str], Any] = lambda name: None,
    bounds: RunBounds | None = None,
) -> Interpreter:
    """An interpreter with its parts."""
    interpreter = Interpreter(load, observer, setting, bounds)
    interpreter.evaluate = partial(expressions.evaluate, interpreter)
    interpreter.execute = partial(statements.execute, interpreter)
    interpreter.call = partial(calls.call, interpreter)
    interpreter.invoke = partial(calls.invoke, interpreter)
    interpreter.attribute = partial(calls.attribute, interpreter)
    interpreter.resolve = partial(names.resolve, interpreter)
    interpreter.module_value = partial(names.module_value, interpreter)
    return interpreter
