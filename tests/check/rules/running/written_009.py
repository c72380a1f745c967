"""BRG009: middleware written out as packages have it."""

from __future__ import annotations

BROKEN = {
    "class instance of a plain class, returned by both-mode factory": """\

from django.utils.decorators import sync_and_async_middleware
class Handler:
    def __init__(self, get_response):
        self.get_response = get_response
    async def __call__(self, request):
        response = await self.get_response(request)
        response["X"] = "1"
        return response
@sync_and_async_middleware
def M(get_response):
    handler = Handler(get_response)
    return handler
""",
    "class with flag and async call": """\

class M:
    sync_capable = False
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
    async def __call__(self, request):
        return await self.get_response(request)
""",
    "asyncio mark": """\

import asyncio
class M:
    sync_capable = False
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        if asyncio.iscoroutinefunction(self.get_response):
            self._is_coroutine = True
    async def __call__(self, request):
        return await self.get_response(request)
""",
    "hybrid returning coroutine": """\

from asgiref.sync import iscoroutinefunction
class M:
    sync_capable = async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
    def __call__(self, request):
        if self.is_async:
            return self.acall(request)
        return self.get_response(request)
    async def acall(self, request):
        return await self.get_response(request)
""",
    "partial of sync helper": """\

import functools
from django.utils.decorators import async_only_middleware
async def run(get_response, request):
    return await get_response(request)
def start(get_response, request):
    return run(get_response, request)
@async_only_middleware
def M(get_response):
    return functools.partial(start, get_response)
""",
    "timing decorator": """\

import functools, time
from django.utils.decorators import async_only_middleware
def timed(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        try:
            return f(*args, **kwargs)
        finally:
            time.perf_counter() - start
    return wrapper
@async_only_middleware
def M(get_response):
    @timed
    async def middleware(request):
        return await get_response(request)
    return middleware
""",
    "inherited without super init": """\

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
class Base:
    sync_capable = async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(self.get_response):
            markcoroutinefunction(self)
    def __call__(self, request):
        return self.acall(request) if iscoroutinefunction(self.get_response) else self.get_response(request)
    async def acall(self, request):
        return await self.get_response(request)
class M(Base):
    def __init__(self, get_response):
        self.get_response = get_response
        self.prefix = "/x"
""",
    "mark of the method": """\

from asgiref.sync import markcoroutinefunction
class M:
    sync_capable, async_capable = False, True
    def __init__(self, get_response):
        self.get_response = get_response
        pass
    def __call__(self, request):
        return self.handle(request)
    async def handle(self, request):
        return await self.get_response(request)
""",
    "new that does not mark": """\

from asgiref.sync import markcoroutinefunction
class M:
    sync_capable, async_capable = False, True
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)
    def __init__(self, get_response):
        self.get_response = get_response
    async def __call__(self, request):
        return await self.get_response(request)
""",
}
RIGHT = {
    "marks in a helper of the base": """\

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
class AsyncAware:
    sync_capable = async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        self._detect()
    def _detect(self):
        self.is_async = iscoroutinefunction(self.get_response)
        if self.is_async:
            markcoroutinefunction(self)
class M(AsyncAware):
    def __call__(self, request):
        if self.is_async:
            return self.acall(request)
        return self.get_response(request)
    async def acall(self, request):
        return await self.get_response(request)
""",
    "new marks": """\

from asgiref.sync import markcoroutinefunction
class M:
    sync_capable, async_capable = False, True
    def __new__(cls, *args, **kwargs):
        return markcoroutinefunction(super().__new__(cls))
    def __init__(self, get_response):
        self.get_response = get_response
    async def __call__(self, request):
        return await self.get_response(request)
""",
    "wraps async": """\

import functools
from django.utils.decorators import async_only_middleware
def guarded(f):
    @functools.wraps(f)
    async def wrapper(request):
        return await f(request)
    return wrapper
@async_only_middleware
def M(get_response):
    @guarded
    async def middleware(request):
        return await get_response(request)
    return middleware
""",
    "bound method": """\

from django.utils.decorators import async_only_middleware
class Impl:
    def __init__(self, get_response):
        self.get_response = get_response
    async def handle(self, request):
        return await self.get_response(request)
@async_only_middleware
def M(get_response):
    return Impl(get_response).handle
""",
    "partialmethod of async": """\

import functools
from django.utils.decorators import async_only_middleware
async def run(get_response, prefix, request):
    request.prefix = prefix
    return await get_response(request)
@async_only_middleware
def M(get_response):
    return functools.partial(run, get_response, "/x")
""",
    "instance chosen by mode": """\

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.utils.decorators import sync_and_async_middleware
class Sync:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
class Async:
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        return await self.get_response(request)
@sync_and_async_middleware
def M(get_response):
    return (Async if iscoroutinefunction(get_response) else Sync)(get_response)
""",
    "mixin with acall": """\

from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    async def __acall__(self, request):
        return await self.get_response(request)
""",
    "new marks by a name": """\

from asgiref.sync import markcoroutinefunction
class M:
    sync_capable, async_capable = False, True
    def __new__(cls, *args, **kwargs):
        made = super().__new__(cls)
        markcoroutinefunction(made)
        return made
    def __init__(self, get_response):
        self.get_response = get_response
    async def __call__(self, request):
        return await self.get_response(request)
""",
    "new of a base marks": """\

from asgiref.sync import markcoroutinefunction
class Base:
    sync_capable, async_capable = False, True
    def __new__(cls, *args, **kwargs):
        return markcoroutinefunction(super().__new__(cls))
class M(Base):
    def __init__(self, get_response):
        self.get_response = get_response
    async def __call__(self, request):
        return await self.get_response(request)
""",
}
