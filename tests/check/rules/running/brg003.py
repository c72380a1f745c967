"""BRG003: what is done with the coroutine that get_response gives."""

from __future__ import annotations

import textwrap

HEAD = """
import asyncio, contextlib, functools, inspect, time
from dataclasses import dataclass
from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin
from shop.log import log


def stamp(response):
    response["X"] = "1"
    return response


def same(response):
    return response


class Stamps:
    def process_response(self, request, response):
        response["X"] = "1"
        return response


class Marked:
    def __enter__(self):
        return self

    def __exit__(self, *exc):
        log("left")


@contextlib.contextmanager
def marked():
    try:
        yield
    finally:
        log("left")
"""
CALL = """
class M(MiddlewareMixin{bases}):
    def __call__(self, request):
{body}
{more}
"""


def mixin(body: str, more: str = "", bases: str = "", before: str = "") -> str:
    return (
        HEAD
        + before
        + CALL.replace("{bases}", bases)
        .replace("{body}", textwrap.indent(textwrap.dedent(body).strip(), " " * 8))
        .replace("{more}", textwrap.indent(textwrap.dedent(more), "    "))
    )


def factory(body: str, before: str = "") -> str:
    return (
        HEAD
        + before
        + "\n@sync_and_async_middleware\ndef M(get_response):\n    def middleware(request):\n"
        + textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
        + "\n    return middleware\n"
    )


def native(body: str, more: str = "") -> str:
    return (
        HEAD
        + "\nclass M:\n    async_capable = True\n    sync_capable = False\n    def __init__(self, get_response):\n"
        "        self.get_response = get_response\n        markcoroutinefunction(self)\n    async def __call__(self, request):\n"
        + textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
        + "\n"
        + textwrap.indent(textwrap.dedent(more), "    ")
    )


BROKEN = {
    "a header": mixin("response = self.get_response(request)\nresponse['X'] = '1'\nreturn response"),
    "a header, annotated": mixin(
        "response: HttpResponse = self.get_response(request)\nresponse.headers['X'] = '1'\nreturn response"
    ),
    "a walrus": mixin(
        "if (response := self.get_response(request)).status_code == 200:\n    pass\nreturn response"
    ),
    "another name": mixin(
        "first = self.get_response(request)\nsecond = first\nsecond['X'] = '1'\nreturn first"
    ),
    "unpacked": mixin(
        "response, seen = self.get_response(request), 1\nresponse['X'] = seen\nreturn response"
    ),
    "inline": mixin("return stamp(self.get_response(request))"),
    "inline, by keyword": mixin("return stamp(response=self.get_response(request))"),
    "another module's helper": "from case.helpers import finish\n"
    + mixin("return finish(self.get_response(request))")
    + "\n# file: helpers.py\ndef finish(response):\n    return add(response)\ndef add(response):\n    response['X'] = '1'\n    return response\n",
    "an inherited hook": mixin(
        "return self.process_response(request, self.get_response(request))", bases=", Stamps"
    ),
    "a hook of another module's base": "from case.base import Base\n"
    + mixin("return self.process_response(request, self.get_response(request))", bases=", Base")
    + "\n# file: base.py\nclass Base:\n    def process_response(self, request, response):\n        response['X'] = '1'\n        return response\n",
    "Django's hook": mixin(
        "return XFrameOptionsMiddleware.process_response(self, request, self.get_response(request))",
        more="def get_xframe_options_value(self, request, response):\n    return 'DENY'\n",
    ),
    "a helper of Django's": mixin(
        "response = self.get_response(request)\npatch_vary_headers(response, ['Cookie'])\nreturn response"
    ),
    "another of Django's": mixin(
        "response = self.get_response(request)\npatch_cache_control(response, private=True)\nreturn response"
    ),
    "through partial": mixin("add = functools.partial(stamp)\nreturn add(self.get_response(request))"),
    "through a dictionary": mixin("return {'stamp': stamp}['stamp'](self.get_response(request))"),
    "through a loop": mixin(
        "response = self.get_response(request)\nfor change in (same, stamp):\n    response = change(response)\nreturn response"
    ),
    "through reduce": mixin(
        "return functools.reduce(lambda r, change: change(r), [same, stamp], self.get_response(request))"
    ),
    "a lambda": mixin("return (lambda response: stamp(response))(self.get_response(request))"),
    "a nested function": mixin(
        "response = self.get_response(request)\ndef add():\n    response['X'] = '1'\nadd()\nreturn response"
    ),
    "a static method": mixin(
        "return self.add(self.get_response(request))", more="add = staticmethod(stamp)\n"
    ),
    "a class method": mixin(
        "return self.add(self.get_response(request))",
        more="@classmethod\ndef add(cls, response):\n    return stamp(response)\n",
    ),
    "another method calls it": mixin(
        "response = self.inner(request)\nresponse['X'] = '1'\nreturn response",
        more="def inner(self, request):\n    return self.get_response(request)\n",
    ),
    "kept under another name": mixin(
        "response = self.next(request)\nresponse['X'] = '1'\nreturn response",
        more="def __init__(self, get_response):\n    super().__init__(get_response)\n    self.next = get_response\n",
    ),
    "a conditional": mixin(
        "response = None if request.method == 'PUT' else self.get_response(request)\nresponse['X'] = '1'\nreturn response"
    ),
    "or": mixin(
        "response = self.ask(request) or self.get_response(request)\nresponse['X'] = '1'\nreturn response",
        more="def ask(self, request):\n    return None\n",
    ),
    "setdefault": mixin(
        "response = self.get_response(request)\nresponse.setdefault('X', '1')\nreturn response"
    ),
    "setattr": mixin(
        "response = self.get_response(request)\nsetattr(response, 'seen', True)\nreturn response"
    ),
    "a cookie": mixin(
        "response = self.get_response(request)\nresponse.set_cookie('a', 'b')\nreturn response"
    ),
    "a status in match": mixin(
        "response = self.get_response(request)\nmatch response.status_code:\n    case 200:\n        pass\nreturn response"
    ),
    "reads inline": mixin(
        "request.status = self.get_response(request).status_code\nreturn HttpResponse('x')"
    ),
    "membership": mixin(
        "response = self.get_response(request)\nif 'X' not in response:\n    pass\nreturn response"
    ),
    "deletes": mixin("response = self.get_response(request)\ndel response['X']\nreturn response"),
    "wrapped in an object": mixin(
        "return Holder(self.get_response(request))",
        before="\nclass Holder:\n    def __init__(self, response):\n        self.response = response\n",
    ),
    "wrapped in a dataclass": mixin(
        "return Holder(self.get_response(request))",
        before="\n@dataclass\nclass Holder:\n    response: object\n",
    ),
    "in a tuple": mixin("return (self.get_response(request), 1)[:2]").replace("[:2]", ""),
    "super's": mixin("response = super().__call__(request)\nresponse['X'] = '1'\nreturn response"),
    "a factory": factory("response = get_response(request)\nresponse['X'] = '1'\nreturn response"),
    "a factory's helper": factory("return stamp(get_response(request))"),
    "awaits nothing": native("response = self.get_response(request)\nresponse['X'] = '1'\nreturn response"),
    "awaits too late": native(
        "response = self.get_response(request)\nstatus = response.status_code\nreturn await response"
    ),
    "an async helper un-awaited": native(
        "response = self.inner(request)\nresponse['X'] = '1'\nreturn response",
        more="async def inner(self, request):\n    return await self.get_response(request)\n",
    ),
    "a guard by kind": mixin(
        "response = self.get_response(request)\nassert isinstance(response, HttpResponse)\nreturn response"
    ).replace(
        "assert isinstance(response, HttpResponse)",
        "if not isinstance(response, HttpResponse):\n            raise TypeError",
    ),
    "a block": mixin("with marked():\n    return self.get_response(request)"),
    "a block's object": mixin("with Marked():\n    response = self.get_response(request)\nreturn response"),
    "a block in a method": mixin(
        "return self.inner(request)",
        more="def inner(self, request):\n    with marked():\n        return self.get_response(request)\n",
    ),
    "two blocks": mixin("with contextlib.nullcontext(), marked():\n    return self.get_response(request)"),
    "an exit stack": mixin(
        "with contextlib.ExitStack() as stack:\n    stack.enter_context(marked())\n    return self.get_response(request)"
    ),
    "finally": mixin("try:\n    return self.get_response(request)\nfinally:\n    log('left')"),
    "else": mixin(
        "try:\n    response = self.get_response(request)\nexcept LookupError:\n    raise\nelse:\n    log('left')\nreturn response"
    ),
    "a clock": mixin(
        "start = time.perf_counter()\nresponse = self.get_response(request)\nlog('left' if time.perf_counter() - start < 9 else '')\nreturn response"
    ),
    "a clock in a helper": mixin(
        "start = now()\nresponse = self.get_response(request)\nlog('left' if now() - start < 9 else '')\nreturn response",
        before="\ndef now():\n    return time.monotonic()\n",
    ),
    "a timing decorator": mixin(
        "return timed(self.get_response)(request)",
        before="\ndef timed(function):\n    @functools.wraps(function)\n    def inner(*args):\n        start = time.time()\n"
        "        result = function(*args)\n        log('left' if time.time() - start < 9 else '')\n        return result\n    return inner\n",
    ),
    "a factory's block": factory("with marked():\n    return get_response(request)"),
    "a factory's finally": factory("try:\n    return get_response(request)\nfinally:\n    log('left')"),
}
DISPATCH = """
def __init__(self, get_response):
    super().__init__(get_response)
    self.is_async = iscoroutinefunction(get_response)
async def later(self, request):
    response = await self.get_response(request)
    response["X"] = "1"
    return response
"""
RIGHT = {
    "hands it on": mixin("return self.get_response(request)"),
    "through a name": mixin("response = self.get_response(request)\nreturn response"),
    "through a helper": mixin("return same(self.get_response(request))"),
    "through a loop of none": mixin(
        "response = self.get_response(request)\nfor change in (same,):\n    response = change(response)\nreturn response"
    ),
    "dispatches by its own flag": mixin(
        "if self.is_async:\n    return self.later(request)\nresponse = self.get_response(request)\nresponse['X'] = '1'\nreturn response",
        more=DISPATCH,
    ),
    "dispatches, the other way round": mixin(
        "if not self.is_async:\n    return stamp(self.get_response(request))\nreturn self.later(request)",
        more=DISPATCH,
    ),
    "dispatches in an expression": mixin(
        "return self.later(request) if self.is_async else stamp(self.get_response(request))", more=DISPATCH
    ),
    "dispatches by the mixin's flag": mixin(
        "if self.async_mode:\n    return self.later(request)\nreturn stamp(self.get_response(request))",
        more=DISPATCH,
    ),
    "asks the function": mixin(
        "if iscoroutinefunction(self.get_response):\n    return self.later(request)\nreturn stamp(self.get_response(request))",
        more=DISPATCH,
    ),
    "asks the result": mixin(
        "response = self.get_response(request)\nif inspect.isawaitable(response):\n    return self.finish(response)\nreturn stamp(response)",
        more="async def finish(self, response):\n    return stamp(await response)\n",
    ),
    "asks by asyncio": mixin(
        "response = self.get_response(request)\nif asyncio.iscoroutine(response):\n    async def finish():\n        return stamp(await response)\n    return finish()\nreturn stamp(response)"
    ),
    "asks by attribute": mixin(
        "response = self.get_response(request)\nif hasattr(response, '__await__'):\n    return self.finish(response)\nreturn stamp(response)",
        more="async def finish(self, response):\n    return stamp(await response)\n",
    ),
    "the mixin's hooks": HEAD
    + "\nclass M(MiddlewareMixin):\n    def process_response(self, request, response):\n        with marked():\n            return stamp(response)\n    def process_view(self, request, view, args, kwargs):\n        time.time()\n",
    "awaits": native("response = await self.get_response(request)\nreturn stamp(response)"),
    "awaits a name": native(
        "coroutine = self.get_response(request)\nresponse = await coroutine\nresponse['X'] = '1'\nreturn response"
    ),
    "awaits in a block": native(
        "with contextlib.suppress(LookupError):\n    return stamp(await self.get_response(request))"
    ),
    "awaits a task": native(
        "task = asyncio.ensure_future(self.get_response(request))\ntry:\n    response = await task\nfinally:\n    time.time()\nreturn stamp(response)"
    ),
    "awaits with a limit": native(
        "response = await asyncio.wait_for(self.get_response(request), 5)\nreturn stamp(response)"
    ),
    "awaits in a helper": native(
        "return stamp(await self.inner(request))",
        more="async def inner(self, request):\n    return await self.get_response(request)\n",
    ),
    "awaits what a helper gives": native(
        "return stamp(await self.inner(request))",
        more="def inner(self, request):\n    return self.get_response(request)\n",
    ),
    "gathers": native(
        "response, _ = await asyncio.gather(self.get_response(request), asyncio.sleep(0))\nreturn stamp(response)"
    ),
    "a block before": mixin(
        "with contextlib.suppress(LookupError):\n    request.seen = time.time()\nreturn self.get_response(request)"
    ),
    "a block of nothing": mixin("with contextlib.nullcontext():\n    return self.get_response(request)"),
    "a clock before": mixin("request.started = time.time()\nreturn self.get_response(request)"),
    "an async factory": HEAD
    + "\n@sync_and_async_middleware\ndef M(get_response):\n    if iscoroutinefunction(get_response):\n        async def middleware(request):\n            return stamp(await get_response(request))\n    else:\n        def middleware(request):\n            return stamp(get_response(request))\n    return middleware\n",
    "a factory that chooses": HEAD
    + "\n@sync_and_async_middleware\ndef M(get_response):\n    async def later(request):\n        return stamp(await get_response(request))\n    def now(request):\n        return stamp(get_response(request))\n    return later if iscoroutinefunction(get_response) else now\n",
    "says that it is sync": mixin(
        "response = self.get_response(request)\nresponse['X'] = '1'\nreturn response",
        more="async_capable = False\n",
    ),
    "an awaitable object": mixin(
        "return Holder(self.get_response(request))",
        before="\nclass Holder:\n    def __init__(self, response):\n        self.response = response\n    def __await__(self):\n        return self.response.__await__()\n",
    ),
    "its own function awaits": mixin(
        "async def inner():\n    with marked():\n        response = await self.get_response(request)\n        log('view')\n    return stamp(response)\nreturn inner()"
    ),
    "super's, handed on": mixin("request.seen = 1\nreturn super().__call__(request)"),
}
