"""BRG009: what a middleware is to Django, whose calls give coroutines."""

from __future__ import annotations

import sys

HEAD = """
import asyncio, functools, inspect
from dataclasses import dataclass
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.utils.decorators import async_only_middleware, sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin


def noted(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)
    return inner


def anoted(function):
    @functools.wraps(function)
    async def inner(*args, **kwargs):
        return await function(*args, **kwargs)
    return inner


class Plain:
    def __init__(self, get_response):
        self.get_response = get_response

    async def __call__(self, request):
        return await self.get_response(request)


class Marked(Plain):
    def __init__(self, get_response):
        super().__init__(get_response)
        markcoroutinefunction(self)


async def serve(get_response, request):
    return await get_response(request)
"""


def factory(body: str, decorator: str = "@async_only_middleware", before: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{HEAD}{before}\n{decorator}\ndef M(get_response):\n{lines}"


def cls(body: str, bases: str = "", before: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{HEAD}{before}\nclass M{bases}:\n    async_capable = True\n    sync_capable = False\n{lines}"


INIT = "def __init__(self, get_response):\n    self.get_response = get_response\n"
CALL = "async def __call__(self, request):\n    return await self.get_response(request)\n"
ASYNC = "async def middleware(request):\n    return await get_response(request)\n"
BROKEN = {
    "an unmarked instance": factory("return Plain(get_response)"),
    "an unmarked instance, by a name": factory("made = Plain(get_response)\nreturn made"),
    "in both modes": factory("return Plain(get_response)", "@sync_and_async_middleware"),
    "of a class in the factory": factory(
        "class Inner:\n    async def __call__(self, request):\n        return await get_response(request)\nreturn Inner()"
    ),
    "of another module": "from case.parts import Part\n"
    + factory("return Part(get_response)")
    + "\n# file: parts.py\nclass Part:\n    def __init__(self, get_response):\n        self.get_response = get_response\n"
    "    async def __call__(self, request):\n        return await self.get_response(request)\n",
    "of a subclass": factory("return Sub(get_response)", before="\nclass Sub(Plain):\n    pass\n"),
    "of a dataclass": factory(
        "return Data(get_response)",
        before="\n@dataclass\nclass Data:\n    inner: object\n    async def __call__(self, request):\n        return await self.inner(request)\n",
    ),
    "whose call is sync": factory(
        "return Later(get_response)",
        before="\nclass Later(Plain):\n    def __call__(self, request):\n        return self.later(request)\n"
        "    async def later(self, request):\n        return await self.get_response(request)\n",
    ),
    "made by a helper": factory(
        "return build(get_response)", before="\ndef build(inner):\n    return Plain(inner)\n"
    ),
    "made by a class method": factory(
        "return Made.build(get_response)",
        before="\nclass Made(Plain):\n    @classmethod\n    def build(cls, inner):\n        return cls(inner)\n",
    ),
    "chosen from a dictionary": factory("return {'plain': Plain}['plain'](get_response)"),
    "chosen by a condition": factory(
        "return Plain(get_response) if iscoroutinefunction(get_response) else get_response"
    ),
    "a lambda": factory("return lambda request: get_response(request)"),
    "a lambda around a coroutine function": factory(f"{ASYNC}return lambda request: middleware(request)"),
    "a lambda by a name": factory("middleware = lambda request: get_response(request)\nreturn middleware"),
    "a partial of a sync function": factory(
        "return functools.partial(call, get_response)",
        before="\ndef call(inner, request):\n    return inner(request)\n",
    ),
    "a partial of an instance": factory("return functools.partial(Plain(get_response))"),
    "a sync function": factory(
        "def middleware(request):\n    return get_response(request)\nreturn middleware"
    ),
    "a sync function that calls an async one": factory(
        f"{ASYNC}def outer(request):\n    return middleware(request)\nreturn outer"
    ),
    "a sync function of the module": factory(
        "def middleware(request):\n    return serve(get_response, request)\nreturn middleware"
    ),
    "behind a sync decorator": factory(f"@noted\n{ASYNC}return middleware"),
    "wrapped by hand": factory(f"{ASYNC}return noted(middleware)"),
    "behind two decorators": factory(f"@noted\n@anoted\n{ASYNC}return middleware"),
    "behind a decorator with arguments": factory(
        f"@named('a')\n{ASYNC}return middleware",
        before="\ndef named(name):\n    def decorate(function):\n        @functools.wraps(function)\n"
        "        def inner(*args):\n            return function(*args)\n        return inner\n    return decorate\n",
    ),
    "behind a decorator of another module": "from case.parts import noted as other\n"
    + factory(f"@other\n{ASYNC}return middleware")
    + "\n# file: parts.py\nimport functools\ndef noted(function):\n    @functools.wraps(function)\n    def inner(*args):\n"
    "        return function(*args)\n    return inner\n",
    "a decorating class": factory(
        f"@Noted\n{ASYNC}return middleware",
        before="\nclass Noted:\n    def __init__(self, function):\n        self.function = function\n"
        "    def __call__(self, request):\n        return self.function(request)\n",
    ),
    "a sync method": factory(
        "return Holder(get_response).call",
        before="\nclass Holder(Plain):\n    def call(self, request):\n        return self(request)\n",
    ),
    "a class without a mark": cls(INIT + CALL),
    "a class with a sync call": cls(
        INIT + "def __call__(self, request):\n    return self.get_response(request)\n"
    ),
    "a class with a decorated call": cls(INIT + "@noted\n" + CALL),
    "marks something else": cls(INIT + "    markcoroutinefunction(get_response)\n" + CALL),
    "marks the class's function": cls(INIT + CALL + "mark = staticmethod(markcoroutinefunction)\n"),
}
RIGHT = {
    "a marked instance": factory("return Marked(get_response)"),
    "marked after it is made": factory(
        "made = Plain(get_response)\nmarkcoroutinefunction(made)\nreturn made"
    ),
    "marked by what marks": factory("return markcoroutinefunction(Plain(get_response))"),
    "marked in a helper": factory(
        "return build(get_response)", before="\ndef build(inner):\n    return Marked(inner)\n"
    ),
    "an async function": factory(f"{ASYNC}return middleware"),
    "an async function in both modes": factory(
        f"if iscoroutinefunction(get_response):\n    {ASYNC.replace(chr(10), chr(10) + '    ')}\n    return middleware\nreturn lambda request: get_response(request)",
        "@sync_and_async_middleware",
    ),
    "behind an async decorator": factory(f"@anoted\n{ASYNC}return middleware"),
    "behind a sync decorator, then an async one": factory(f"@anoted\n@noted\n{ASYNC}return middleware"),
    "behind a decorator that marks": factory(f"{ASYNC}return markcoroutinefunction(noted(middleware))"),
    "behind a decorator that gives it back": factory(
        f"@same\n{ASYNC}return middleware",
        before="\ndef same(function):\n    function.seen = True\n    return function\n",
    ),
    "a partial of an async function": factory("return functools.partial(serve, get_response)"),
    "an async method": factory(
        "return Holder(get_response).call",
        before="\nclass Holder(Plain):\n    async def call(self, request):\n        return await self(request)\n",
    ),
    "an async call of an instance": factory("return Plain(get_response).__call__"),
    "sync_to_async": factory(
        "def middleware(request):\n    from asgiref.sync import async_to_sync\n    return async_to_sync(get_response)(request)\n"
        "return sync_to_async(middleware)"
    ),
    "get_response itself": factory("return get_response"),
    "a marked class": cls(INIT + "    markcoroutinefunction(self)\n" + CALL),
    "a class marked in a base": cls("pass", "(Marked)"),
    "a class marked by a method": cls(
        INIT + "    self.mark()\ndef mark(self):\n    markcoroutinefunction(self)\n" + CALL
    ),
    "a class marked where it is async": cls(
        INIT.replace(
            "self.get_response = get_response",
            "self.get_response = get_response\n    if iscoroutinefunction(get_response):\n        markcoroutinefunction(self)",
        )
        + CALL
    ),
    "the mixin": f"{HEAD}\nclass M(MiddlewareMixin):\n    def process_request(self, request):\n        pass\n",
    "the mixin's own call": f"{HEAD}\nclass M(MiddlewareMixin):\n    async def __acall__(self, request):\n        return await self.get_response(request)\n",
    **(
        {"marked by inspect": cls(INIT + "    inspect.markcoroutinefunction(self)\n" + CALL)}
        if sys.version_info >= (3, 12)
        else {}  # new in Python 3.12
    ),
}
