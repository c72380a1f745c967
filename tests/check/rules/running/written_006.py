"""BRG006: middleware written out as packages have it."""

from __future__ import annotations

BROKEN = {
    "current request helper, classic": """\

from threading import local
from django.utils.deprecation import MiddlewareMixin
_thread_locals = local()
def get_current_request():
    return getattr(_thread_locals, "request", None)
def current():
    request = get_current_request()
    if request:
        return request.GET.get("who")
class M(MiddlewareMixin):
    def process_request(self, request):
        _thread_locals.request = request
    def process_response(self, request, response):
        if hasattr(_thread_locals, "request"):
            del _thread_locals.request
        return response

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "global request dict by current_thread": """\

from threading import current_thread
class GlobalRequestMiddleware:
    _threadmap = {}
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        self._threadmap[current_thread()] = request
        response = self.get_response(request)
        self._threadmap.pop(current_thread(), None)
        return response
    @classmethod
    def get_current_request(cls):
        return cls._threadmap.get(current_thread())
M = GlobalRequestMiddleware
def current():
    request = M.get_current_request()
    return request.GET["who"] if request is not None else None

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "dict attribute update": """\

import threading
state = threading.local()
def M(get_response):
    def middleware(request):
        state.__dict__.update(who=request.GET["who"])
        try:
            return get_response(request)
        finally:
            state.__dict__.clear()
    return middleware
def current():
    return state.__dict__.get("who")

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "stack in a local": """\

import threading
_local = threading.local()
def _stack():
    if not hasattr(_local, "stack"):
        _local.stack = []
    return _local.stack
def push(who):
    _stack().append(who)
def pop():
    return _stack().pop()
def current():
    stack = _stack()
    return stack[-1] if stack else None
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        push(request.GET["who"])
        try:
            return self.get_response(request)
        finally:
            pop()

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "module of its own with functions": """\

from case.context import set_tenant, clear_tenant
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        set_tenant(request.GET["who"])
        try:
            response = self.get_response(request)
        finally:
            clear_tenant()
        return response
# file: context.py
import threading
_state = threading.local()
def set_tenant(value):
    _state.tenant = value
def get_tenant():
    return getattr(_state, "tenant", None)
def clear_tenant():
    try:
        del _state.tenant
    except AttributeError:
        pass

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw
from case.context import get_tenant
barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(get_tenant()))
""",
    "manager reads it": """\

from threading import local
state = local()
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        state.who = request.GET["who"]
        return self.get_response(request)
class TenantManager:
    def who(self):
        return getattr(state, "who", None)
class Service:
    objects = TenantManager()
def current():
    return Service.objects.who()

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "singleton registry": """\

import threading
class Registry(threading.local):
    def __init__(self):
        self.data = {}
    def set(self, key, value):
        self.data[key] = value
    def get(self, key, default=None):
        return self.data.get(key, default)
registry = Registry()
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        registry.set("who", request.GET["who"])
        return self.get_response(request)
def current():
    return registry.get("who")

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "native awaited": """\

import threading
from asgiref.sync import markcoroutinefunction
state = threading.local()
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        state.request = request
        try:
            return await self.get_response(request)
        finally:
            state.request = None
def current():
    return state.request.GET["who"] if getattr(state, "request", None) else None

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "hybrid": """\

import threading
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
state = threading.local()
class M:
    async_capable = sync_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)
    def __call__(self, request):
        if iscoroutinefunction(self):
            return self.__acall__(request)
        self.bind(request)
        return self.get_response(request)
    async def __acall__(self, request):
        self.bind(request)
        return await self.get_response(request)
    def bind(self, request):
        state.who = request.GET.get("who")
def current():
    return getattr(state, "who", None)

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "logging formatter": """\

import logging, threading
state = threading.local()
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        state.who = request.GET["who"]
        return self.get_response(request)
class Formatter(logging.Formatter):
    def format(self, record):
        record.who = getattr(state, "who", None)
        return super().format(record)
class Keep(logging.Handler):
    def emit(self, record):
        self.format(record)
        record.args[0].append(record.who)

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)

import logging
logger = logging.getLogger('shop')
def told(request):
    seen = []
    logger.warning('%s', seen)
    return seen[0]


async def view(request):
    await meet()
    return HttpResponse(str(told(request)))

# file: settings.py
LOGGING = {'version': 1, 'disable_existing_loggers': False, 'formatters': {'who': {'()': 'case.mw.Formatter'}}, 'handlers': {'keep': {'class': 'case.mw.Keep', 'formatter': 'who'}}, 'loggers': {'shop': {'handlers': ['keep'], 'propagate': False}}}
""",
    "with as": """\

import threading
from contextlib import contextmanager
_active = threading.local()
@contextmanager
def scope(who):
    previous = getattr(_active, "who", None)
    _active.who = who
    try:
        yield who
    finally:
        _active.who = previous
def current():
    return getattr(_active, "who", None)
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        with scope(request.GET["who"]) as who:
            request.who = who
            return self.get_response(request)

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "global name of ident": """\

import threading
REQUESTS = {}
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        REQUESTS.setdefault(threading.get_ident(), {})["who"] = request.GET["who"]
        return self.get_response(request)
def current():
    return REQUESTS.get(threading.get_ident(), {}).get("who")

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "update of dict": """\

import threading
REQUESTS = {}
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        REQUESTS.update({threading.get_ident(): request})
        return self.get_response(request)
def current():
    request = REQUESTS.get(threading.get_ident())
    return request.GET["who"] if request else None

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "set by the helper class with slots": """\

import threading
class Context:
    __slots__ = ("_local",)
    def __init__(self):
        self._local = threading.local()
    def __setattr__(self, name, value):
        if name == "_local":
            object.__setattr__(self, name, value)
        else:
            setattr(self._local, name, value)
    def __getattr__(self, name):
        return getattr(self._local, name, None)
context = Context()
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        context.who = request.GET["who"]
        return self.get_response(request)
def current():
    return context.who

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
}
RIGHT = {
    "context variable with token": """\

from contextvars import ContextVar
_who = ContextVar("who", default=None)
def current():
    return _who.get()
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        _who.set(request.GET["who"])
        return self.get_response(request)

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "asgiref local stack": """\

from asgiref.local import Local
_local = Local()
def current():
    stack = getattr(_local, "stack", ())
    return stack[-1] if stack else None
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        _local.stack = [request.GET["who"]]
        return self.get_response(request)

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "try import asgiref": """\

try:
    from asgiref.local import Local as local
except ImportError:
    from threading import local
_state = local()
def current():
    return getattr(_state, "who", None)
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        _state.who = request.GET["who"]
        return self.get_response(request)

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.current()))
""",
    "thread local cache of clients in the view's thread": """\

import threading
_clients = threading.local()
def client():
    if not hasattr(_clients, "client"):
        _clients.client = object()
    return _clients.client
def current():
    return "a"
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        request.client = client()
        request.who = request.GET["who"]
        return self.get_response(request)

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(request.who))
""",
    "request attribute": """\

class Context:
    def __init__(self, who):
        self.who = who
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        request.context = Context(request.GET["who"])
        return self.get_response(request)

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(request.context.who))
""",
    "weak dictionary by request": """\

import weakref
STATE = weakref.WeakKeyDictionary()
def of(request):
    return STATE.get(request)
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        STATE[request] = request.GET["who"]
        return self.get_response(request)

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.of(request)))
""",
    "read by sync_to_async": """\

import threading
state = threading.local()
def current():
    return getattr(state, "who", None)
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        request.who = request.GET["who"]
        state.who = request.who
        try:
            return self.get_response(request)
        finally:
            del state.who

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(request.who))
""",
    "lock": """\

import threading
_lock = threading.Lock()
COUNTS = {}
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        with _lock:
            COUNTS[request.GET["who"]] = request.GET["who"]
        return self.get_response(request)

# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw

barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)



async def view(request):
    await meet()
    return HttpResponse(str(mw.COUNTS[request.GET['who']]))
""",
}
