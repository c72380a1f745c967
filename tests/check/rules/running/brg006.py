"""BRG006: where state of a thread is kept, who writes it, and who reads it on the loop's thread.

Two requests are under way at once; the view answers what the state says of its own.
"""

from __future__ import annotations

import textwrap

HEAD = """
import threading, functools, weakref
from collections import defaultdict
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import get_ident, local
from asgiref.local import Local
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.utils.deprecation import MiddlewareMixin
from django.utils.decorators import async_only_middleware, sync_and_async_middleware
"""
WITHOUT = HEAD.replace("from contextvars import ContextVar\n", "")
VIEWS = """
# file: views.py
import asyncio
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from case import mw
{imports}
barriers = []


async def meet():
    # Both requests are past their middleware; `who` is read then.
    if not barriers:
        barriers.append(asyncio.Barrier(2))
    await asyncio.wait_for(barriers[0].wait(), 20)

{more}

async def view(request):
    await meet()
    return HttpResponse(str({read}))
"""


def views(read: str = "mw.current()", more: str = "", imports: str = "") -> str:
    return VIEWS.replace("{read}", read).replace("{more}", more).replace("{imports}", imports)


def sync(
    body: str,
    state: str = "state = local()",
    read: str = "return getattr(state, 'who', None)",
    more: str = "",
) -> str:
    """A sync-only middleware with a function that reads what it keeps."""
    return (
        f"{WITHOUT}\n{state}\n\ndef current():\n{textwrap.indent(read, '    ')}\n\n{more}\n\ndef M(get_response):\n    def middleware(request):\n"
        + textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
        + "\n        return get_response(request)\n    return middleware\n"
    )


def on_loop(
    body: str,
    state: str = "state = local()",
    read: str = "return getattr(state, 'who', None)",
    more: str = "",
) -> str:
    return (
        f"{WITHOUT}\n{state}\n\ndef current():\n{textwrap.indent(read, '    ')}\n\n{more}\n\n@async_only_middleware\ndef M(get_response):\n    async def middleware(request):\n"
        + textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
        + "\n        return await get_response(request)\n    return middleware\n"
    )


SET = "state.who = request.GET['who']"
V = views()
BROKEN = {
    "a function in a thread": sync(SET) + V,
    "a function on the loop": on_loop(SET) + V,
    "setattr": on_loop("setattr(state, 'who', request.GET['who'])") + V,
    "a helper": sync("keep(request)", more="def keep(request):\n    state.who = request.GET['who']\n") + V,
    "a helper of another module": "from case.store import keep, current\n"
    + sync("keep(request)", read="pass").replace("def current():\n    pass\n", "")
    + "\n# file: store.py\nfrom threading import local\nstate = local()\ndef keep(request):\n    state.who = request.GET['who']\ndef current():\n    return getattr(state, 'who', None)\n"
    + V,
    "by an alias": sync("kept = state\nkept.who = request.GET['who']") + V,
    "a subclass": sync(SET, "class State(local):\n    who = None\nstate = State()", "return state.who") + V,
    "a subclass with __init__": sync(
        SET,
        "class State(local):\n    def __init__(self):\n        self.who = None\nstate = State()",
        "return state.who",
    )
    + V,
    "a subclass's method": on_loop(
        "state.keep(request)",
        "class State(local):\n    who = None\n    def keep(self, request):\n        self.who = request.GET['who']\nstate = State()",
        "return state.who",
    )
    + V,
    "a subclass of a subclass": sync(
        SET,
        "class Base(threading.local):\n    pass\nclass State(Base):\n    who = None\nstate = State()",
        "return state.who",
    )
    + V,
    "a class attribute": sync(
        "Tracker.state.who = request.GET['who']",
        "class Tracker:\n    state = local()",
        "return getattr(Tracker.state, 'who', None)",
    )
    + V,
    "a class attribute, by class methods": on_loop(
        "Tracker.keep(request)",
        "class Tracker:\n    state = threading.local()\n    @classmethod\n    def keep(cls, request):\n        cls.state.who = request.GET['who']",
        "return getattr(Tracker.state, 'who', None)",
    )
    + V,
    "an object's attribute": sync(
        "store.keep(request)",
        "class Store:\n    def __init__(self):\n        self.local = local()\n    def keep(self, request):\n        self.local.who = request.GET['who']\nstore = Store()",
        "return getattr(store.local, 'who', None)",
    )
    + V,
    "a property": sync(
        "store.who = request.GET['who']",
        "class Store:\n    kept = local()\n    @property\n    def who(self):\n        return getattr(self.kept, 'who', None)\n    @who.setter\n    def who(self, value):\n        self.kept.who = value\nstore = Store()",
        "return store.who",
    )
    + V,
    "a dictionary by threads": sync(
        "state[get_ident()] = request.GET['who']", "state = {}", "return state.get(get_ident())"
    )
    + V,
    "a dictionary by threads, on the loop": on_loop(
        "state[threading.get_ident()] = request.GET['who']",
        "state = {}",
        "return state.get(threading.get_ident())",
    )
    + V,
    "a dictionary by thread objects": sync(
        "state[threading.current_thread()] = request.GET['who']",
        "state = {}",
        "return state.get(threading.current_thread())",
    )
    + V,
    "a weak dictionary by threads": sync(
        "state[threading.current_thread()] = request.GET['who']",
        "state = weakref.WeakKeyDictionary()",
        "return state.get(threading.current_thread())",
    )
    + V,
    "by the thread's ident": on_loop(
        "state[threading.current_thread().ident] = request.GET['who']",
        "state = dict()",
        "return state[threading.current_thread().ident]",
    )
    + V,
    "by the thread's name": sync(
        "state[threading.current_thread().name] = request.GET['who']",
        "state = {}",
        "return state.get(threading.current_thread().name)",
    )
    + V,
    "a default dictionary": sync(
        "state[get_ident()]['who'] = request.GET['who']",
        "state = defaultdict(dict)",
        "return state[get_ident()].get('who')",
    )
    + V,
    "a key by a name": sync(
        "key = get_ident()\nstate[key] = request.GET['who']",
        "state = {}",
        "key = get_ident()\nreturn state.get(key)",
    )
    + V,
    "a class's dictionary": sync(
        "Store.kept[get_ident()] = request.GET['who']",
        "class Store:\n    kept = {}",
        "return Store.kept.get(get_ident())",
    )
    + V,
    "a block": sync(
        "with kept(request):\n    return get_response(request)",
        more="@contextmanager\ndef kept(request):\n    state.who = request.GET['who']\n    try:\n        yield\n    finally:\n        state.who = None\n",
    )
    + V,
    "a block's object": sync(
        "with Kept(request):\n    return get_response(request)",
        more="class Kept:\n    def __init__(self, request):\n        self.request = request\n    def __enter__(self):\n        state.who = self.request.GET['who']\n    def __exit__(self, *exc):\n        del state.who\n",
    )
    + V,
    "a block on the loop": on_loop(
        "with kept(request):\n    return await get_response(request)",
        more="@contextmanager\ndef kept(request):\n    state.who = request.GET['who']\n    yield\n    state.who = None\n",
    )
    + V,
    "the mixin's hooks": f"{WITHOUT}\nstate = local()\ndef current():\n    return getattr(state, 'who', None)\nclass M(MiddlewareMixin):\n    def process_request(self, request):\n        state.who = request.GET['who']\n    def process_response(self, request, response):\n        state.who = None\n        return response\n"
    + V,
    "the mixin's view hook": f"{WITHOUT}\nstate = local()\ndef current():\n    return getattr(state, 'who', None)\nclass M(MiddlewareMixin):\n    def process_view(self, request, view, args, kwargs):\n        state.who = request.GET['who']\n"
    + V,
    "an async hook": f"{WITHOUT}\nstate = local()\ndef current():\n    return getattr(state, 'who', None)\nclass M(MiddlewareMixin):\n    async def process_view(self, request, view, args, kwargs):\n        state.who = request.GET['who']\n"
    + V,
    "a class attribute of the middleware": f"{WITHOUT}\nclass M:\n    state = local()\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n        self.state.who = request.GET['who']\n        return self.get_response(request)\n"
    + views("getattr(mw.M.state, 'who', None)"),
    "in try": sync("try:\n    state.who = request.GET['who']\nfinally:\n    pass") + V,
    "in a condition": sync("if request.method == 'GET':\n    state.who = request.GET['who']") + V,
    "by walrus": on_loop("if (who := request.GET.get('who')):\n    state.who = who") + V,
    "a whole dictionary": sync(
        "state.kept = {'who': request.GET['who']}", read="return getattr(state, 'kept', {}).get('who')"
    )
    + V,
    "the view by a name": sync(SET) + views("current()", imports="from case.mw import current"),
    "the view reads it itself": sync(SET)
    + views("getattr(state, 'who', None)", imports="from case.mw import state"),
    "the view through its own module": sync(SET)
    + views("who()", more="def who():\n    return mw.current()\n"),
    "the view through a service": sync(SET)
    + views("Service().who()", more="class Service:\n    def who(self):\n        return mw.current()\n"),
    "the view through an awaited helper": sync(SET)
    + views("(await who())", more="async def who():\n    return mw.current()\n"),
    "the view through a comprehension": sync(SET) + views("[read() for read in (mw.current,)][0]"),
    "hasattr": sync(SET, read="return state.who if hasattr(state, 'who') else None") + V,
    "try in the reader": sync(SET, read="try:\n    return state.who\nexcept AttributeError:\n    return None")
    + V,
    "a receiver": f"{WITHOUT}\nfrom django.core.signals import request_started\nstate = local()\ndef current():\n    return getattr(state, 'who', None)\ndef begin(sender, scope=None, **kwargs):\n    state.who = scope['query_string'].decode()[-1]\nrequest_started.connect(begin)\ndef M(get_response):\n    def middleware(request):\n        return get_response(request)\n    return middleware\n"
    + V,
    "a decorated receiver": f"{WITHOUT}\nfrom django.core.signals import request_started\nfrom django.dispatch import receiver\nstate = local()\ndef current():\n    return getattr(state, 'who', None)\n@receiver(request_started)\ndef begin(sender, **kwargs):\n    state.who = kwargs['scope']['query_string'].decode()[-1]\ndef M(get_response):\n    def middleware(request):\n        return get_response(request)\n    return middleware\n"
    + V,
    "a signal of its own": f"{WITHOUT}\nfrom django.dispatch import Signal, receiver\nstate = local()\nasks = Signal()\n@receiver(asks)\ndef answers(sender, **kwargs):\n    return getattr(state, 'who', None)\ndef current():\n    return asks.send(None)[0][1]\ndef M(get_response):\n    def middleware(request):\n        state.who = request.GET['who']\n        return get_response(request)\n    return middleware\n"
    + V,
    "a signal of another module": f"{WITHOUT}\nfrom case.signals import asks, keeps\ndef current():\n    return asks.send_robust(sender=None)[0][1]\nclass M:\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n        keeps.send(sender=None, who=request.GET['who'])\n        return self.get_response(request)\n"
    + "\n# file: signals.py\nimport threading\nfrom django.dispatch import Signal\nstate = threading.local()\nasks, keeps = Signal(), Signal()\ndef answers(sender, **kwargs):\n    return getattr(state, 'who', None)\ndef keep(sender, who, **kwargs):\n    state.who = who\nasks.connect(answers)\nkeeps.connect(keep)\n"
    + V,
    "a logging filter": sync(SET)
    + "\nimport logging\nclass Who(logging.Filter):\n    def filter(self, record):\n        record.who = current()\n        return True\n"
    "class Keep(logging.Handler):\n    def emit(self, record):\n        record.args[0].append(record.who)\n"
    + views(
        "told(request)",
        more="import logging\nlogger = logging.getLogger('shop')\ndef told(request):\n    seen = []\n    logger.warning('%s', seen)\n    return seen[0]\n",
    )
    + "\n# file: settings.py\nLOGGING = {'version': 1, 'disable_existing_loggers': False, 'filters': {'who': {'()': 'case.mw.Who'}},"
    " 'handlers': {'keep': {'class': 'case.mw.Keep', 'filters': ['who']}}, 'loggers': {'shop': {'handlers': ['keep'], 'propagate': False}}}\n",
}
LOOP_RIGHT = f"{HEAD}\n{{state}}\ndef current():\n    return {{read}}\n@async_only_middleware\ndef M(get_response):\n    async def middleware(request):\n        {{body}}\n        return await get_response(request)\n    return middleware\n"


def right(state: str, body: str, read: str) -> str:
    return LOOP_RIGHT.replace("{state}", state).replace("{body}", body).replace("{read}", read)


THREAD = views("(await sync_to_async(mw.current)())")
RIGHT = {
    "a context variable": right("state = ContextVar('who')", "state.set(request.GET['who'])", "state.get()")
    + V,
    "a context variable in a thread": sync(
        "state.set(request.GET['who'])",
        "from contextvars import ContextVar\nstate = ContextVar('who', default=None)",
        "return state.get()",
    )
    + V,
    "asgiref's Local, with another where there is none": right(
        "try:\n    from asgiref.local import Local as Kept\nexcept ImportError:\n    from threading import local as Kept\nstate = Kept()",
        "state.who = request.GET['who']",
        "state.who",
    )
    + V,
    "asgiref's Local": right("state = Local()", "state.who = request.GET['who']", "state.who") + V,
    "on the request": right("state = None", "request.who = request.GET['who']", "None")
    + views("request.who"),
    "a dictionary by requests": right(
        "state = weakref.WeakKeyDictionary()", "state[request] = request.GET['who']", "None"
    )
    + views("mw.state[request]"),
    "read in a thread": sync(SET) + THREAD,
    "read by a sync method in a thread": sync(SET)
    + views("(await sync_to_async(who)())", more="def who():\n    return mw.current()\n"),
    "hooks read it": f"{WITHOUT}\nstate = local()\nclass M(MiddlewareMixin):\n    def process_request(self, request):\n        state.who = request.GET['who']\n    def process_view(self, request, view, args, kwargs):\n        request.who = state.who\n"
    + views("request.who"),
    "the middleware reads it": sync(SET + "\nrequest.who = current()") + views("request.who"),
    "a subclass in a thread": sync(
        SET, "class State(local):\n    who = None\nstate = State()", "return state.who"
    )
    + THREAD,
    "a dictionary by threads, read in one": sync(
        "state[get_ident()] = request.GET['who']", "state = {}", "return state[get_ident()]"
    )
    + THREAD,
    "never read by the view": sync(SET) + views("request.GET['who']"),
    "another local is read": sync(SET, "state = local()\nother = local()", "return getattr(other, 'a', None)")
    + views("mw.current() or request.GET['who']"),
    "a client of the thread": on_loop(
        "request.client = client()",
        read="return None",
        more="def client():\n    if not hasattr(state, 'client'):\n        state.client = threading.RLock()\n    return state.client\n",
    )
    + views("request.GET['who']"),
    "a client of the thread, by getattr": on_loop(
        "request.client = client()",
        read="return None",
        more="def client():\n    found = getattr(state, 'client', None)\n    if found is None:\n        found = state.client = threading.RLock()\n    return found\n",
    )
    + views("request.GET['who']"),
    "a client of the thread, by except": on_loop(
        "request.client = client()",
        read="return None",
        more="def client():\n    try:\n        return state.client\n    except AttributeError:\n        state.client = threading.RLock()\n        return state.client\n",
    )
    + views("request.GET['who']"),
    "set only at import": right("state = local()\nstate.who = 1", "pass", "state.who")
    + views("request.GET['who']"),
    "an ordinary object": right(
        "class State:\n    pass\nstate = State()",
        "request.state = State(); request.state.who = request.GET['who']",
        "None",
    )
    + views("request.state.who"),
    "a function called local": f"{WITHOUT.replace('get_ident, local', 'get_ident')}\ndef local():\n    return Local()\nstate = local()\ndef current():\n    return state.who\n@async_only_middleware\ndef M(get_response):\n    async def middleware(request):\n        state.who = request.GET['who']\n        return await get_response(request)\n    return middleware\n"
    + V,
    "a sync view": sync(SET)
    + V.replace("async def view(request):\n    await meet()\n", "def view(request):\n"),
    "written in a thread from the loop": on_loop(
        "await sync_to_async(keep)(request)", more="def keep(request):\n    state.who = request.GET['who']\n"
    )
    + THREAD,
    "a lock by threads": on_loop("request.seen = get_ident()", read="return None")
    + views("request.GET['who']"),
}
