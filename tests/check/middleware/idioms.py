"""Small middleware, one for each way that projects write them. ``mw.Middleware`` is what ``MIDDLEWARE`` would name.

The key says the idiom; the value is the text of ``mw.py``, or of several files by name.
"""

from __future__ import annotations

MIXIN = "from django.utils.deprecation import MiddlewareMixin\n"

PASS_THROUGH = """\
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
"""

HYBRID = """\
    sync_capable = True
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        self.async_mode = iscoroutinefunction(get_response)
        if self.async_mode:
            markcoroutinefunction(self)
    def __call__(self, request):
        if self.async_mode:
            return self.__acall__(request)
        return self.get_response(request)
"""
"""Both modes, told apart once: what ``__acall__`` does comes after it."""

IDIOMS: dict[str, str | dict[str, str]] = {
    "plain sync class": """
class Middleware:
"""
    + PASS_THROUGH,
    "mixin without hooks": MIXIN + "class Middleware(MiddlewareMixin):\n    pass\n",
    "mixin with a request hook": MIXIN
    + """
class Middleware(MiddlewareMixin):
    def process_request(self, request):
        return None
""",
    "mixin with both hooks and a view hook": MIXIN
    + """
class Middleware(MiddlewareMixin):
    def process_request(self, request):
        return None
    def process_response(self, request, response):
        return response
    def process_view(self, request, view, args, kwargs):
        return None
""",
    "mixin that says it is sync-only": MIXIN
    + """
class Middleware(MiddlewareMixin):
    async_capable = False
    def process_request(self, request):
        return None
""",
    "native hybrid": """
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
class Middleware:
"""
    + HYBRID
    + """\
    async def __acall__(self, request):
        return await self.get_response(request)
""",
    "native hybrid that crosses once": """
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(self.get_response):
            markcoroutinefunction(self)
    def __call__(self, request):
        if iscoroutinefunction(self):
            return self.__acall__(request)
        return self.get_response(request)
    async def __acall__(self, request):
        await sync_to_async(self.before)(request)
        return await self.get_response(request)
    def before(self, request):
        pass
""",
    "crossing through a module-level wrapper": """
from asgiref.sync import markcoroutinefunction, sync_to_async
def look(request):
    return request
alook = sync_to_async(look, thread_sensitive=True)
class Middleware:
    sync_capable, async_capable = False, True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        await alook(request)
        await alook(request)
        return await self.get_response(request)
""",
    "a crossing only on the way that answers early": """
from asgiref.sync import markcoroutinefunction, sync_to_async
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        if getattr(request, "refused", False):
            await sync_to_async(print)("refused")
            return None
        return await self.get_response(request)
""",
    "async-only class": """
from inspect import iscoroutinefunction
from asgiref.sync import markcoroutinefunction
class Middleware:
    sync_capable = False
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(self.get_response):
            markcoroutinefunction(self)
    async def __call__(self, request):
        return await self.get_response(request)
""",
    "async class that is not marked": """
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
    async def __call__(self, request):
        return await self.get_response(request)
""",
    "marked in a helper method": """
import asyncio, inspect
from asgiref.sync import markcoroutinefunction
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        self._async_check()
    def _async_check(self):
        if inspect.iscoroutinefunction(self.get_response):
            markcoroutinefunction(self)
    async def __call__(self, request):
        return await self.get_response(request)
""",
    "flags set after the class": """
class Middleware:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
Middleware.async_capable = True
setattr(Middleware, "sync_capable", False)
""",
    "flag set on the instance only": """
class Middleware:
    def __init__(self, get_response):
        self.get_response = get_response
        self.async_capable = True
    def __call__(self, request):
        return self.get_response(request)
""",
    "flag as a property": """
class Middleware:
    def __init__(self, get_response):
        self.get_response = get_response
    @property
    def async_capable(self):
        return False
    def __call__(self, request):
        return self.get_response(request)
""",
    "flag taken from a base that has none": MIXIN
    + """
class Base:
    pass
class Middleware(MiddlewareMixin):
    async_capable = getattr(Base, "async_capable", False)
""",
    "init that forgets the mixin's": MIXIN
    + """
class Middleware(MiddlewareMixin):
"""
    + PASS_THROUGH,
    "init that passes everything on": MIXIN
    + """
class Middleware(MiddlewareMixin):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.extra = 1
    def process_response(self, request, response):
        return response
""",
    "init with the old form of super": MIXIN
    + """
class Middleware(MiddlewareMixin):
    def __init__(self, get_response=None):
        super(Middleware, self).__init__(get_response)
    def process_request(self, request):
        pass
""",
    "init of the base called by name": MIXIN
    + """
class Middleware(MiddlewareMixin):
    def __init__(self, get_response=None):
        MiddlewareMixin.__init__(self, get_response)
    def process_request(self, request):
        pass
""",
    "call that extends the mixin's acall": MIXIN
    + """
from asgiref.sync import sync_to_async
class Middleware(MiddlewareMixin):
    def process_request(self, request):
        pass
    async def __acall__(self, request):
        await sync_to_async(len)("x")
        return await super().__acall__(request)
""",
    "acall of its own": MIXIN
    + """
class Middleware(MiddlewareMixin):
    def process_request(self, request):
        pass
    async def __acall__(self, request):
        return await self.get_response(request)
""",
    "several bases": MIXIN
    + """
class Before:
    def process_request(self, request):
        pass
class After:
    sync_capable = True
    async_capable = False
    def process_response(self, request, response):
        return response
class Middleware(Before, MiddlewareMixin, After):
    pass
""",
    "diamond": MIXIN
    + """
class Base(MiddlewareMixin):
    async_capable = False
class Left(Base):
    pass
class Right(Base):
    async_capable = True
    def process_request(self, request):
        pass
class Middleware(Left, Right):
    pass
""",
    "subclass of Django's own": """
from django.middleware.common import CommonMiddleware
class Middleware(CommonMiddleware):
    def __init__(self, get_response):
        super().__init__(get_response)
    def process_request(self, request):
        return None
    def process_response(self, request, response):
        return response
""",
    "base over packages and re-exports": {
        "mw.py": "from lib import Base\nclass Middleware(Base):\n    def process_response(self, q, r):\n        return r\n",
        "lib/__init__.py": "from .core import *\n",
        "lib/core.py": "from .deep.base import Renamed as Base, helper\n__all__ = ['Base']\n",
        "lib/deep/__init__.py": "",
        "lib/deep/base.py": MIXIN
        + "helper = 1\nclass Renamed(MiddlewareMixin):\n    async_capable = False\n",
    },
    "alias": MIXIN + "class Original(MiddlewareMixin):\n    pass\nMiddleware = Original\n",
    "alias of another module's": {
        "mw.py": "import other.parts as parts\nMiddleware = parts.Real\n",
        "other/__init__.py": "",
        "other/parts.py": MIXIN
        + "class Real(MiddlewareMixin):\n    def process_request(self, r):\n        pass\n",
    },
    "variable base": MIXIN
    + """
parent = MiddlewareMixin
class Middleware(parent):
    def process_request(self, request):
        pass
""",
    "base behind try and ImportError": """
try:
    from django.utils.deprecation import MiddlewareMixin
except ImportError:
    MiddlewareMixin = object
class Middleware(MiddlewareMixin):
    pass
""",
    "polyfill behind an import that fails": """
try:
    from django.utils.deprecation import NoSuchMixin as MiddlewareMixin
except ImportError:
    class MiddlewareMixin(object):
        def __init__(self, get_response=None):
            self.get_response = get_response
        def __call__(self, request):
            return self.get_response(request)
class Middleware(MiddlewareMixin):
    pass
""",
    "polyfill behind try, else": """
try:
    import no_such_module_anywhere
except (ImportError, AttributeError):
    from django.utils.deprecation import MiddlewareMixin as Base
else:
    Base = object
class Middleware(Base):
    pass
""",
    "import by name behind try": """
from importlib import import_module
try:
    Base = import_module("django.utils.deprecation").MiddlewareMixin
except ImportError:
    Base = object
class Middleware(Base):
    pass
""",
    "base by version of Django": """
import django
from django.utils.deprecation import MiddlewareMixin
if django.VERSION >= (1, 10):
    Base = MiddlewareMixin
else:
    Base = object
class Middleware(Base):
    pass
""",
    "conditional expression as base": MIXIN
    + """
from django import VERSION
class Middleware(MiddlewareMixin if VERSION[0] >= 2 and not VERSION < (3,) else object):
    pass
""",
    "class defined in a branch": """
import sys
import django
if sys.version_info < (3, 8) or django.get_version().startswith("1."):
    class Base:
        async_capable = False
else:
    from django.utils.deprecation import MiddlewareMixin as Base
class Middleware(Base):
    pass
""",
    "vendored mixin": """
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
class Vendored:
"""
    + HYBRID
    + """\
    async def __acall__(self, request):
        response = None
        if hasattr(self, "process_request"):
            response = await sync_to_async(self.process_request, thread_sensitive=True)(request)
        response = response or await self.get_response(request)
        if hasattr(self, "process_response"):
            response = await sync_to_async(self.process_response, thread_sensitive=True)(request, response)
        return response
class Middleware(Vendored):
    def process_response(self, request, response):
        return response
""",
    "function factory": """
def Middleware(get_response):
    def middleware(request):
        return get_response(request)
    return middleware
""",
    "sync and async function": """
import asyncio
from inspect import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware
@sync_and_async_middleware
def Middleware(get_response):
    if iscoroutinefunction(get_response):
        async def middleware(request):
            return await get_response(request)
    else:
        def middleware(request):
            return get_response(request)
    return middleware
""",
    "async-only function": """
from django.utils import decorators
@decorators.async_only_middleware
def Middleware(get_response):
    async def middleware(request):
        return await get_response(request)
    return middleware
""",
    "function decorated sync-only": """
from django.utils.decorators import sync_only_middleware as sync
@sync
def Middleware(get_response):
    return lambda request: get_response(request)
""",
    "flags set on the function": """
def Middleware(get_response):
    async def middleware(request):
        return await get_response(request)
    return middleware
Middleware.async_capable = True
Middleware.sync_capable = False
""",
    "factory that returns an instance": MIXIN
    + """
class Real(MiddlewareMixin):
    def process_request(self, request):
        pass
def Middleware(get_response):
    return Real(get_response)
""",
    "factory of factories": """
from django.utils.decorators import sync_and_async_middleware
def build(name):
    @sync_and_async_middleware
    def factory(get_response):
        async def middleware(request):
            return await get_response(request)
        return middleware
    return factory
Middleware = build("x")
""",
    "factory of classes": MIXIN
    + """
def build(flag):
    class Made(MiddlewareMixin):
        async_capable = flag
    return Made
Middleware = build(False)
""",
    "class made by type": MIXIN
    + """
Middleware = type("Middleware", (MiddlewareMixin,), {"async_capable": False})
""",
    "partial": """
from functools import partial
from django.utils.decorators import sync_and_async_middleware
@sync_and_async_middleware
def factory(get_response, option):
    return get_response
Middleware = partial(factory, option=1)
""",
    "decorator of its own": """
import functools
def tracked(factory):
    @functools.wraps(factory)
    def wrapper(get_response):
        return factory(get_response)
    return wrapper
def capable(factory):
    factory.async_capable = True
    return factory
@tracked
@capable
def Middleware(get_response):
    async def middleware(request):
        return await get_response(request)
    return middleware
""",
    "decorator that hides the flags": """
from django.utils.decorators import sync_and_async_middleware
def plain(factory):
    def wrapper(get_response):
        return factory(get_response)
    return wrapper
@plain
@sync_and_async_middleware
def Middleware(get_response):
    return get_response
""",
    "decorated class": """
from django.utils.decorators import sync_and_async_middleware
@sync_and_async_middleware
class Middleware:
"""
    + PASS_THROUGH,
    "instance as a factory": """
class Factory:
    async_capable = True
    def __init__(self, name):
        self.name = name
        self.sync_capable = False
    def __call__(self, get_response):
        async def middleware(request):
            return await get_response(request)
        return middleware
Middleware = Factory("x")
""",
    "hooks set on the inner function": """
def Middleware(get_response):
    def middleware(request):
        return get_response(request)
    async def process_view(request, view, args, kwargs):
        return None
    middleware.process_view = process_view
    return middleware
""",
    "hook that is a wrapped thread call": """
from asgiref.sync import markcoroutinefunction, sync_to_async
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
        self.process_view = self.watch
    async def watch(self, request, view, args, kwargs):
        return None
    @sync_to_async
    def process_template_response(self, request, response):
        return response
    async def __call__(self, request):
        return await self.get_response(request)
""",
    "dataclass": """
from collections.abc import Callable
from dataclasses import dataclass
@dataclass
class Middleware:
    get_response: Callable
    limit: int = 3
    async_capable = True
    async def __call__(self, request):
        return await self.get_response(request)
""",
    "generic base and abstract class": """
from abc import ABC, abstractmethod
from typing import Generic, TypeVar
T = TypeVar("T")
class Base(ABC, Generic[T]):
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
class Middleware(Base[int]):
    pass
""",
    "lazy names of a package": {
        "mw.py": "def __getattr__(name):\n"
        "    if name == 'Middleware':\n"
        "        from hidden import Middleware\n"
        "        return Middleware\n"
        "    raise AttributeError(name)\n",
        "hidden.py": MIXIN + "class Middleware(MiddlewareMixin):\n    pass\n",
    },
    "rebound class": MIXIN
    + """
class Middleware:
    async_capable = False
def improve(cls):
    class Improved(cls, MiddlewareMixin):
        async_capable = True
    return Improved
Middleware = improve(Middleware)
""",
    "new that chooses": MIXIN
    + """
class Middleware(MiddlewareMixin):
    instance = None
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)
    def process_request(self, request):
        pass
""",
    "dispatch behind typing.cast": """
from typing import Any, cast
from asgiref import sync
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(self.get_response):
            markcoroutinefunction(self)
    def __call__(self, request):
        if iscoroutinefunction(self):
            return cast(Middleware, self).__acall__(request)
        return self.get_response(request)
    async def __acall__(self, request):
        await sync.sync_to_async(self.before)(request)
        response = await cast(Any, self.get_response(request))
        await sync.sync_to_async(self.after)(response)
        return response
    def before(self, request):
        pass
    after = before
""",
    "dispatch to another object": """
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
class Core:
    def __init__(self, get_response):
        self.get_response = get_response
    async def arun(self, request):
        await sync_to_async(print)("before", end="")
        return await self.get_response(request)
    def run(self, request):
        return self.get_response(request)
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.core = Core(get_response)
        self.is_async = iscoroutinefunction(get_response)
        self.run = self.core.arun if self.is_async else self.core.run
        if self.is_async:
            markcoroutinefunction(self)
    def __call__(self, request):
        if self.is_async:
            return self.core.arun(request)
        return self.run(request)
""",
    "awaitable held by a name": """
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)
    def __call__(self, request):
        if iscoroutinefunction(self.get_response):
            answer = self.alater(request)
            return answer
        return self.get_response(request)
    async def alater(self, request):
        waiting = sync_to_async(str)(request)
        await waiting
        return await self.get_response(request)
""",
    "own awaitable test": """
import inspect
from asgiref.sync import sync_to_async
from django.utils.decorators import sync_and_async_middleware
@sync_and_async_middleware
def Middleware(get_response):
    def middleware(request):
        response = get_response(request)
        if inspect.isawaitable(response):
            return later(response)
        return response
    async def later(response):
        response = await response
        await sync_to_async(str)(response)
        return response
    return middleware
""",
    "channels-like wrapper class": """
from asgiref.sync import SyncToAsync, markcoroutinefunction
class DatabaseSyncToAsync(SyncToAsync):
    def thread_handler(self, loop, *args, **kwargs):
        return super().thread_handler(loop, *args, **kwargs)
database_sync_to_async = DatabaseSyncToAsync
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    @database_sync_to_async
    def look_up(self):
        return 1
    async def __call__(self, request):
        await database_sync_to_async(str)(1)
        return await self.get_response(request)
""",
    "standard library in a try": """
try:
    import os.path, unittest.mock
    from xml.etree import ElementTree
    import imp_that_never_was
except ImportError:
    flag = True
else:
    flag = False
try:
    import os.path
    from collections.abc import Callable
except ImportError:
    other = True
else:
    other = False
class Middleware:
    async_capable = flag
    sync_capable = other
"""
    + PASS_THROUGH,
    "suppressed import that fails": """
import contextlib
FLAG = False
with contextlib.suppress(ImportError):
    import imp_that_never_was
    FLAG = True
class Middleware:
    async_capable = FLAG
"""
    + PASS_THROUGH,
    "suppressed import that is there": """
from contextlib import suppress
FLAG = False
with suppress(ImportError, AttributeError):
    import json
    FLAG = True
class Middleware:
    async_capable = FLAG
"""
    + PASS_THROUGH,
    "failed assertion and raising call in a try": """
def fail():
    raise ValueError
try:
    assert False
    one = True
except AssertionError:
    one = False
try:
    fail()
    other = True
except ValueError:
    other = False
class Middleware:
    async_capable = one
    sync_capable = other
"""
    + PASS_THROUGH,
    "imported class with a flag set on it here": {
        "other.py": """
class Middleware:
    async_capable = False
"""
        + PASS_THROUGH,
        "mw.py": """
from other import Middleware
Middleware.async_capable = True
""",
    },
    "flags on a lambda": """
def wrap(get_response):
    def middleware(request):
        return get_response(request)
    return middleware
Middleware = lambda get_response: wrap(get_response)
Middleware.async_capable = True
""",
    "wraps without the dict": """
import functools
def plain(cls):
    @functools.wraps(cls, updated=())
    def factory(get_response):
        return cls(get_response)
    return factory
@plain
class Middleware:
    async_capable = True
"""
    + PASS_THROUGH,
    "result of a helper that nobody awaits": """
import contextvars
from asgiref.sync import markcoroutinefunction
scope = contextvars.ContextVar("scope", default=None)
def begin(value):
    return scope.set(value)
class Middleware:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        token = begin(1)
        try:
            return await self.get_response(request)
        finally:
            scope.reset(token)
""",
    "f-string names the flag": """
kind = "async"
class Middleware:
    locals_are_not_written = True
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
setattr(Middleware, f"{kind}_capable", True)
""",
    "inherited call kept in a name": MIXIN
    + """
class Middleware(MiddlewareMixin):
    def __call__(self, request):
        response = super().__call__(request)
        return response
    def process_response(self, request, response):
        return response
""",
    "inherited call got by its name": MIXIN
    + """
class Middleware(MiddlewareMixin):
    def __call__(self, request):
        response = getattr(super(), "__call__")(request)
        return response
    def process_response(self, request, response):
        return response
""",
    "call of the base by its class": MIXIN
    + """
class Middleware(MiddlewareMixin):
    def __call__(self, request):
        response = MiddlewareMixin.__call__(self, request)
        return response
    def process_request(self, request):
        return None
""",
    "call of the base by its module": """
import django.utils.deprecation
class Middleware(django.utils.deprecation.MiddlewareMixin):
    def __call__(self, request):
        response = django.utils.deprecation.MiddlewareMixin.__call__(self, request)
        return response
    def process_request(self, request):
        return None
""",
    "helper of another module that is handed get_response": {
        "mw.py": """
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from watch import watched
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)
    def __call__(self, request):
        response = watched(self.get_response, request)
        return response
""",
        "watch.py": """
from asgiref.sync import iscoroutinefunction, sync_to_async
def watched(handler, request):
    if not iscoroutinefunction(handler):
        return handler(request)
    async def run():
        await sync_to_async(str)(1)
        return await handler(request)
    return run()
""",
    },
    "answer of a delegate kept in a name": """
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
class Plain:
    def __init__(self, get_response):
        self.get_response = get_response
    def answer(self, request):
        return self.get_response(request)
class Awaited(Plain):
    async def answer(self, request):
        await sync_to_async(str)(1)
        return await self.get_response(request)
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.delegate = Awaited(get_response) if iscoroutinefunction(get_response) else Plain(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)
    def __call__(self, request):
        response = self.delegate.answer(request)
        return response
""",
    "helper of which only the truth is asked": """
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
def is_page(request):
    return str(request).endswith("/")
class Middleware:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        response = await self.get_response(request)
        if is_page(request) and not is_page(response):
            request = None
        return response
""",
}
