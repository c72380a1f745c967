"""BRG005: middleware written out as packages have it."""

from __future__ import annotations

BROKEN = {
    "last seen update": """\
from django.utils import timezone
from django.contrib.auth import get_user_model

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        user = await request.auser()
        get_user_model().objects.filter(pk=user.pk).update(last_login=timezone.now())
        return await self.get_response(request)
""",
    "update_or_create": """\
from shop.models import Tag

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        Tag.objects.update_or_create(name='a', defaults={'name': 'b'})
        return await self.get_response(request)
""",
    "bulk_create": """\
from shop.models import Tag

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        Tag.objects.bulk_create([Tag(name='a')])
        return await self.get_response(request)
""",
    "aggregate": """\
from django.db.models import Count
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.total = Note.objects.aggregate(n=Count('pk'))['n']
        return await self.get_response(request)
""",
    "in_bulk": """\
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.notes = Note.objects.in_bulk([1, 2])
        return await self.get_response(request)
""",
    "latest": """\
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        try:
            request.note = Note.objects.latest('pk')
        except Note.DoesNotExist:
            request.note = None
        return await self.get_response(request)
""",
    "iterator": """\
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        for note in Note.objects.iterator(chunk_size=5):
            pass
        return await self.get_response(request)
""",
    "raw": """\
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        list(Note.objects.raw('select * from shop_note'))
        return await self.get_response(request)
""",
    "delete": """\
from shop.models import Tag

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        Tag.objects.filter(name='zz').delete()
        return await self.get_response(request)
""",
    "session flush": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.session.flush()
        return await self.get_response(request)
""",
    "session cycle": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.session.cycle_key()
        return await self.get_response(request)
""",
    "set_expiry": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.session.set_expiry(300)
        return await self.get_response(request)
""",
    "session update": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.session.update({'a': 1})
        return await self.get_response(request)
""",
    "session is_empty": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        if request.session.is_empty():
            pass
        if not request.session.exists('abc'):
            pass
        return await self.get_response(request)
""",
    "authenticate": """\
from django.contrib.auth import authenticate

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        authenticate(request, username='ann', password='p')
        return await self.get_response(request)
""",
    "logout": """\
from django.contrib.auth import logout

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        logout(request)
        return await self.get_response(request)
""",
    "get_user": """\
from django.contrib.auth import get_user

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.who = get_user(request)
        return await self.get_response(request)
""",
    "getattr chain": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        user = getattr(request, 'user', None)
        if user is not None and user.is_authenticated:
            request.uid = user.id
        return await self.get_response(request)
""",
    "string of the user": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.who = str(request.user)
        return await self.get_response(request)
""",
    "percent": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.who = 'user %s' % request.user
        return await self.get_response(request)
""",
    "logger with user": """\
import logging
logger = logging.getLogger('x')

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        logger.warning('user %s', request.user.pk)
        return await self.get_response(request)
""",
    "hasattr of user": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.flag = hasattr(request.user, 'profile')
        return await self.get_response(request)
""",
    "user in dict": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        context = {'user': request.user}
        if context['user'].is_authenticated:
            pass
        return await self.get_response(request)
""",
    "model method in other module": """\
from case.services import Tracker

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        Tracker(request).track('view')
        return await self.get_response(request)

# file: services.py
from shop.models import Tag
class Tracker:
    def __init__(self, request):
        self.request = request
    def track(self, name):
        self._store(name)
    def _store(self, name):
        Tag.objects.create(name=name)
""",
    "module singleton": """\
from case.services import tracker

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        tracker.track('view')
        return await self.get_response(request)

# file: services.py
from shop.models import Tag
class Tracker:
    def track(self, name):
        Tag.objects.create(name=name)
tracker = Tracker()
""",
    "lru cached": """\
import functools
from shop.models import Note
@functools.lru_cache
def first():
    return Note.objects.first()

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.first = first()
        return await self.get_response(request)
""",
    "cached_property": """\
from django.utils.functional import cached_property
from shop.models import Note
class Ctx:
    @cached_property
    def notes(self):
        return list(Note.objects.all())

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.ctx = Ctx()
        request.n = len(request.ctx.notes)
        return await self.get_response(request)
""",
    "cache get_or_set": """\
from django.core.cache import caches
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        caches['default'].get_or_set('count', Note.objects.count, 1)
        return await self.get_response(request)
""",
    "cache get_or_set lambda": """\
from django.core.cache import cache
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.n = cache.get_or_set('count2', lambda: Note.objects.count())
        return await self.get_response(request)
""",
    "requests post": """\
import requests

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        requests.get('http://localhost:9/', timeout=1)
        return await self.get_response(request)
""",
    "subprocess check_output": """\
import subprocess

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.rev = subprocess.check_output(['git', 'rev-parse', 'HEAD'])
        return await self.get_response(request)
""",
    "os.system": """\
import os

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        os.system('true')
        return await self.get_response(request)
""",
    "socket": """\
import socket

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        socket.create_connection(('127.0.0.1', 9), 1)
        return await self.get_response(request)
""",
    "in the async mode of a hybrid": """\

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
class M:
    async_capable = sync_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)
    def __call__(self, request):
        if iscoroutinefunction(self):
            return self.__acall__(request)
        self.check(request)
        return self.get_response(request)
    async def __acall__(self, request):
        self.check(request)
        return await self.get_response(request)
    def check(self, request):
        if request.user.is_authenticated and not request.session.get("mfa"):
            request.mfa = False
""",
    "mixin overriding acall": """\

from django.utils.deprecation import MiddlewareMixin
from shop.models import Note
class M(MiddlewareMixin):
    def process_request(self, request):
        request.note = Note.objects.first()
    async def __acall__(self, request):
        self.process_request(request)
        return await self.get_response(request)
""",
    "generic process_exception": """\
from django.conf import settings

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        await self.audit(request)
        return await self.get_response(request)

    async def audit(self, request):
        entries = [self.entry(request, kind) for kind in ("a", "b")]
        return entries
    def entry(self, request, kind):
        return {"kind": kind, "user": request.user.get_username()}
""",
    "select_for_update": """\
from django.db import transaction
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        with transaction.atomic():
            Note.objects.select_for_update().first()
        return await self.get_response(request)
""",
    "on_commit": """\
from django.db import transaction

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        transaction.on_commit(lambda: None)
        with transaction.atomic():
            pass
        return await self.get_response(request)
""",
    "fk in template string": """\
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        note = await Note.objects.afirst()
        request.title = f'{note.title} by {note.author}'
        return await self.get_response(request)
""",
    "reverse fk": """\
from shop.models import Author

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        author = await Author.objects.afirst()
        request.n = author.note_set.count()
        return await self.get_response(request)
""",
    "chained manager func in other module": """\
from case import selectors

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.x = selectors.latest_titles(limit=3)
        return await self.get_response(request)

# file: selectors.py
from shop.models import Note
def base():
    return Note.objects.order_by("-pk")
def latest_titles(*, limit):
    return list(base().values_list("title", flat=True)[:limit])
""",
    "all connections closed": """\
from django.db import connections

from asgiref.sync import markcoroutinefunction
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        try:
            return await self.get_response(request)
        finally:
            self.clean()
    def clean(self):
        for alias in connections:
            connections[alias].close()
""",
}
RIGHT = {
    "only open connections closed": """\
from django.db import connections

from asgiref.sync import markcoroutinefunction
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        try:
            return await self.get_response(request)
        finally:
            self.clean()
    def clean(self):
        for alias in connections:
            conn = connections[alias]
            if conn.connection is None:
                continue
            if conn.in_atomic_block:
                conn.rollback()
            conn.close()
""",
    "user twins": """\
from django.contrib.auth import aget_user

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        user = await aget_user(request)
        request.uid = user.pk if user.is_authenticated else None
        return await self.get_response(request)
""",
    "session twins": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        await request.session.aset('a', 1)
        await request.session.aget('a')
        await request.session.apop('a', None)
        request.x = request.session.get('a')
        return await self.get_response(request)
""",
    "async comprehension to list": """\
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.notes = [note async for note in Note.objects.select_related('author')]
        request.names = [n.author.name for n in request.notes]
        return await self.get_response(request)
""",
    "acreate": """\
from shop.models import Tag

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        tag, made = await Tag.objects.aget_or_create(name='q')
        tag.name = 'r'
        await tag.asave(update_fields=['name'])
        await tag.adelete()
        return await self.get_response(request)
""",
    "atomic in a decorated thread": """\
from django.db import transaction
from shop.models import Note
from asgiref.sync import sync_to_async
@sync_to_async
@transaction.atomic
def touch():
    return Note.objects.select_for_update().count()

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.n = await touch()
        return await self.get_response(request)
""",
    "lazy attribute": """\
from django.utils.functional import SimpleLazyObject
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.note = SimpleLazyObject(lambda: Note.objects.first())
        return await self.get_response(request)
""",
    "partial for later": """\
from functools import partial
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.load = partial(Note.objects.get, pk=1)
        return await self.get_response(request)
""",
    "isinstance of raw attribute": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.has = 'user' in vars(request) or hasattr(request, 'user')
        return await self.get_response(request)
""",
    "queryset union": """\
from django.db.models import Q, Prefetch
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        qs = Note.objects.filter(Q(title='a') | Q(title='b')).union(Note.objects.none())
        request.qs = qs.order_by('title')
        return await self.get_response(request)
""",
    "str of query": """\
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.sql = str(Note.objects.filter(title='a').query)
        return await self.get_response(request)
""",
    "cache twins": """\
from django.core.cache import caches

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        await caches['db'].aset('k', 1)
        request.k = await caches['db'].aget('k')
        return await self.get_response(request)
""",
    "thread pool": """\
import concurrent.futures, time
POOL = concurrent.futures.ThreadPoolExecutor(1)

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        POOL.submit(time.sleep, 0)
        return await self.get_response(request)
""",
    "thread": """\
import threading, time

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        threading.Thread(target=time.sleep, args=(0,), daemon=True).start()
        return await self.get_response(request)
""",
    "asyncio sleep": """\
from asyncio import sleep

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        await sleep(0)
        return await self.get_response(request)
""",
    "httpx async": """\
import httpx

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        client = httpx.AsyncClient
        request.client = client
        return await self.get_response(request)
""",
    "in the sync branch of a hybrid": """\

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
class M:
    async_capable = sync_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        self.async_mode = iscoroutinefunction(get_response)
        if self.async_mode:
            markcoroutinefunction(self)
    def __call__(self, request):
        if self.async_mode:
            return self.__acall__(request)
        request.uid = request.user.pk
        return self.get_response(request)
    async def __acall__(self, request):
        request.uid = (await request.auser()).pk
        return await self.get_response(request)
""",
    "process_view sync of a native": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        pass
        return await self.get_response(request)

    async def process_view(self, request, view_func, view_args, view_kwargs):
        request.view_name = view_func.__name__
        return None
""",
    "fields of awaited user": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        user = await request.auser()
        request.line = f'{user} {user.get_username()} {user.is_staff} {user.pk}'
        return await self.get_response(request)
""",
    "fk id and cached": """\
from shop.models import Note, Author

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        author = await Author.objects.afirst()
        note = Note(title='n', author=author)
        request.name = note.author.name
        return await self.get_response(request)
""",
    "values in async for": """\
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        async for row in Note.objects.values('title', 'author__name'):
            row['author__name']
        return await self.get_response(request)
""",
    "alist by sync_to_async list": """\
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.notes = await sync_to_async(list)(Note.objects.all())
        return await self.get_response(request)
""",
    "lambda attr in thread": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.staff = await sync_to_async(lambda: request.user.is_staff)()
        return await self.get_response(request)
""",
    "user loaded in a thread first": """\

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.user = await request.auser()
        request.line = str(request.user.pk)
        return await self.get_response(request)
""",
    "aiter": """\
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        request.notes = [n.title async for n in Note.objects.filter(title='a').aiterator()]
        return await self.get_response(request)
""",
    "an executor of the loop": """\
import asyncio
from shop.models import Note

from asgiref.sync import markcoroutinefunction, sync_to_async
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        loop = asyncio.get_running_loop()
        request.n = await loop.run_in_executor(None, lambda: 1)
        return await self.get_response(request)
""",
}
