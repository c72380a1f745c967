"""BRG003: middleware written out as packages have it."""

from __future__ import annotations

BROKEN = {
    "pasted mixin call": """\

from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def process_request(self, request):
        request.seen = True
    def process_response(self, request, response):
        response["X-Seen"] = "1"
        return response
    def __call__(self, request):
        response = None
        if hasattr(self, "process_request"):
            response = self.process_request(request)
        response = response or self.get_response(request)
        if hasattr(self, "process_response"):
            response = self.process_response(request, response)
        return response
""",
    "headers update": """\

from django.utils.decorators import sync_and_async_middleware
HEADERS = {"X-A": "1", "X-B": "2"}
@sync_and_async_middleware
def M(get_response):
    def middleware(request):
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response
    return middleware
""",
    "loop over settings": """\

from django.conf import settings
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __init__(self, get_response):
        super().__init__(get_response)
        self.headers = getattr(settings, "EXTRA_HEADERS", {"X-A": "1"})
    def __call__(self, request):
        response = self.get_response(request)
        for name, value in self.headers.items():
            if name not in response:
                response[name] = value
        return response
""",
    "content replaced": """\

from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.content = response.content.replace(b"</body>", b"<x></x></body>")
            response["Content-Length"] = len(response.content)
        return response
""",
    "never cache": """\

from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        response = self.get_response(request)
        if not request.path.startswith("/static/"):
            add_never_cache_headers(response)
        return response
""",
    "translation override": """\

from django.utils import translation
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        with translation.override("de"):
            return self.get_response(request)

# file: views.py
from django.http import HttpResponse
from django.utils import translation, timezone
from django.db import connection
import decimal
from case import mw
async def view(request):
    assert translation.get_language() == 'de'
    return HttpResponse("hello")
""",
    "timezone finally": """\

import zoneinfo
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        timezone.activate(zoneinfo.ZoneInfo("Asia/Tokyo"))
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        return response

# file: views.py
from django.http import HttpResponse
from django.utils import translation, timezone
from django.db import connection
import decimal
from case import mw
async def view(request):
    assert timezone.get_current_timezone_name() == 'Asia/Tokyo'
    return HttpResponse("hello")
""",
    "decimal context": """\

import decimal
from django.utils.decorators import sync_and_async_middleware
@sync_and_async_middleware
def M(get_response):
    def inner(request):
        with decimal.localcontext() as ctx:
            ctx.prec = 7
            response = get_response(request)
        return response
    return inner

# file: views.py
from django.http import HttpResponse
from django.utils import translation, timezone
from django.db import connection
import decimal
from case import mw
async def view(request):
    assert decimal.getcontext().prec == 7
    return HttpResponse("hello")
""",
    "cached": """\

from django.core.cache import cache
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        key = f"page:{request.path}"
        if (hit := cache.get(key)) is not None:
            return hit
        response = self.get_response(request)
        cache.set(key, response, 30)
        return response
""",
    "logger status": """\

import logging
import time
from django.utils.deprecation import MiddlewareMixin
logger = logging.getLogger("access")
class M(MiddlewareMixin):
    def __call__(self, request):
        start = time.monotonic()
        response = self.get_response(request)
        logger.info("%s %s %s %.1f", request.method, request.path, response.status_code, time.monotonic() - start)
        return response
""",
    "decorated call": """\

import functools
from django.utils.deprecation import MiddlewareMixin
def counted(method):
    @functools.wraps(method)
    def wrapper(self, request, *args, **kwargs):
        response = method(self, request, *args, **kwargs)
        self.counts[response.status_code] = self.counts.get(response.status_code, 0) + 1
        return response
    return wrapper
class M(MiddlewareMixin):
    counts = {}
    @counted
    def __call__(self, request):
        return self.get_response(request)
""",
    "signal with the response": """\

from django.dispatch import Signal, receiver
from django.utils.deprecation import MiddlewareMixin
finished = Signal()
@receiver(finished)
def note(sender, request, response, **kwargs):
    request.final = response.status_code
class M(MiddlewareMixin):
    def __call__(self, request):
        response = self.get_response(request)
        finished.send(sender=self.__class__, request=request, response=response)
        return response
""",
    "hooks from settings": """\

from django.conf import settings
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string
class M(MiddlewareMixin):
    def __init__(self, get_response):
        super().__init__(get_response)
        self.hooks = [import_string(path) for path in settings.RESPONSE_HOOKS]
    def __call__(self, request):
        response = self.get_response(request)
        for hook in self.hooks:
            response = hook(request, response)
        return response
# file: settings.py
RESPONSE_HOOKS = ["case.hooks.stamp"]
# file: hooks.py
def stamp(request, response):
    response["X-Stamp"] = "1"
    return response
""",
    "copied": """\

import copy
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        response = self.get_response(request)
        request.original = copy.copy(response)
        return response
""",
    "template method in a base": """\

from .base import HeaderMiddleware
class M(HeaderMiddleware):
    header = "X-Version"
    def value(self, request, response):
        return f"{response.status_code}"
# file: base.py
from django.utils.deprecation import MiddlewareMixin
class HeaderMiddleware(MiddlewareMixin):
    header = None
    def value(self, request, response):
        raise NotImplementedError
    def __call__(self, request):
        response = self.get_response(request)
        response[self.header] = self.value(request, response)
        return response
""",
    "method with contextmanager": """\

import contextlib
from django.utils.deprecation import MiddlewareMixin
from shop.log import log
class M(MiddlewareMixin):
    @contextlib.contextmanager
    def section(self, request):
        request.open = True
        try:
            yield
        finally:
            log("left")
            request.open = False
    def __call__(self, request):
        with self.section(request):
            return self.get_response(request)
""",
    "security subclass": """\

from django.middleware.security import SecurityMiddleware
class M(SecurityMiddleware):
    def __call__(self, request):
        response = super().__call__(request)
        response.headers.setdefault("Permissions-Policy", "camera=()")
        return response
""",
    "json read": """\

import json
from django.http import JsonResponse
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        return self.wrap(self.get_response(request))
    def wrap(self, response):
        try:
            data = json.loads(response.content)
        except ValueError:
            return response
        return JsonResponse({"data": data})
""",
    "async call without await in else": """\

from asgiref.sync import markcoroutinefunction
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        if request.method == "OPTIONS":
            return await self.get_response(request)
        else:
            response = self.get_response(request)
        response.headers["X"] = "1"
        return response
""",
}
RIGHT = {
    "pasted mixin call with its branch": """\

from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def process_response(self, request, response):
        response["X-Seen"] = "1"
        return response
    def __call__(self, request):
        if self.async_mode:
            return self.__acall__(request)
        response = None
        if hasattr(self, "process_request"):
            response = self.process_request(request)
        response = response or self.get_response(request)
        return self.process_response(request, response)
""",
    "two inner functions": """\

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware
@sync_and_async_middleware
def M(get_response):
    def stamp(response):
        response["X"] = "1"
        return response
    if iscoroutinefunction(get_response):
        async def middleware(request):
            return stamp(await get_response(request))
    else:
        def middleware(request):
            return stamp(get_response(request))
    return middleware
""",
    "sync only mixin": """\

from django.utils import translation
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    async_capable = False
    def __call__(self, request):
        with translation.override("de"):
            response = self.get_response(request)
        response["X"] = "1"
        return response
""",
    "sync only factory": """\

from django.utils.decorators import sync_only_middleware
@sync_only_middleware
def M(get_response):
    def middleware(request):
        response = get_response(request)
        response.headers["X"] = "1"
        return response
    return middleware
""",
    "finishes by a task": """\

import inspect
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        response = self.get_response(request)
        return self.finish_later(response) if inspect.iscoroutine(response) else self.finish(response)
    async def finish_later(self, coroutine):
        return self.finish(await coroutine)
    def finish(self, response):
        response["X"] = "1"
        return response
""",
    "future callback": """\

import asyncio
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        response = self.get_response(request)
        if asyncio.iscoroutine(response):
            task = asyncio.ensure_future(response)
            task.add_done_callback(lambda done: done.result().headers.setdefault("X", "1"))
            return task
        response["X"] = "1"
        return response
""",
    "generic dispatch decorator": """\

import functools
from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware
def around(change):
    @sync_and_async_middleware
    def factory(get_response):
        if iscoroutinefunction(get_response):
            async def middleware(request):
                response = await get_response(request)
                change(request, response)
                return response
        else:
            def middleware(request):
                response = get_response(request)
                change(request, response)
                return response
        return middleware
    return factory
@around
def M(request, response):
    response["X"] = "1"
""",
    "early answers": """\

from django.http import HttpResponse
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        if request.path == "/healthz":
            response = HttpResponse("ok")
            response["Cache-Control"] = "no-store"
            return response
        return self.get_response(request)
""",
    "activates without an end": """\

from django.utils import timezone, translation
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def __call__(self, request):
        translation.activate("de")
        request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
""",
    "flag of its own name": """\

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
class M:
    sync_capable = async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        self._is_coro = iscoroutinefunction(self.get_response)
        if self._is_coro:
            markcoroutinefunction(self)
    def __call__(self, request):
        self.before(request)
        if self._is_coro:
            return self._acall(request)
        return self.after(self.get_response(request))
    async def _acall(self, request):
        return self.after(await self.get_response(request))
    def before(self, request):
        request.seen = True
    def after(self, response):
        response["X"] = "1"
        return response
""",
    "dunder acall assigned": """\

from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    async def __acall__(self, request):
        response = await self.get_response(request)
        response["X"] = "1"
        return response
    def process_response(self, request, response):
        return response
""",
}
