"""Models of Django's objects: the request with its session and user, managers and query sets, settings, what they name."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from bridgekit.check.findings.calls import sent_to
from bridgekit.check.reach.interpreter import CONNECTION, Interpreter
from bridgekit.check.reach.modelled import Call, Model
from bridgekit.check.reach.objects import THREAD_LOCALS
from bridgekit.check.reach.operations import elements, use
from bridgekit.check.reach.releasing import release
from bridgekit.check.reach.rows import MANY, is_model_name, of_manager, of_row
from bridgekit.check.reach.server_questions import class_of, table_of
from bridgekit.check.reach.signals import SIGNALS, send
from bridgekit.check.reach.values import (
    UNKNOWN,
    Bound,
    Const,
    Coroutine,
    External,
    Frame,
    Function,
    Generator,
    Items,
    Native,
    Table,
    Value,
    either,
)

_SIGNALS = frozenset({"django.dispatch.Signal", "django.dispatch.dispatcher.Signal"})
_LOADS_SESSION = frozenset(
    {
        "aget",
        "aset",
        "aload",
        "akeys",
        "aitems",
        "avalues",
        "apop",
        "ahas_key",
        "aupdate",
        "asetdefault",
        "_aget_session",
    }
)
_PROCESSORS = {
    "user": "django.contrib.auth.context_processors.auth",
    "request.user": "django.template.context_processors.request",
}
"""Names by which a template finds the request's user, and the context processors that give them."""
_ASYNC_AUTH = frozenset({"aauthenticate", "alogin", "alogout", "aget_user", "aupdate_session_auth_hash"})


def attribute(interpreter: Interpreter, external: External, name: str, node: ast.AST, frame: Frame) -> Value:
    """An attribute of an external object; what is lazy is an event."""
    if external.kind == "@request":
        return _of_request(interpreter, external, name)
    if external.kind in ("@response", "@unknown"):
        return external.attributes.get(name, UNKNOWN)
    if name == "__dict__" and external.kind in THREAD_LOCALS:
        return external
    use(interpreter, "attribute", external, node, frame, name)
    if name == "application_mapping" and external.arguments:
        return external.arguments[0]  # of Channels' router
    if name in external.attributes:
        return external.attributes[name]
    if external.kind in ("@auser", "@instance"):
        if name in MANY or name.endswith("_set"):
            return External("@manager", (UNKNOWN, external))
        return Bound(external, name)
    if external.kind == "@user":
        return (
            External("@manager", (UNKNOWN, external))
            if name in MANY or name.endswith("_set")
            else Bound(external, name)
        )
    if external.kind == "@thread id":
        return external
    return Bound(external, name)


def _of_request(interpreter: Interpreter, request: External, name: str) -> Value:
    if name in request.attributes:
        return request.attributes[name]
    if name in ("user", "session"):
        request.attributes[name] = External(f"@{name}", (request,))
        return request.attributes[name]
    if name in ("META", "environ", "scope"):
        request.attributes[name] = table_of(name, interpreter.asgi)
        return request.attributes[name]
    return class_of(interpreter.asgi) if name == "__class__" else Bound(request, name)


def method(call: Call, receiver: Value, name: str) -> Value | None:
    """Methods of the request, the session, users, managers and query sets."""
    if isinstance(receiver, Native):
        return None
    if not isinstance(receiver, External):
        return None
    if receiver.kind in SIGNALS:
        return send(call, receiver, name)
    if receiver.kind in ("@manager", "@queryset"):
        return of_manager(call, receiver, name)
    if receiver.kind in ("@instance", "@auser") or is_model_name(receiver.kind):
        return of_row(call, receiver, name)
    if receiver.kind == "@session":
        if name in _LOADS_SESSION:
            call.interpreter.settled.add("session")
            return Coroutine(lambda: UNKNOWN)
        if name.startswith("a"):
            return Coroutine(lambda: UNKNOWN)
        call.interpreter.emit("method", receiver, call.node, call.frame, name)
        return UNKNOWN
    if receiver.kind in _SIGNALS and name in ("send", "send_robust"):
        return _sent(call)
    if receiver.kind == "@request" and name == "auser":
        return Coroutine(lambda: _auser(call))
    if receiver.kind == "@as manager":
        return None
    return None


def _sent(call: Call) -> Value:
    """``SIGNAL.send(...)``: calls the receivers that stand beside the signal."""
    if isinstance(call.node, ast.Call):
        for receiver in sent_to(call.node, call.frame.namespace.module, call.interpreter.load):
            function = Function(receiver.node, call.interpreter.namespace_of(receiver.module))
            call.again(function, [UNKNOWN for _ in receiver.node.args.args])
    return UNKNOWN


def _auser(call: Call) -> Value:
    call.interpreter.settled.add("session")
    return External("@auser")


def setting(interpreter: Interpreter, name: str) -> Value | None:
    """A setting as far as it is known."""
    found = interpreter.setting(name)
    if not found:
        return None
    value = _value_of(found[0])
    for inner in [
        value,
        *(value.items if isinstance(value, Items) else ()),
        *(value.entries.values() if isinstance(value, Table) else ()),
    ]:
        interpreter.kept.append(inner)
        interpreter.named[id(inner)] = f"settings.{name}"
    return value


def _value_of(plain: object) -> Value:
    if isinstance(plain, str | int | float | bool | bytes | type(None)):
        return Const(plain)
    if isinstance(plain, list | tuple):
        return Items([_value_of(part) for part in plain], type(plain).__name__)
    if isinstance(plain, dict):
        return Table({key: _value_of(value) for key, value in plain.items()})
    return UNKNOWN


def call_made(call: Call, function: External) -> Value:
    """Calls of external objects: the next layer, a decorator of a transaction."""
    interpreter = call.interpreter
    if function.kind == "@get_response":
        if not interpreter.asynchronous:
            return interpreter.view()
        made = Coroutine(interpreter.view, response=True)
        interpreter.pending.append(made)
        return made
    if function.kind == "@as manager":
        return External("@manager", (UNKNOWN,), {"class": function.arguments[0]})
    if function.kind == "django.db.transaction.atomic" and call.arguments:
        given = call.arguments[0]
        return _in_transaction(given) if isinstance(given, Function) else UNKNOWN
    if function.kind == "django.dispatch.receiver" and call.arguments:
        return call.arguments[0]
    for value in call.arguments:
        release(interpreter, value)
    return UNKNOWN


def _in_transaction(given: Function) -> Value:
    return replace(given, transaction=True)


def _atomic(call: Call) -> Value:
    given = call.argument(0)
    return _in_transaction(given) if isinstance(given, Function) else External("django.db.transaction.atomic")


def _import_string(call: Call) -> Value:
    path = call.text(0)
    found = call.interpreter.resolve(path) if path else UNKNOWN
    via = call.interpreter.named.get(id(call.argument(0)), "")
    return replace(found, via=via) if via and isinstance(found, Function) else found


def _shortcut(call: Call) -> Value:
    """``get_object_or_404(Note, ...)``: the call itself is an event; it gives a row."""
    model = call.argument(0)
    return External("@instance", (model,))


def _awaited_shortcut(call: Call) -> Value:
    model = call.argument(0)
    return Coroutine(lambda: External("@instance", (model,)))


def _loads_session(call: Call) -> Value:
    call.interpreter.settled.add("session")
    return Coroutine(lambda: External("@auser"))


def _lazy(call: Call) -> Value:
    return External("django.utils.functional.SimpleLazyObject", tuple(call.arguments))


def _method_decorator(call: Call) -> Value:
    return External("functools.wraps", ())


def _user_model(call: Call) -> Value:
    return Native("django.contrib.auth.models.User")


def _use_text(call: Call) -> Value:
    for value in call.arguments:
        use(call.interpreter, "text", value, call.node, call.frame)
    return UNKNOWN


def _response(call: Call) -> Value:
    """``HttpResponse(x)``: what it is given it uses, by its text."""
    for value in call.arguments:
        if isinstance(value, Coroutine) and value.response and not value.settled:
            call.interpreter.emit("given", value, call.node, call.frame, "HttpResponse")
        use(call.interpreter, "text", value, call.node, call.frame)
        if isinstance(value, Generator):
            elements(call.interpreter, value, call.node, call.frame)
    return External("@response")


def _render(call: Call) -> Value:
    """``render(request, "a.html", {...})``, and ``render_to_string("a.html", {...}, request)``."""
    assert isinstance(call.function, Native)
    place = int(call.function.name.endswith(".render"))
    template = call.argument(place, "template_name")
    return _rendered(
        call, template, call.argument(place + 1, "context"), given=len(call.arguments) > place + 1
    )


def _render_template(call: Call) -> Value:
    """``get_template("a.html").render({...}, request)``."""
    assert isinstance(call.function, Bound)
    receiver = call.function.receiver
    template = receiver.arguments[0] if isinstance(receiver, External) and receiver.arguments else UNKNOWN
    return _rendered(call, template, call.argument(0, "context"), given=bool(call.arguments))


def _rendered(call: Call, template: Value, context: Value, *, given: bool) -> Value:
    """Each lazy value of the context is an event with its name, and the request's own user with the processor that gives it."""
    requests = [
        one
        for one in (*call.arguments, *call.keywords.values())
        if isinstance(one, External) and one.kind == "@request"
    ]
    if not isinstance(template, Const) or not isinstance(template.value, str):
        return External("@response")
    entries = context.entries if isinstance(context, Table) else {}
    lazy: list[tuple[Value, list[Value]]] = [(value, [Const(key)]) for key, value in entries.items()]
    # A context that is not known may have a user, or a request, of its own.
    none = context is UNKNOWN and not given and "context" not in call.keywords
    if none or (isinstance(context, Table) and not context.others):
        for name, processor in _PROCESSORS.items():
            if name.partition(".")[0] not in entries:
                users = [_of_request(call.interpreter, one, "user") for one in requests]
                lazy += [(user, [Const(name), Const(processor)]) for user in users]
    for value, key in lazy:
        if isinstance(value, External):
            call.interpreter.emit("render", value, call.node, call.frame, template.value, key)
    return External("@response")


def _stream(call: Call) -> Value:
    """``StreamingHttpResponse(pieces())``: what is asynchronous is iterated over on the loop, all else in a thread."""
    given = call.argument(0, "streaming_content")
    call.interpreter.emit("stream", given, call.node, call.frame)
    if isinstance(given, Generator) and given.asynchronous:
        elements(call.interpreter, given, call.node, call.frame, asynchronous=True)
    return External("@response")


def _get_or_set(call: Call) -> Value:
    """``cache.get_or_set(key, default)``: a default that can be called is, where the key is missing."""
    given = call.argument(1, "default")
    with call.interpreter.perhaps():
        made = call.again(given, []) if not isinstance(given, Const) else given
    return either(made, UNKNOWN)


def _aget_or_set(call: Call) -> Value:
    return Coroutine(lambda: _get_or_set(call))


def _counts(call: Call) -> Value:
    """What a paginator is asked it counts (django/core/paginator.py, Paginator.count)."""
    receiver = call.function.receiver if isinstance(call.function, Bound) else UNKNOWN
    if isinstance(receiver, External) and receiver.arguments:
        use(call.interpreter, "length", receiver.arguments[0], call.node, call.frame)
    return UNKNOWN


def _serialize(call: Call) -> Value:
    elements(call.interpreter, call.argument(1, "queryset"), call.node, call.frame)
    return UNKNOWN


MODELS: Mapping[str, Model] = {
    **dict.fromkeys(("django.core.cache.cache.get_or_set", "@cache.get_or_set"), _get_or_set),
    **dict.fromkeys(("django.core.cache.cache.aget_or_set", "@cache.aget_or_set"), _aget_or_set),
    **dict.fromkeys((f"django.core.paginator.Paginator.{name}" for name in ("page", "get_page")), _counts),
    "django.core.serializers.serialize": _serialize,
    "django.utils.module_loading.import_string": _import_string,
    "django.db.transaction.atomic": _atomic,
    "django.contrib.auth.get_user_model": _user_model,
    "django.db.connections.all": lambda call: Items([Native(CONNECTION)]),
    "django.apps.apps.get_model": lambda call: Native("django.apps.Model"),
    "django.shortcuts.get_object_or_404": _shortcut,
    "django.shortcuts.aget_object_or_404": _awaited_shortcut,
    "django.utils.functional.SimpleLazyObject": _lazy,
    "django.utils.decorators.method_decorator": _method_decorator,
    "django.http.HttpResponse": _response,
    "django.http.response.HttpResponse": _response,
    "django.shortcuts.render": _render,
    "django.template.loader.render_to_string": _render,
    "django.template.loader.get_template.render": _render_template,
    "django.http.StreamingHttpResponse": _stream,
    "django.http.response.StreamingHttpResponse": _stream,
    **{f"django.contrib.auth.{name}": _loads_session for name in _ASYNC_AUTH},
}
