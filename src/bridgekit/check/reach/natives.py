"""Calls of what is not read: each by its model, else something of which only the name is known."""

from __future__ import annotations

import ast
import sys

from bridgekit.check.reach import container_models, crossing_models, django_models, python_models
from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.modelled import Call, dotted
from bridgekit.check.reach.operations import settle
from bridgekit.check.reach.releasing import release
from bridgekit.check.reach.rows import MANAGERS
from bridgekit.check.reach.server_questions import name_of
from bridgekit.check.reach.values import (
    Bound,
    Class,
    Coroutine,
    External,
    Frame,
    Function,
    Native,
    Value,
    alternatives,
)

CLOCKS = frozenset(
    f"time.{name}"
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
) | {"datetime.datetime.now", "django.utils.timezone.now", "datetime.datetime.utcnow"}

_SIDE_EFFECT_FREE = frozenset(
    {"@instance", "@loop", "@manager", "@queryset", "@request", "django", "super", *sys.stdlib_module_names}
)
"""What these are given on the loop they do not read in a thread, and they set no other user."""
_MODELS = {**python_models.MODELS, **crossing_models.MODELS, **django_models.MODELS}


def attribute(interpreter: Interpreter, owner: Native, name: str) -> Value:
    """An attribute of a native: a longer dotted name."""
    if owner.name == "django.conf.settings":
        return django_models.setting(interpreter, name) or Native(f"{owner.name}.{name}")
    of_class = name_of(owner, name)
    if of_class is not None:
        return of_class
    if name in MANAGERS and (name != "objects" or owner.name.rpartition(".")[2][:1].isupper()):
        return External("@manager", (owner,))
    return (
        interpreter.resolve(f"{owner.name}.{name}")
        if "." not in owner.name
        else Native(f"{owner.name}.{name}")
    )


def call_native(
    interpreter: Interpreter,
    function: Bound | Native | External,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value:
    """Tells the call, and gives what its model gives."""
    call = Call(interpreter, function, arguments, keywords, node, frame)
    if isinstance(function, Bound) and not isinstance(function.receiver, External | Native):
        return container_models.method(call, function.receiver, function.name)
    if isinstance(function, External):
        made = crossing_models.call_made(call, function)
        return made if made is not None else django_models.call_made(call, function)
    name = dotted(function)
    interpreter.emit("call", function, node, frame, name, [*arguments, *keywords.values()])
    if name in CLOCKS:
        for coroutine in interpreter.pending:
            if coroutine.result is None:
                interpreter.emit("clock", coroutine, node, frame, name)
    model = _MODELS.get(name)
    if model is not None:
        return model(call)
    if isinstance(function, Bound):
        for model_method in (
            crossing_models.method,
            django_models.method,
            container_models.method_of_external,
        ):
            found = model_method(call, function.receiver, function.name)
            if found is not None:
                return found
    _hand_over(call, name)
    if (
        name.startswith("django.views.decorators.")
        and arguments
        and (isinstance(arguments[0], Function | Class) or _is_view(arguments[0]))
    ):
        return arguments[0]
    return External(name, tuple(arguments), dict(keywords))


def _is_view(value: Value) -> bool:
    return isinstance(value, External) and value.kind == "@get_response"


def _hand_over(call: Call, name: str) -> None:
    """What Django's helpers are given they use as a response; of all others it is not known."""
    known = call.interpreter.on_loop and name.partition(".")[0] in _SIDE_EFFECT_FREE
    for value in [*call.arguments, *call.keywords.values()]:
        for one in alternatives(value):
            if isinstance(one, Coroutine) and one.response and not one.settled and name.startswith("django."):
                call.interpreter.emit("given", one, call.node, call.frame, name)
            elif known:
                settle(one)
            else:
                release(call.interpreter, one)
