"""BRG007: where a token is made, and where it is given back."""

from __future__ import annotations

import textwrap

HEAD = """
import contextlib, functools
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.utils.deprecation import MiddlewareMixin
from opentelemetry import context
from structlog.contextvars import bind_contextvars, reset_contextvars

tenant = ContextVar("tenant", default=None)
tokens = {}


def enter(value):
    return tenant.set(value)


def leave(token):
    tenant.reset(token)


@contextmanager
def in_tenant(value):
    token = tenant.set(value)
    try:
        yield
    finally:
        tenant.reset(token)


class InTenant:
    def __enter__(self):
        self.token = tenant.set("a")

    def __exit__(self, *exc):
        tenant.reset(self.token)


class Opens(MiddlewareMixin):
    def open(self):
        return tenant.set("a")

    def close(self, token):
        tenant.reset(token)
"""


def hooks(
    first: str,
    second: str,
    *,
    start: str = "process_request",
    before: str = "",
    base: str = "MiddlewareMixin",
    more: str = "",
) -> str:
    arguments = "request, view, args, kwargs" if start == "process_view" else "request"
    return (
        f"{HEAD}{before}\nclass M({base}):\n    def {start}(self, {arguments}):\n"
        + textwrap.indent(textwrap.dedent(first).strip(), " " * 8)
        + "\n    def process_response(self, request, response):\n"
        + textwrap.indent(textwrap.dedent(second).strip(), " " * 8)
        + "\n        return response\n"
        + textwrap.indent(textwrap.dedent(more), "    ")
    )


RESET = "tenant.reset(request.token)"
BROKEN = {
    "on the request": hooks("request.token = tenant.set('a')", RESET),
    "on the request, by setattr": hooks(
        "setattr(request, 'token', tenant.set('a'))", "tenant.reset(getattr(request, 'token'))"
    ),
    "in the request's META": hooks(
        "request.META['token'] = tenant.set('a')", "tenant.reset(request.META['token'])"
    ),
    "on itself": hooks("self.token = tenant.set('a')", "tenant.reset(self.token)"),
    "in a dictionary": hooks("tokens['t'] = tenant.set('a')", "tenant.reset(tokens.pop('t'))"),
    "in a dictionary of its own": hooks(
        "self.kept['t'] = tenant.set('a')", "tenant.reset(self.kept['t'])", more="kept = {}\n"
    ),
    "in a list": hooks(
        "request.tokens = []\nrequest.tokens.append(tenant.set('a'))",
        "for token in request.tokens:\n    tenant.reset(token)",
    ),
    "in a tuple": hooks(
        "request.kept = (tenant.set('a'), 1)", "token, _ = request.kept\ntenant.reset(token)"
    ),
    "in an object": hooks(
        "request.kept = Kept(tenant.set('a'))",
        "tenant.reset(request.kept.token)",
        before="\n@dataclass\nclass Kept:\n    token: object\n",
    ),
    "by an object's methods": hooks(
        "request.kept = Kept()\nrequest.kept.open()",
        "request.kept.close()",
        before="\nclass Kept:\n    def open(self):\n        self.token = tenant.set('a')\n    def close(self):\n        tenant.reset(self.token)\n",
    ),
    "by helpers": hooks("request.token = enter('a')", "leave(request.token)"),
    "by helpers of another module": "from case import helpers\n"
    + hooks("helpers.begin(request)", "helpers.end(request)")
    + "\n# file: helpers.py\nfrom contextvars import ContextVar\nuser = ContextVar('user')\ndef begin(request):\n    request.token = user.set(1)\ndef end(request):\n    user.reset(request.token)\n",
    "a variable of another module": "from case.helpers import user as who\n"
    + hooks("request.token = who.set(1)", "who.reset(request.token)")
    + "\n# file: helpers.py\nfrom contextvars import ContextVar\nuser = ContextVar('user')\n",
    "by inherited methods": hooks("request.token = self.open()", "self.close(request.token)", base="Opens"),
    "inherited hooks": f"{HEAD}\nclass Base(MiddlewareMixin):\n    def process_request(self, request):\n        request.token = tenant.set('a')\n    def process_response(self, request, response):\n        tenant.reset(request.token)\n        return response\nclass M(Base):\n    pass\n",
    "by partial": hooks("request.undo = functools.partial(tenant.reset, tenant.set('a'))", "request.undo()"),
    "by a lambda": hooks(
        "token = tenant.set('a')\nrequest.undo = lambda: tenant.reset(token)", "request.undo()"
    ),
    "by a nested function": hooks(
        "token = tenant.set('a')\ndef undo():\n    tenant.reset(token)\nrequest.undo = undo", "request.undo()"
    ),
    "by an alias of the method": hooks(
        "request.token = tenant.set('a')\nrequest.undo = tenant.reset", "request.undo(request.token)"
    ),
    "in a condition": hooks(
        "if request.method == 'GET':\n    request.token = tenant.set('a')",
        "if request.method == 'GET':\n    tenant.reset(request.token)",
    ),
    "with a default": hooks(
        "request.token = tenant.set('a')",
        "token = getattr(request, 'token', None)\nif token is not None:\n    tenant.reset(token)",
    ),
    "walrus": hooks(
        "request.token = tenant.set('a')", "if (token := request.token):\n    tenant.reset(token)"
    ),
    "finally": hooks(
        "request.token = tenant.set('a')", "try:\n    pass\nfinally:\n    tenant.reset(request.token)"
    ),
    "a comprehension": hooks(
        "request.tokens = [v.set(1) for v in (tenant,)]", "[tenant.reset(t) for t in request.tokens]"
    ),
    "an exit stack": hooks(
        "request.stack = ExitStack()\nrequest.stack.enter_context(in_tenant('a'))", "request.stack.close()"
    ),
    "an exit stack's callback": hooks(
        "request.stack = ExitStack()\nrequest.stack.callback(tenant.reset, tenant.set('a'))",
        "request.stack.close()",
    ),
    "an exit stack, moved": hooks(
        "with ExitStack() as stack:\n    stack.enter_context(in_tenant('a'))\n    request.stack = stack.pop_all()",
        "request.stack.__exit__(None, None, None)",
    ),
    "an exit stack in a block": hooks(
        "request.stack = ExitStack()\nrequest.stack.enter_context(InTenant())",
        "with request.stack:\n    pass",
    ),
    "a block by hand": hooks(
        "request.block = in_tenant('a')\nrequest.block.__enter__()",
        "request.block.__exit__(None, None, None)",
    ),
    "a block's object by hand": hooks(
        "request.block = InTenant()\nrequest.block.__enter__()", "request.block.__exit__(None, None, None)"
    ),
    "from process_view": hooks("request.token = tenant.set('a')", RESET, start="process_view"),
    "from process_view, by a stack": hooks(
        "self.stack = ExitStack()\nself.stack.enter_context(in_tenant('a'))",
        "self.stack.close()",
        start="process_view",
    ),
    "from request to view": hooks(
        "request.token = tenant.set('a')",
        "pass",
        more="def process_view(self, request, view, args, kwargs):\n    tenant.reset(request.token)\n",
    ),
    "OpenTelemetry": hooks(
        "request.token = context.attach(context.set_value('a', 1))", "context.detach(request.token)"
    ),
    "OpenTelemetry, by names": "from opentelemetry.context import attach, detach\n"
    + hooks("request.token = attach({})", "detach(request.token)"),
    "OpenTelemetry, by view": hooks(
        "request.token = context.attach(context.set_value('a', 1))",
        "context.detach(request.token)",
        start="process_view",
    ),
    "structlog": hooks("request.tokens = bind_contextvars(user=1)", "reset_contextvars(**request.tokens)"),
    "structlog, by a helper": hooks(
        "request.tokens = self.bind()",
        "self.unbind(request.tokens)",
        more="def bind(self):\n    return bind_contextvars(user=1)\ndef unbind(self, tokens):\n    reset_contextvars(**tokens)\n",
    ),
    "signals": HEAD
    + "from django.core.signals import request_finished, request_started\ndef begin(sender, **kwargs):\n    tokens['t'] = tenant.set('a')\ndef end(sender, **kwargs):\n    tenant.reset(tokens.pop('t'))\nrequest_started.connect(begin)\nrequest_finished.connect(end)\ndef M(get_response):\n    return get_response\n",
    "two threads of one call": f"{HEAD}\nclass M:\n    async_capable = True\n    sync_capable = False\n    def __init__(self, get_response):\n        self.get_response = get_response\n        markcoroutinefunction(self)\n    async def __call__(self, request):\n        token = await sync_to_async(enter)('a')\n        response = await self.get_response(request)\n        await sync_to_async(leave)(token)\n        return response\n",
    "a thread and the loop": f"{HEAD}\nclass M:\n    async_capable = True\n    sync_capable = False\n    def __init__(self, get_response):\n        self.get_response = get_response\n        markcoroutinefunction(self)\n    async def __call__(self, request):\n        token = await sync_to_async(enter)('a')\n        tenant.reset(token)\n        return await self.get_response(request)\n",
    "view and response in a sync-only layer": f"{HEAD}\nclass M:\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n        response = self.get_response(request)\n        tenant.reset(request.token)\n        return response\n    def process_view(self, request, view, args, kwargs):\n        request.token = tenant.set('a')\n",
}
NATIVE = f"{HEAD}\nclass M:\n    async_capable = True\n    def __init__(self, get_response):\n        self.get_response = get_response\n        self.is_async = iscoroutinefunction(get_response)\n        if self.is_async:\n            markcoroutinefunction(self)\n    def __call__(self, request):\n        if self.is_async:\n            return self.later(request)\n        {{sync}}\n    async def later(self, request):\n{{body}}\n"


def native(body: str) -> str:
    return NATIVE.replace("{sync}", "return self.get_response(request)").replace(
        "{body}", textwrap.indent(body, " " * 8)
    )


RIGHT = {
    "without a token": hooks("tenant.set('a')", "tenant.set(None)"),
    "a token nobody uses": hooks("request.token = tenant.set('a')", "tenant.set(None)"),
    "each hook for itself": hooks("token = tenant.set('a')\ntenant.reset(token)", "leave(enter('b'))"),
    "a block in each": hooks(
        "with in_tenant('a'):\n    request.seen = 1", "with InTenant():\n    response['X'] = '1'"
    ),
    "a stack in each": hooks("with ExitStack() as stack:\n    stack.enter_context(in_tenant('a'))", "pass"),
    "a block that sets nothing": hooks(
        "request.stack = ExitStack()\nrequest.stack.enter_context(contextlib.nullcontext())",
        "request.stack.close()",
    ),
    "a stack of something else": hooks(
        "request.stack = ExitStack()\nrequest.stack.callback(print)", "request.stack.close()"
    ),
    "something else's reset": hooks(
        "request.form = Form()",
        "request.form.reset(1)",
        before="\nclass Form:\n    def reset(self, token):\n        pass\n",
    ),
    "one function": native(
        "token = tenant.set('a')\ntry:\n    return await self.get_response(request)\nfinally:\n    tenant.reset(token)"
    ),
    "one block": native("with in_tenant('a'):\n    return await self.get_response(request)"),
    "one block's object": native("with InTenant():\n    return await self.get_response(request)"),
    "helpers on the loop": native(
        "token = enter('a')\nresponse = await self.get_response(request)\nleave(token)\nreturn response"
    ),
    "an awaited helper": native(
        "token = await self.enter()\nresponse = await self.get_response(request)\ntenant.reset(token)\nreturn response\n"
    ).replace(
        "    async def later",
        "    async def enter(self):\n        return tenant.set('a')\n    async def later",
    ),
    "a stack on the loop": native(
        "with ExitStack() as stack:\n    stack.enter_context(in_tenant('a'))\n    return await self.get_response(request)"
    ),
    "OpenTelemetry on the loop": native(
        "token = context.attach(context.set_value('a', 1))\ntry:\n    return await self.get_response(request)\nfinally:\n    context.detach(token)"
    ),
    "structlog on the loop": native(
        "tokens = bind_contextvars(user=1)\nresponse = await self.get_response(request)\nreset_contextvars(**tokens)\nreturn response"
    ),
    "one thread call": native(
        "await sync_to_async(self.both)()\nreturn await self.get_response(request)\n"
    ).replace("    async def later", "    def both(self):\n        leave(enter('a'))\n    async def later"),
    "a sync-only function": f"{HEAD}\ndef M(get_response):\n    def middleware(request):\n        token = tenant.set('a')\n        try:\n            return get_response(request)\n        finally:\n            tenant.reset(token)\n    return middleware\n",
    "a sync-only class": f"{HEAD}\nclass M:\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n        with in_tenant('a'):\n            return self.get_response(request)\n",
    "async hooks around the view": native(
        "token = tenant.set('a')\nresponse = await self.get_response(request)\ntenant.reset(token)\nreturn response\n"
    )
    + "    async def process_view(self, request, view, args, kwargs):\n        request.other = tenant.get()\n",
    "an async hook's token": native(
        "response = await self.get_response(request)\ntenant.reset(request.token)\nreturn response\n"
    )
    + "    async def process_view(self, request, view, args, kwargs):\n        request.token = tenant.set('a')\n",
    "only one signal": HEAD
    + "from django.core.signals import request_started\ndef begin(sender, **kwargs):\n    tenant.reset(tenant.set('a'))\nrequest_started.connect(begin)\ndef M(get_response):\n    return get_response\n",
    "guarded by what fails": hooks(
        "request.token = tenant.set('a')",
        "try:\n    tenant.reset(request.token)\nexcept ValueError:\n    pass",
    ),
}
