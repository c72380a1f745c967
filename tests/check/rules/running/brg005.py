"""BRG005: what blocks, each in some of the places that code on the loop reaches."""

from __future__ import annotations

import textwrap

IMPORTS = """
import asyncio, subprocess, threading, time, urllib.request
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass
from functools import partial, wraps, cached_property
from operator import attrgetter, methodcaller
from asgiref.sync import async_to_sync, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.contrib.sites.shortcuts import get_current_site
from django.core.cache import cache, caches
from django.db import connection, connections, transaction
from django.shortcuts import get_object_or_404
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from django.utils.decorators import sync_and_async_middleware
import httpx
import requests
from shop.models import Note, Tag
"""
BLOCKING = {
    "attribute": "request.user.is_staff",
    "text": 'f"{request.user}"',
    "format": '"{}".format(request.user)',
    "comparison": "request.user == 3",
    "truth": "bool(request.user)",
    "kind": "isinstance(request.user, str)",
    "attrgetter": 'attrgetter("user.pk")(request)',
    "getattr": 'getattr(request, "user").pk',
    "session get": 'request.session.get("theme")',
    "session methodcaller": 'methodcaller("get", "theme")(request.session)',
    "session in": '"theme" in request.session',
    "session items": "dict(request.session.items())",
    "session pop": 'request.session.pop("theme", None)',
    "session expiry": "request.session.get_expiry_age()",
    "count": "Note.objects.count()",
    "exists": "Note.objects.filter(title='a').exclude(pk=7).exists()",
    "comprehension": "[note.title for note in Note.objects.all()]",
    "slice": "list(Note.objects.all()[:2])",
    "index": "Note.objects.all()[0]",
    "values": "list(Note.objects.values_list('title', flat=True))",
    "membership": "3 in Note.objects.values_list('pk', flat=True)",
    "next": "next(iter(Note.objects.all()))",
    "own manager": "Note.recent.titles()",
    "own manager's set": "Note.recent.fresh().count()",
    "own query set": "Note.sets.titles()",
    "own class method": "Note.first_title()",
    "save": "Tag(name='x').save()",
    "get or create": "Tag.objects.get_or_create(name='x')",
    "404": "get_object_or_404(Note, title='a')",
    "site": "get_current_site(request)",
    "site's manager": "Site.objects.get_current()",
    "content type": "ContentType.objects.get_for_model(Note)",
    "cursor": "connection.cursor()",
    "another cursor": "connections['default'].cursor()",
    "cache": "caches['db'].get('x')",
    "sleep": "time.sleep(0)",
    "process": "subprocess.run(['true'])",
    "urlopen": "urllib.request.urlopen('http://127.0.0.1:9')",
    "requests": "requests.Session().get('http://127.0.0.1:9')",
    "httpx": "httpx.get('http://127.0.0.1:9')",
    "back to the loop": "async_to_sync(pause)()",
    "users": "get_user_model().objects.first()",
    "lazy": "SimpleLazyObject(lambda: request.user.pk) == 1",
}
RIGHT_EXPRESSIONS = {
    "untouched": "request.user",
    "none": "request.user is None",
    "method": "request.method",
    "lazy set": "Note.objects.filter(title='a').order_by('pk')",
    "lazy slice": "Note.objects.all()[:3]",
    "own manager's set": "Note.recent.fresh()",
    "unsaved": "Tag(name='x').name",
    "session itself": "request.session",
    "session key": "request.session.session_key",
    "local cache": "cache.get('x')",
    "own": "Note(title='a').shout()",
    "handed over": "sync_to_async(time.sleep)",
    "lazy": "SimpleLazyObject(lambda: request.user.pk)",
    "generator": "(note for note in [1])",
    "partial": "partial(time.sleep, 1)",
    "unused": "{'sleep': time.sleep}",
    "a function": "lambda: request.user.pk",
    "cursor": "connection.cursor",
    "vendor": "connection.vendor",
    "string": "'{}'.format(request.path)",
}
CLASS = """
class M{base}:
    async_capable = True
    sync_capable = False

    def __init__(self, get_response):
        self.get_response = get_response
        self.made = {made}
        markcoroutinefunction(self)

    async def __call__(self, request):
{body}
        return await self.get_response(request)
{more}
"""
LOOK = """
async def pause():
    await asyncio.sleep(0)


def look(request):
    return {E}
"""


def native(body: str, *, before: str = LOOK, more: str = "", base: str = "", made: str = "None") -> str:
    return (
        IMPORTS
        + before
        + CLASS.replace("{base}", base)
        .replace("{made}", made)
        .replace("{body}", textwrap.indent(textwrap.dedent(body).strip(), " " * 8))
        .replace("{more}", textwrap.indent(textwrap.dedent(more), " " * 4))
    )


HELPERS = f"# file: helpers.py\n{IMPORTS}{LOOK}"
PAUSE = LOOK.partition("\n\ndef look")[0]
PLACES = {
    "in the coroutine": native("seen = {E}", before=PAUSE),
    "a function": native("look(request)"),
    "a method": native("self.look(request)", more="def look(self, request):\n    return {E}\n", before=PAUSE),
    "another module": "from case.helpers import look\n" + native("look(request)", before="") + HELPERS,
    "another module, by another name": "from . import helpers as h\n"
    + native("h.look(request)", before="")
    + HELPERS,
    "a name for it": native("see = look\nsee(request)"),
    "an inherited method": "from .helpers import Base\n"
    + native("self.look(request)", before="", base="(Base)")
    + HELPERS
    + "\nclass Root:\n    def look(self, request):\n        return look(request)\nclass Base(Root):\n    pass\n",
    "partial": native("partial(look, request)()"),
    "a partial in __init__": native("self.made(request)", made="partial(look)"),
    "a dictionary": native(
        "TABLE[request.method](request)", before=LOOK + "\nTABLE = {'GET': look, 'POST': len}\n"
    ),
    "a dictionary's get": native(
        "TABLE.get(request.method, len)(request)", before=LOOK + "\nTABLE = dict(GET=look, POST=len)\n"
    ),
    "walrus": native("if (seen := look(request)): pass"),
    "conditional expression": native("seen = look(request) if request.method == 'GET' else None"),
    "and": native("request.method == 'GET' and look(request)"),
    "comprehension": native("seen = [look(request) for _ in range(1)]"),
    "finally": native("try:\n    pass\nfinally:\n    look(request)"),
    "else": native("try:\n    seen = 1\nexcept KeyError:\n    raise\nelse:\n    look(request)"),
    "match": native(
        "match request.method:\n    case 'GET':\n        look(request)\n    case _:\n        pass"
    ),
    "nested": native("def inner():\n    return look(request)\ninner()"),
    "lambda": native("(lambda r: look(r))(request)"),
    "static method": native("self.look(request)", more="look = staticmethod(look)\n"),
    "decorated static method": native(
        "M.see(request)", more="@staticmethod\ndef see(request):\n    return look(request)\n"
    ),
    "class method": native(
        "self.see(request)", more="@classmethod\ndef see(cls, request):\n    return look(request)\n"
    ),
    "property": native(
        "self.request = request\nself.seen",
        more="@property\ndef seen(self):\n    return look(self.request)\n",
    ),
    "dataclass": native(
        "Seen(request).look()",
        before=LOOK
        + "\n@dataclass\nclass Seen:\n    request: object\n    def look(self):\n        return look(self.request)\n",
    ),
    "an object's __init__": native(
        "Seen(request)",
        before=LOOK + "\nclass Seen:\n    def __init__(self, request):\n        self.seen = look(request)\n",
    ),
    "a callable object": native(
        "self.made(request)",
        made="Seen()",
        before=LOOK + "\nclass Seen:\n    def __call__(self, request):\n        return look(request)\n",
    ),
    "decorated": native(
        "see(request)",
        before=LOOK
        + "\ndef noted(function):\n    @wraps(function)\n    def inner(*args, **kwargs):\n        return function(*args, **kwargs)\n"
        "    return inner\n\n@noted\ndef see(request):\n    return look(request)\n",
    ),
    "a context manager": native(
        "with seen(request):\n    pass",
        before=LOOK + "\n@contextmanager\ndef seen(request):\n    yield look(request)\n",
    ),
    "a block's end": native(
        "with Seen(request):\n    pass",
        before=LOOK
        + "\nclass Seen:\n    def __init__(self, request):\n        self.request = request\n    def __enter__(self):\n"
        "        return self\n    def __exit__(self, *exc):\n        look(self.request)\n",
    ),
    "an exit stack": native("with ExitStack() as stack:\n    stack.callback(look, request)"),
    "a generator": native(
        "for seen in each(request):\n    pass",
        before=LOOK + "\ndef each(request):\n    yield look(request)\n",
    ),
    "map": native("list(map(look, [request]))"),
    "any": native("any(look(r) is None for r in [request])"),
    "a key": native("sorted([request], key=look)\nmax([request], key=look)"),
    "awaited": native(
        "await self.see(request)", more="async def see(self, request):\n    return look(request)\n"
    ),
    "gathered": native(
        "await asyncio.gather(self.see(request))",
        more="async def see(self, request):\n    return look(request)\n",
    ),
    "process_view": native(
        "pass", more="async def process_view(self, request, view, args, kwargs):\n    look(request)\n"
    ),
    "a list of functions": native(
        "for check in CHECKS:\n    check(request)", before=LOOK + "\nCHECKS = [look]\n"
    ),
    "registered in __init__": native(
        "for check in self.made:\n    check(request)", made="[]\n        self.made.append(look)"
    ),
    "an async block": native(
        "async with Seen(request):\n    pass",
        before=LOOK
        + "\nclass Seen:\n    def __init__(self, request):\n        self.request = request\n    async def __aenter__(self):\n"
        "        look(self.request)\n    async def __aexit__(self, *exc):\n        pass\n",
    ),
    "given on by keyword": native(
        "self.see(look=look, request=request)",
        more="def see(self, *, look, request):\n    return look(request)\n",
    ),
    "starred": native(
        "self.see(request)", more="def see(self, *args, **kwargs):\n    return look(*args, **kwargs)\n"
    ),
    "super": native(
        "self.look(request)",
        before=LOOK + "\nclass Base:\n    def look(self, request):\n        return look(request)\n",
        base="(Base)",
        more="def look(self, request):\n    return super().look(request)\n",
    ),
}
PLACES["a setting"] = native("import_string(settings.HOOK)(request)", before="") + HELPERS
PLACES["a list in the settings"] = (
    native("for path in settings.HOOKS:\n    import_string(path)(request)", before="") + HELPERS
)
PLACES["a setting, loaded once"] = (
    native(
        "load()(request)", before="\ndef load():\n    return import_string(getattr(settings, 'HOOK', None))\n"
    )
    + HELPERS
)
PLACES["a factory"] = (
    IMPORTS
    + LOOK
    + """
@sync_and_async_middleware
def M(get_response):
    async def middleware(request):
        look(request)
        return await get_response(request)
    return middleware
"""
)
PLACES["after the view"] = (
    IMPORTS
    + LOOK
    + CLASS.replace("{base}", "")
    .replace("{made}", "None")
    .replace("{more}", "")
    .replace(
        "{body}\n        return await self.get_response(request)",
        "        response = await self.get_response(request)\n        look(request)\n        return response",
    )
)
EXTRA_BROKEN = {
    "a receiver": native(
        "told.send(sender=None, request=request)",
        before=LOOK
        + "\nfrom django.dispatch import Signal, receiver\ntold = Signal()\n@receiver(told)\ndef hear(sender, request, **kwargs):\n"
        "    return request.user.pk\n",
    ),
    "an async receiver": native(
        "await told.asend(sender=None, request=request)",
        before=LOOK
        + "\nfrom django.dispatch import Signal, receiver\ntold = Signal()\n@receiver([told])\nasync def hear(sender, request, **kwargs):\n"
        "    return request.user.pk\n",
    ),
    "the truth of the user": native("if request.user:\n    pass"),
    "a guard by the user": native("name = request.user and request.user.pk"),
    "the user handed on": native(
        "tell(request.user)", before=LOOK + "\ndef tell(who):\n    return who.username\n"
    ).replace("{E}", "None"),
    "the user kept": native(
        "self.made = request.user\nself.tell()", more="def tell(self):\n    return self.made.pk\n"
    ),
    "the user in a tuple": native("who, path = request.user, request.path\nwho.pk"),
    "session item": native("request.session['theme'] = 'light'"),
    "session read": native("theme = request.session['theme']"),
    "session deleted": native("del request.session['theme']"),
    "session loop": native("for key in request.session.keys():\n    pass"),
    "session by a name": native("session = request.session\nsession.setdefault('a', 1)"),
    "session added to": native("request.session['n'] = request.session.get('n', 0) + 1"),
    "transaction": native("with transaction.atomic():\n    pass"),
    "decorated by a transaction": native(
        "change()", before=LOOK + "\n@transaction.atomic\ndef change():\n    pass\n"
    ),
    "a cursor's block": native("with connection.cursor() as cursor:\n    cursor.execute('SELECT 1')"),
    "a loop over a set": native("for note in Note.objects.filter(title='a'):\n    pass"),
    "the truth of a set": native("notes = Note.objects.all()\nif notes:\n    pass"),
    "its length": native("notes = Note.objects.all()\ncount = len(notes)"),
    "a foreign key": native("note = await Note.objects.aget(title='a')\nname = note.author.name"),
    "a foreign key in a loop": native("async for note in Note.objects.all():\n    note.author.name"),
    "many to many": native(
        "note = await Note.objects.afirst()\nnames = [tag.name for tag in note.tags.all()]"
    ),
    "add": native("note = await Note.objects.afirst()\nnote.tags.clear()"),
    "a row's save": native("note = await Note.objects.afirst()\nnote.title = 'a'\nnote.save()"),
    "a row's own method": native("note = await Note.objects.afirst()\nnote.publish()"),
    "refresh": native("note = await Note.objects.afirst()\nnote.refresh_from_db()"),
    "permission of the awaited user": native("user = await request.auser()\nuser.has_perm('shop.x')"),
    "groups of the awaited user": native(
        "user = await request.auser()\nuser.groups.filter(name='a').exists()"
    ),
    "wrong twin": native(
        "await sync_to_async(Note.objects.filter)(title='a')\nNote.objects.update(title='a')"
    ),
    "lazy from a thread": native("notes = await sync_to_async(Note.objects.all)()\nlist(notes)").replace(
        "{E}", "None"
    ),
    "joined": native("names = ', '.join(n.title for n in Note.objects.all())"),
    "sum": native("total = sum(n.pk for n in Note.objects.all())"),
}
EXTRA_RIGHT = {
    "a receiver in a thread": native(
        "await told.asend(sender=None, request=request)",
        before=LOOK
        + "\nfrom django.dispatch import Signal, receiver\ntold = Signal()\n@receiver(told)\ndef hear(sender, request, **kwargs):\n"
        "    return request.user.pk\n",
    ),
    "another signal": native(
        "told.send(sender=None, request=request)",
        before=LOOK
        + "\nfrom django.dispatch import Signal, receiver\ntold, other = Signal(), Signal()\n@receiver(other)\ndef hear(sender, request, **kwargs):\n"
        "    return request.user.pk\n",
    ),
    "awaited user": native("user = await request.auser()\nstaff = user.is_staff and user.username"),
    "awaited session": native(
        "theme = await request.session.aget('theme')\nagain = request.session['theme']"
    ),
    "awaited twins": native("await Note.objects.acount()\nawait Note.objects.filter(title='a').afirst()"),
    "async for": native(
        "titles = [n.title async for n in Note.objects.all()]\nasync for n in Note.objects.all():\n    n.title"
    ),
    "selected": native(
        "note = await Note.objects.select_related('author').aget(title='a')\nname = note.author.name"
    ),
    "prefetched": native(
        "note = await Note.objects.prefetch_related('tags').aget(title='a')\n[t.name for t in note.tags.all()]"
    ),
    "made with its key": native("note = await Note.objects.aget(title='a')\nnote.author_id"),
    "async save": native("tag = Tag(name='y')\nawait tag.asave()"),
    "in a thread": native("await sync_to_async(look)(request)").replace("{E}", "request.user.is_staff"),
    "lambda in a thread": native("await sync_to_async(lambda: list(Note.objects.all()))()"),
    "to_thread": native("await asyncio.to_thread(time.sleep, 0)"),
    "executor": native("await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0)"),
    "decorated for a thread": native(
        "await see(request)",
        before=LOOK + "\n@sync_to_async\ndef see(request):\n    return request.user.pk\n",
    ).replace("{E}", "None"),
    "decorated with arguments": native(
        "await see(request)",
        before=LOOK
        + "\n@sync_to_async(thread_sensitive=True)\ndef see(request):\n    return request.user.pk\n",
    ).replace("{E}", "None"),
    "a method in a thread": native(
        "await sync_to_async(self.look)(request)",
        more="def look(self, request):\n    return request.user.is_staff\n",
    ),
    "partial in a thread": native("await sync_to_async(partial(look, request))()").replace(
        "{E}", "request.user.pk"
    ),
    "a transaction in a thread": native(
        "await sync_to_async(change)()",
        before=LOOK + "\n@transaction.atomic\ndef change():\n    Note.objects.update(title='a')\n",
    ),
    "its own user": native(
        "request.user = Guest()\nname = request.user.name", before=LOOK + "\nclass Guest:\n    name = 'g'\n"
    ),
    "a sync hook": IMPORTS
    + "from django.utils.deprecation import MiddlewareMixin\nclass M(MiddlewareMixin):\n    def process_request(self, request):\n"
    "        request.staff = request.user.is_staff and request.session.get('theme')\n"
    "    def process_view(self, request, view, args, kwargs):\n        Note.objects.count()\n",
    "a dispatching class": IMPORTS
    + "from asgiref.sync import iscoroutinefunction\n"
    + """
class M:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)
    def __call__(self, request):
        if self.is_async:
            return self.later(request)
        request.staff = request.user.is_staff
        return self.get_response(request)
    async def later(self, request):
        request.staff = (await request.auser()).is_staff
        return await self.get_response(request)
""",
    "a dispatching factory": IMPORTS
    + "from asgiref.sync import iscoroutinefunction\n"
    + """
@sync_and_async_middleware
def M(get_response):
    if iscoroutinefunction(get_response):
        async def middleware(request):
            return await get_response(request)
    else:
        def middleware(request):
            Note.objects.count()
            return get_response(request)
    return middleware
""",
    "never called": native("pass", more="def look(self, request):\n    return request.user.is_staff\n"),
    "only while loading": native("pass", made="str(settings.SITE_ID)"),
    "signed session": native("theme = request.session.get('theme')")
    + "\n# file: settings.py\nSESSION_ENGINE = 'django.contrib.sessions.backends.signed_cookies'\n",
    "without sites": native("get_current_site(request)")
    + "\n# file: settings.py\nINSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'django.contrib.sessions', 'shop']\n",
    "a condition that is off": native("if settings.SLOW:\n    time.sleep(1)")
    + "\n# file: settings.py\nSLOW = False\n",
    "an iterator of a list": native("notes = [1, 2]\nfor note in notes:\n    pass\nlen(notes)"),
    "a form's save": native(
        "Form().save()", before=LOOK + "\nclass Form:\n    def save(self):\n        return 1\n"
    ),
    "something else's get": native("requests = {'a': 1}\nrequests.get('a')\ncache = {}\ncache.get('x')"),
}
_BLOCKING, _PLACES = list(BLOCKING.items()), list(PLACES.items())


def _combined() -> dict[str, str]:
    """Each expression in one place at least, and each place with one expression at least."""
    made = {}
    for number in range(max(len(_BLOCKING), len(_PLACES))):
        kind, expression = _BLOCKING[number % len(_BLOCKING)]
        place, source = _PLACES[(number + 17) % len(_PLACES)]
        made[f"{kind}, {place}"] = source.replace("{E}", expression)
    return made


BROKEN = {**_combined(), **{name: source.replace("{E}", "None") for name, source in EXTRA_BROKEN.items()}}
RIGHT = {
    **{
        f"{kind}, {place}": source.replace("{E}", expression)
        for number, (kind, expression) in enumerate(RIGHT_EXPRESSIONS.items())
        for place, source in [_PLACES[(3 * number) % len(_PLACES)]]
    },
    **{name: source.replace("{E}", "None") for name, source in EXTRA_RIGHT.items()},
}
