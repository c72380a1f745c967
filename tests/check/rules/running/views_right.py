"""What looks like `views_broken`, and works."""

from __future__ import annotations

from collections.abc import Mapping

RIGHT: Mapping[str, Mapping[str, str]] = {
    "BRG023": {
        "settings dict": """\
async def a(request):
    return HttpResponse(connection.vendor)
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

from django.db import connection
class Layer:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        connection.tenant = 'here'
        return self.get_response(request)
""",
        "another object called connection": """\
from PACKAGE.layer import connection as conn
async def a(request):
    return HttpResponse(conn.tenant)
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

class Connection:
    tenant = None
connection = Connection()
class Layer:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        connection.tenant = 'here'
        return self.get_response(request)
""",
        "handed on by the request": """\
async def a(request):
    request.bind(connection)
    return HttpResponse(connection.tenant)
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

class Layer:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        request.bind = lambda connection: setattr(connection, 'tenant', 'here')
        return self.get_response(request)
""",
        "read in a to_sync helper of a class": """\
class Q:
    def read(self):
        return getattr(connection, 'tenant', 'lost')
async def a(request):
    return HttpResponse(await sync_to_async(Q().read)())
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

from django.db import connection
class Layer:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        connection.tenant = 'here'
        return self.get_response(request)
""",
        "set again by the view": """\
async def a(request):
    connection.tenant = 'mine'
    return HttpResponse(connection.tenant)
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

from django.db import connection
class Layer:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        connection.tenant = 'here'
        return self.get_response(request)
""",
        "set in a thread by a native": """\
def asked():
    return getattr(connection, 'tenant', 'lost')
async def a(request):
    return HttpResponse(await sync_to_async(asked)())
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

from asgiref.sync import markcoroutinefunction, sync_to_async
from django.db import connection
class Layer:
    sync_capable, async_capable = False, True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        await self.bind('here')
        return await self.get_response(request)
    @sync_to_async
    def bind(self, name):
        connection.tenant = name
""",
    },
    "BRG024": {
        "post_migrate handler": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
from django.db.models.signals import post_migrate
def fill(sender, **kwargs):
    from django.contrib.auth.models import Group
    Group.objects.get_or_create(name='x')
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        post_migrate.connect(fill, sender=self)
""",
        "imports signals": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        from PACKAGE import signals
# file: signals.py
from django.contrib.auth.models import Group
from django.db.models.signals import post_save
from django.dispatch import receiver
@receiver(post_save, sender=Group)
def on_save(sender, instance, **kwargs):
    Group.objects.filter(pk=instance.pk).count()
""",
        "lazy module set": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        from PACKAGE import lookups
# file: lookups.py
from django.contrib.auth.models import Group
STAFF = Group.objects.filter(name='staff')
""",
        "get_model alone": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        self.user_model = self.apps.get_model('auth', 'User') if hasattr(self, 'apps') and self.apps else None
""",
        "connection_created": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
from django.db.backends.signals import connection_created
def pragma(sender, connection, **kwargs):
    with connection.cursor() as cursor:
        cursor.execute('select 1')
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        connection_created.connect(pragma)
""",
        "lazy object": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
from django.utils.functional import SimpleLazyObject
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        from django.contrib.auth.models import Group
        self.first = SimpleLazyObject(Group.objects.first)
""",
        "lock of runserver": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
import os, sys
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        if 'runserver' not in sys.argv:
            return
        from django.contrib.auth.models import Group
        Group.objects.count()
""",
    },
    "BRG101": {
        "own decorator that awaits": """\
def stamped(f):
    @functools.wraps(f)
    async def wrap(request, *args, **kwargs):
        response = await f(request, *args, **kwargs)
        response['X'] = '1'
        return response
    return wrap
@stamped
async def a(request):
    return HttpResponse('a')
""",
        "decorator asks": """\
import inspect
def stamped(f):
    if inspect.iscoroutinefunction(f):
        @functools.wraps(f)
        async def wrap(request):
            response = await f(request)
            response['X'] = '1'
            return response
        return wrap
    @functools.wraps(f)
    def plain(request):
        response = f(request)
        response['X'] = '1'
        return response
    return plain
@stamped
async def a(request):
    return HttpResponse('a')
""",
        "registers": """\
VIEWS = []
def register(f):
    VIEWS.append(f)
    return f
@register
async def a(request):
    return HttpResponse('a')
""",
        "dispatch that is async": """\
class A(View):
    async def get(self, request):
        return HttpResponse('a')
    async def dispatch(self, request, *args, **kwargs):
        response = await super().dispatch(request, *args, **kwargs)
        response['X'] = '1'
        return response
""",
        "marks csrf exempt": """\
@csrf_exempt
@require_GET
@never_cache
@cache_control(private=True)
async def a(request):
    return HttpResponse('a')
""",
        "dispatch with a look": """\
class A(View):
    async def get(self, request):
        return HttpResponse('a')
    def dispatch(self, request, *args, **kwargs):
        self.started = timezone.now()
        return super().dispatch(request, *args, **kwargs)
""",
        "async_to_sync around": """\
def stamped(f):
    def wrap(request):
        response = async_to_sync(f)(request)
        response['X'] = '1'
        return response
    return wrap
@stamped
async def a(request):
    return HttpResponse('a')
""",
        "method_decorator of handlers": """\
@method_decorator(never_cache, name='get')
class A(View):
    async def get(self, request):
        return HttpResponse('a')
""",
        "try around the call": """\
def safe(f):
    @functools.wraps(f)
    async def inner(request):
        try:
            return await f(request)
        except ValueError:
            return HttpResponse('v')
    return inner
@safe
async def a(request):
    return HttpResponse('a')
""",
        "composed of what knows": """\
def compose(*decorators):
    def wrapper(view):
        for decorator in reversed(decorators):
            view = decorator(view)
        return view
    return wrapper
@compose(never_cache, xframe_options_deny)
async def a(request):
    return HttpResponse('a')
""",
        "asks the result": """\
def stamped(f):
    @functools.wraps(f)
    async def inner(request):
        response = f(request)
        if asyncio.iscoroutine(response):
            response = await response
        response['X'] = '1'
        return response
    return inner
@stamped
async def a(request):
    return HttpResponse('a')
""",
        "dispatch that awaits": """\
class A(View):
    async def get(self, request):
        return HttpResponse('a')
    def dispatch(self, request, *args, **kwargs):
        return self.later(super().dispatch(request, *args, **kwargs))
    async def later(self, coroutine):
        response = await coroutine
        response['X'] = '1'
        return response
""",
        "dispatch of a sync class": """\
class Stamps:
    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        response['X'] = '1'
        return response
class A(Stamps, View):
    def get(self, request):
        return HttpResponse('a')
async def b(request):
    return HttpResponse('b')
""",
        "dispatch of both kinds": """\
class Stamps:
    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        if self.view_is_async:
            async def later():
                result = await response
                result['X'] = '1'
                return result
            return later()
        response['X'] = '1'
        return response
class A(Stamps, View):
    async def get(self, request):
        return HttpResponse('a')
""",
    },
    "BRG102": {
        "awaited user as JSON": """\
async def a(request):
    user = await request.auser()
    return JsonResponse({'name': user.get_username(), 'staff': user.is_staff})
""",
        "async list": """\
async def a(request):
    return JsonResponse({'users': [u async for u in User.objects.values('id', 'username')]})
""",
        "afirst": """\
async def a(request):
    user = await User.objects.filter(pk=1).afirst()
    return HttpResponse(user.username if user else 'none')
""",
        "threaded serializer": """\
from django.core import serializers
async def a(request):
    text = await sync_to_async(lambda: serializers.serialize('json', User.objects.all()))()
    return HttpResponse(text)
""",
        "task group of twins": """\
async def a(request):
    async with asyncio.TaskGroup() as group:
        one = group.create_task(User.objects.acount())
        two = group.create_task(Group.objects.acount())
    return HttpResponse(one.result() + two.result())
""",
        "lazy set handed to aiter": """\
async def rows(queryset):
    async for row in queryset.aiterator():
        yield f'{row.pk}\\n'
async def a(request):
    return StreamingHttpResponse(rows(User.objects.order_by('pk')))
""",
        "select_related": """\
async def a(request):
    users = [u async for u in User.objects.prefetch_related('groups')]
    return JsonResponse({'g': [[g.name for g in u.groups.all()] for u in users]})
""",
        "user pk in a thread": """\
async def a(request):
    name = await asyncio.to_thread(lambda: request.user.username)
    return HttpResponse(name)
""",
        "login_required and auser": """\
@login_required
async def a(request):
    return HttpResponse((await request.auser()).username)
""",
        "template: block that hides": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'child.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/base.html
{% block x %}{{ me.username }}{% endblock %}
# file: templates/child.html
{% extends 'base.html' %}{% block x %}none{% endblock %}
""",
        "template: include only": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'page.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/nav.html
{{ me.username }}
# file: templates/page.html
{% include 'nav.html' only %}
""",
        "template: outside blocks of a child": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'child.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/base.html
x{% block x %}{% endblock %}
# file: templates/child.html
{% extends 'base.html' %}{{ me.username }}{% block y %}{{ me.username }}{% endblock %}
""",
        "template: TemplateResponse that nobody renders on the loop": """\
from django.template.response import TemplateResponse
async def a(request):
    users = [u async for u in User.objects.all()]
    return TemplateResponse(request, 'p.html', {'users': users})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/p.html
{% for u in users %}{{ u.pk }}{% endfor %}
""",
        "template: include with another value": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'page.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/nav.html
{{ me.username }}
# file: templates/page.html
{% include 'nav.html' with me='x' %}
""",
        "template: TemplateResponse": """\
from django.template.response import TemplateResponse
async def a(request):
    return TemplateResponse(request, 'p.html', {'users': User.objects.all()})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/p.html
{% for u in users %}{{ u.pk }}{% endfor %}
""",
        "template: overridden in the middle": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/a.html
{% block x %}{{ me.pk }}{% endblock %}
# file: templates/b.html
{% extends 'a.html' %}{% block x %}none{% endblock %}
# file: templates/c.html
{% extends 'b.html' %}
""",
        "template: parent by a name": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'me': 'x', 'base': 'b.html'})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/b.html
x{% block x %}{% endblock %}
# file: templates/c.html
{% extends base %}{% block x %}{{ me.pk }}{% endblock %}
""",
        "template: with hides": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/c.html
{% with me='x' %}{{ me }}{% endwith %}
""",
        "template: include under a condition": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/n.html
{{ me.pk }}
# file: templates/c.html
{% if no %}{% include 'n.html' %}{% endif %}
""",
        "template: verbatim": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/c.html
{% verbatim %}{{ me.pk }}{% endverbatim %}{% comment %}{% block x %}{{ me.pk }}{% endblock %}{% endcomment %}
""",
        "template: block that is in a condition": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/b.html
{% if no %}{% block x %}{% endblock %}{% endif %}
# file: templates/c.html
{% extends 'b.html' %}{% block x %}{{ me.pk }}{% endblock %}
""",
        "template: awaited user of a parent": """\
from django.shortcuts import render
async def a(request):
    request.user = await request.auser()
    return render(request, 'c.html', {})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.template.context_processors.request', 'django.contrib.auth.context_processors.auth']}}]
# file: templates/b.html
{{ request.user.username }}{{ user }}
# file: templates/c.html
{% extends 'b.html' %}
""",
    },
    "BRG103": {
        "async class": """\
class Stream:
    async def __aiter__(self):
        yield 'a'
async def a(request):
    return StreamingHttpResponse(Stream())
""",
        "async helper": """\
def sse(generator):
    return StreamingHttpResponse(generator, content_type='text/event-stream')
async def pieces():
    yield 'x'
async def a(request):
    return sse(pieces())
""",
        "wrapped for the loop": """\
async def on_loop(pieces):
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)
def pieces():
    yield 'x'
async def a(request):
    return StreamingHttpResponse(on_loop(pieces()))
""",
        "async subclass": """\
class Events(StreamingHttpResponse):
    def __init__(self, events):
        super().__init__(events, content_type='text/event-stream')
async def pieces():
    yield 'x'
async def a(request):
    return Events(pieces())
""",
        "listed": """\
def pieces():
    yield 'x'
async def a(request):
    return HttpResponse(list(pieces()))
""",
        "async with aclosing": """\
async def pieces():
    yield 'x'
async def more():
    async with contextlib.aclosing(pieces()) as stream:
        async for piece in stream:
            yield piece
async def a(request):
    return StreamingHttpResponse(more())
""",
        "list": """\
async def pieces():
    yield 'x'
stream = pieces
async def a(request):
    return StreamingHttpResponse(stream())
""",
    },
    "BRG104": {
        "async retry": """\
async def retry(function, times=2):
    for attempt in range(times):
        try:
            return function()
        except ValueError:
            await asyncio.sleep(0.001)
async def a(request):
    await retry(lambda: int('x'))
    return HttpResponse('a')
""",
        "client in a thread": """\
class Client:
    def ping(self):
        time.sleep(0.001)
    async def aping(self):
        return await asyncio.to_thread(self.ping)
async def a(request):
    await Client().aping()
    return HttpResponse('a')
""",
        "getattr of a thread": """\
class Client:
    def ping(self):
        time.sleep(0.001)
    def __getattr__(self, name):
        return sync_to_async(getattr(self, name[1:]))
async def a(request):
    await Client().aping()
    return HttpResponse('a')
""",
        "pool": """\
import concurrent.futures
POOL = concurrent.futures.ThreadPoolExecutor(1)
async def a(request):
    await asyncio.get_running_loop().run_in_executor(POOL, functools.partial(time.sleep, 0.001))
    return HttpResponse('a')
""",
        "wrapped future": """\
import concurrent.futures
POOL = concurrent.futures.ThreadPoolExecutor(1)
async def a(request):
    await asyncio.wrap_future(POOL.submit(time.sleep, 0.001))
    return HttpResponse('a')
""",
        "not the module": """\
class Bed:
    def sleep(self, n):
        return n
time = Bed()
async def a(request):
    return HttpResponse(time.sleep(1))
""",
        "timeout": """\
async def a(request):
    async with asyncio.timeout(5):
        await asyncio.sleep(0)
    return HttpResponse('a')
""",
        "on commit": """\
def later():
    time.sleep(0.001)
async def a(request):
    request.later = later
    return HttpResponse('a')
""",
        "thread of its own": """\
import threading
class Worker(threading.Thread):
    def run(self):
        time.sleep(0.001)
async def a(request):
    Worker(daemon=True).start()
    return HttpResponse('a')
""",
        "task that rests": """\
async def work():
    await asyncio.sleep(0)
async def a(request):
    task = asyncio.create_task(work())
    task.add_done_callback(lambda done: done.result())
    await task
    return HttpResponse('a')
""",
    },
    "BRG105": {
        "awaits another module's": """\
from PACKAGE.more import load
async def a(request):
    return await load(request)
# file: more.py
from django.http import HttpResponse
async def load(request):
    return HttpResponse('x')
""",
        "runs another module's": """\
from PACKAGE.more import load
def a(request):
    return async_to_sync(load)(request)
# file: more.py
from django.http import HttpResponse
async def load(request):
    return HttpResponse('x')
""",
        "decorated in another module": """\
from PACKAGE.more import load
def a(request):
    return load(request)
# file: more.py
from asgiref.sync import async_to_sync
from django.http import HttpResponse
@async_to_sync
async def load(request):
    return HttpResponse('x')
""",
        "task fire and forget": """\
async def note():
    await asyncio.sleep(0)
async def a(request):
    task = asyncio.create_task(note())
    await task
    return HttpResponse('a')
""",
        "sync helper of another module": """\
from PACKAGE.more import load
def a(request):
    return load(request)
# file: more.py
from django.http import HttpResponse
def load(request):
    return HttpResponse('x')
async def aload(request):
    return HttpResponse('x')
""",
        "wait_for": """\
async def load():
    return HttpResponse('x')
async def a(request):
    return await asyncio.wait_for(load(), 5)
""",
        "wrapper as view in urls": """\
from PACKAGE.more import wrap
def inner(request):
    return HttpResponse('a')
a = wrap(inner)
# file: urls.py
from django.urls import path
from PACKAGE import views
urlpatterns = [path('a/', views.a)]
# file: more.py
from asgiref.sync import sync_to_async
def wrap(view):
    async def run(request):
        return await sync_to_async(view)(request)
    return run
""",
        "no async in the view's module, run": """\
x = 1
# file: urls.py
from django.urls import path
from PACKAGE import pages
urlpatterns = [path('a/', pages.a)]
# file: pages.py
from asgiref.sync import async_to_sync
from PACKAGE import more
def a(request):
    return async_to_sync(more.load)(request)
# file: more.py
from django.http import HttpResponse
async def load(request):
    return HttpResponse('x')
""",
        "no async in the view's module, sync one": """\
x = 1
# file: urls.py
from django.urls import path
from PACKAGE import pages
urlpatterns = [path('a/', pages.a)]
# file: pages.py
from PACKAGE import more
def a(request):
    return more.page(request)
# file: more.py
from django.http import HttpResponse
async def load(request):
    return HttpResponse('x')
def page(request):
    return HttpResponse('x')
""",
        "class of a service elsewhere, sync": """\
x = 1
# file: urls.py
from django.urls import path
from PACKAGE.pages import Page
urlpatterns = [path('a/', Page.as_view())]
# file: pages.py
from django.views import View
from PACKAGE.more import service
class Page(View):
    def get(self, request):
        return service.load(request)
# file: more.py
from django.http import HttpResponse
class Loads:
    async def aload(self, request):
        return 1
    def load(self, request):
        return HttpResponse('x')
service = Loads()
""",
    },
}
