"""Calls what a value is: functions and classes that were read, methods of external objects, natives by their models."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.reach import django_models, forms, natives, rows
from bridgekit.check.reach.interpreter import CONNECTION, MAX_DEPTH, Interpreter
from bridgekit.check.reach.objects import (
    attribute_of,
    derives_from,
    found_on,
    is_closed,
    make,
    member,
    order_of,
)
from bridgekit.check.reach.operations import has_yield, use
from bridgekit.check.reach.releasing import release
from bridgekit.check.reach.values import (
    UNKNOWN,
    Block,
    Bound,
    Class,
    Const,
    Coroutine,
    Either,
    External,
    Frame,
    Function,
    Generator,
    Instance,
    Items,
    Module,
    Native,
    Partial,
    Super,
    Table,
    Value,
    either,
)

STREAMS = ("django.http.StreamingHttpResponse", "django.http.response.StreamingHttpResponse")
"""What classes of the project may derive from."""
_OF_UNOPENED: dict[str, object] = {"connection": None, "in_atomic_block": False}
"""What the loop's own connection always has: connect() is refused there (django/db/backends/base/base.py, async_unsafe)."""


def call(
    interpreter: Interpreter,
    function: Value,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value:
    """``function(*arguments, **keywords)``."""
    interpreter.step(node, frame.namespace)
    match function:
        case Either(values=values):
            with interpreter.perhaps():
                return either(
                    *(call(interpreter, one, list(arguments), dict(keywords), node, frame) for one in values)
                )
        case Function():
            return _call_function(interpreter, function, arguments, keywords, node, frame)
        case Class():
            return _make(interpreter, function, arguments, keywords, node, frame)
        case Partial():
            return call(
                interpreter,
                function.function,
                [*function.arguments, *arguments],
                {**function.keywords, **keywords},
                node,
                frame,
            )
        case Instance():
            method = found_on(interpreter, function.cls, "__call__")
            if method is not None:
                bound = member(interpreter, method, function, node, frame)
                return call(interpreter, bound, arguments, keywords, node, frame)
        case Bound() | Native() | External():
            return natives.call_native(interpreter, function, arguments, keywords, node, frame)
        case _:
            pass
    for value in [*arguments, *keywords.values()]:
        release(interpreter, value)
    return UNKNOWN


def _make(
    interpreter: Interpreter,
    cls: Class,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value:
    if rows.is_model(interpreter, cls):
        rows.assigned(interpreter, cls, keywords, node, frame)
    if derives_from(interpreter, cls, *STREAMS) and found_on(interpreter, cls, "__init__") is None:
        interpreter.call(Native(STREAMS[0]), arguments, keywords, node, frame)
    made = make(interpreter, cls, arguments, keywords, node, frame)
    if isinstance(made, Instance) and forms.is_form(interpreter, cls):
        data = [keywords["data"]] if "data" in keywords else arguments[:1]
        made.attributes[forms.GIVEN] = Items(list(data), "tuple")
    return made


def _call_function(
    interpreter: Interpreter,
    function: Function,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value:
    if function.transaction:
        interpreter.emit(
            "enter", External("django.db.transaction.atomic"), node, frame, "django.db.transaction.atomic"
        )
    if _yields(function):
        return Generator(
            lambda: _listed(invoke(interpreter, function, arguments, keywords, node)), function.is_async
        )
    if function.is_async:
        made = Coroutine(
            lambda: invoke(interpreter, function, arguments, keywords, node),
            response=function.name in ("__call__", "__acall__"),
        )
        if made.response and interpreter.active:
            interpreter.pending.append(made)
        return made
    return invoke(interpreter, function, arguments, keywords, node)


def _listed(value: Value) -> list[Value]:
    return value.items if isinstance(value, Items) else [UNKNOWN]


def _yields(function: Function) -> bool:
    known = function.namespace.yielding.get(id(function.node))
    if known is None:
        known = function.namespace.yielding[id(function.node)] = has_yield(function.node)
    return known


def invoke(
    interpreter: Interpreter,
    function: Function,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    *,
    block: bool = False,
) -> Value:
    """Runs the body of a function now; what one with ``yield`` gives is listed."""
    interpreter.step(node, function.namespace)
    if len(interpreter.active) >= MAX_DEPTH or interpreter.active.count(function.node) > 1:
        return UNKNOWN
    interpreter.reached.add(id(function.node))
    frame = Frame(function.namespace, function, {}, function.outer, in_block=block)
    given = [function.receiver, *arguments] if function.receiver is not None else list(arguments)
    _bind(interpreter, function, given, keywords, frame)
    interpreter.active.append(function.node)
    named = not isinstance(function.node, ast.Lambda)
    length, muted = len(interpreter.path), interpreter.muted
    if named:
        interpreter.path += [*([function.via] if function.via else []), interpreter.label(function)]
    try:
        if isinstance(function.node, ast.Lambda):
            frame.returned.append(interpreter.evaluate(function.node.body, frame))
        elif interpreter.execute(function.node.body, frame):
            frame.returned.append(Const(None))
    finally:
        interpreter.active.pop()
        del interpreter.path[length:]
        interpreter.muted = muted
    if _yields(function):
        return Items(frame.yielded, "generator")
    return either(*frame.returned) if frame.returned else UNKNOWN


def _bind(
    interpreter: Interpreter,
    function: Function,
    given: Sequence[Value],
    keywords: dict[str, Value],
    frame: Frame,
) -> None:
    """Parameters to what they are given, else to their defaults. A parameter called request that nobody gives is one."""
    arguments = function.node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    outside = Frame(function.namespace, outer=function.outer)
    for number, parameter in enumerate(positional):
        if number < len(given):
            value: Value = given[number]
        elif parameter.arg in keywords:
            value = keywords[parameter.arg]
        else:
            at = number - (len(positional) - len(arguments.defaults))
            value = _default(interpreter, function, arguments.defaults[at], outside) if at >= 0 else UNKNOWN
        frame.names[parameter.arg] = value
    for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        value = keywords.get(parameter.arg) or (
            _default(interpreter, function, default, outside) if default is not None else UNKNOWN
        )
        frame.names[parameter.arg] = value
    if arguments.vararg is not None:
        frame.names[arguments.vararg.arg] = Items(list(given[len(positional) :]), "tuple")
    if arguments.kwarg is not None:
        known = {parameter.arg for parameter in [*positional, *arguments.kwonlyargs]}
        others = [keywords["**"]] if "**" in keywords else []
        frame.names[arguments.kwarg.arg] = Table(
            {key: value for key, value in keywords.items() if key not in known and key != "**"}, others
        )


def _default(interpreter: Interpreter, function: Function, node: ast.expr, outside: Frame) -> Value:
    known = function.defaults.get(id(node))
    return interpreter.evaluate(node, outside) if known is None else known


def attribute(interpreter: Interpreter, owner: Value, name: str, node: ast.AST, frame: Frame) -> Value:
    """``owner.name``."""
    match owner:
        case Either(values=values):
            return either(*(attribute(interpreter, one, name, node, frame) for one in values))
        case Instance():
            interpreter.emit("attribute", owner, node, frame, name)
            model = rows.model_of(interpreter, owner)
            if model is not None and name not in owner.attributes:
                field = rows.related(interpreter, owner, name, node, frame)
                if field is not None:
                    return field
            found = attribute_of(interpreter, owner, name, node, frame)
            if found is not None:
                return found
            if model is not None:
                return django_models.attribute(
                    interpreter, External("@instance", (model,)), name, node, frame
                )
            known = is_closed(interpreter, owner.cls) or _is_of_form(interpreter, owner, name)
            return Bound(owner, name) if known else UNKNOWN
        case Class():
            found = found_on(interpreter, owner, name)
            if found is not None:
                return rows.manager_of(interpreter, owner, member(interpreter, found, owner, node, frame))
            if name == "__name__":
                return Const(owner.name)
            return rows.of_class(interpreter, owner, name)
        case Super():
            found = (
                found_on(interpreter, owner.receiver.cls, name, owner.owner)
                if isinstance(owner.receiver, Instance)
                else found_on(interpreter, owner.owner, name, owner.owner)
            )
            if found is None:
                return _inherited(interpreter, owner, name)
            return member(interpreter, found, owner.receiver, node, frame)
        case Module():
            return owner.namespace.look_up(name, interpreter.module_value) or interpreter.resolve(
                f"{owner.namespace.module.name}.{name}"
            )
        case Native():
            if owner.name == CONNECTION:
                use(interpreter, "attribute", owner, node, frame, name)
                if interpreter.on_loop and name in _OF_UNOPENED:
                    return Const(_OF_UNOPENED[name])
            return natives.attribute(interpreter, owner, name)
        case Function():
            return _of_function(owner, name)
        case Coroutine(is_task=True):
            return Bound(owner, name)
        case Coroutine():
            use(interpreter, "attribute", owner, node, frame, name)
            return UNKNOWN
        case External():
            return django_models.attribute(interpreter, owner, name, node, frame)
        case Const() | Items() | Table() | Block() | Generator() | Partial():
            return Bound(owner, name)
        case _:
            return UNKNOWN


def _is_of_form(interpreter: Interpreter, instance: Instance, name: str) -> bool:
    return name in forms.METHODS and forms.is_form(interpreter, instance.cls)


def _inherited(interpreter: Interpreter, owner: Super, name: str) -> Value:
    """A method behind ``super()`` that nothing read has: Django's own, or anything."""
    if isinstance(owner.receiver, Instance) and _is_of_form(interpreter, owner.receiver, name):
        return Bound(owner.receiver, name)
    order = order_of(interpreter, owner.owner)
    if name == "__init__":
        for base in order:
            if isinstance(base, Native) and base.name in STREAMS:
                return base
    if name == "dispatch" and interpreter.dispatches:
        return External("@dispatch")
    known = all(isinstance(base, Class) or getattr(base, "name", "").startswith("django.") for base in order)
    return Native(f"super.{name}") if known else UNKNOWN


def _of_function(function: Function, name: str) -> Value:
    if name == "__wrapped__" or name == "__func__":
        return function
    if name == "__self__" and function.receiver is not None:
        return function.receiver
    return Const(function.name) if name in ("__name__", "__qualname__") else Bound(function, name)
