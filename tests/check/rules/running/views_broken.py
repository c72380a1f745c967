"""Views, layers and applications that fail or lose something, as real projects write them, by rule."""

from __future__ import annotations

from collections.abc import Mapping

BROKEN: Mapping[str, Mapping[str, str]] = {
    "BRG023": {
        "tenant set by a service": """\
from PACKAGE.db import current_tenant
async def a(request):
    return HttpResponse(current_tenant())
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

from PACKAGE.db import activate
class Layer:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        activate('here')
        return self.get_response(request)
# file: db.py
from django.db import connection
def activate(name):
    connection.tenant = name
def current_tenant():
    return getattr(connection, 'tenant', 'lost')
""",
        "loop over all connections": """\
async def a(request):
    return HttpResponse(getattr(connection, 'tenant', 'lost'))
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

from django.db import connections
class Layer:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        for alias in connections:
            connections[alias].tenant = 'here'
        return self.get_response(request)
""",
        "loop over connections all": """\
async def a(request):
    return HttpResponse(getattr(connection, 'tenant', 'lost'))
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

from django.db import connections
from django.utils.deprecation import MiddlewareMixin
class Layer(MiddlewareMixin):
    def process_request(self, request):
        for conn in connections.all():
            conn.tenant = 'here'
""",
        "property of a helper class": """\
from PACKAGE.layer import context
async def a(request):
    return HttpResponse(context.tenant or 'lost')
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

from django.db import connection
class Context:
    @property
    def tenant(self):
        return getattr(connection, 'tenant', None)
    @tenant.setter
    def tenant(self, value):
        connection.tenant = value
context = Context()
class Layer:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        context.tenant = 'here'
        return self.get_response(request)
""",
        "native with a decorator view": """\
def asked():
    with connection.cursor() as cursor:
        cursor.execute('select 1')
    return getattr(connection, 'tenant', 'lost')
async def a(request):
    return HttpResponse(await sync_to_async(asked)())
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

from asgiref.sync import markcoroutinefunction
from django.db import connection
class Base:
    sync_capable, async_capable = False, True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
class Layer(Base):
    async def __call__(self, request):
        connection.tenant = 'here'
        try:
            return await self.get_response(request)
        finally:
            connection.tenant = None
""",
        "inherited layer": """\
async def a(request):
    return HttpResponse(getattr(connection, 'tenant', 'lost'))
# file: settings.py
MIDDLEWARE += ['PACKAGE.layer.Layer']
# file: layer.py

from PACKAGE.base import TenantMiddleware
class Layer(TenantMiddleware):
    def find(self, request):
        return 'here'
# file: base.py
from django.db import connection
class TenantMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response
    def find(self, request):
        raise NotImplementedError
    def __call__(self, request):
        connection.tenant = self.find(request)
        return self.get_response(request)
""",
        "view's class in another module": """\
from PACKAGE.tenants import Tenants
class A(View):
    async def get(self, request):
        return HttpResponse(Tenants().current())
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
# file: tenants.py
from django.db import connection
class Tenants:
    def current(self):
        try:
            return connection.tenant
        except AttributeError:
            return 'lost'
""",
    },
    "BRG024": {
        "registry of a package": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        from PACKAGE import registry
        registry.autodiscover()
# file: registry.py
from django.contrib.auth.models import Group
plugins = {}
def autodiscover():
    for group in Group.objects.all():
        plugins[group.name] = group
""",
        "module that queries at import": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        import PACKAGE.signals
# file: signals.py
from django.contrib.auth.models import Group
DEFAULT = Group.objects.first()
""",
        "caught operational error": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
import logging
from django.db import OperationalError, ProgrammingError
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        from django.contrib.auth.models import Group
        try:
            Group.objects.get_or_create(name='x')
        except (OperationalError, ProgrammingError):
            logging.warning('no tables')
""",
        "signal sent": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
from django.dispatch import Signal
boot = Signal()
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        boot.connect(fill)
        boot.send(sender=self)
def fill(sender, **kwargs):
    from django.contrib.auth.models import Group
    Group.objects.count()
""",
        "site domain": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        from django.contrib.auth import get_user_model
        if not get_user_model().objects.filter(is_superuser=True).exists():
            pass
""",
        "raw sql helper": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
from django.db import connections
def tables():
    return connections['default'].introspection.table_names()
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        if 'auth_group' in tables():
            pass
""",
        "get_model": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        from django.apps import apps
        apps.get_model('auth', 'Group').objects.update(name='x')
""",
        "get_model of its own": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
INSTALLED_APPS += ['PACKAGE.apps.Config']
# file: apps.py
from django.apps import AppConfig
class Config(AppConfig):
    name = 'PACKAGE'
    def ready(self):
        from django.apps import apps
        Group = apps.get_model('auth.Group')
        self.groups = {g.pk: g for g in Group.objects.all()}
""",
    },
    "BRG101": {
        "ajax_required": """\
def stamped(f):
    @functools.wraps(f)
    def wrap(request, *args, **kwargs):
        response = f(request, *args, **kwargs)
        response['X'] = '1'
        return response
    return wrap
@stamped
async def a(request):
    return HttpResponse('a')
""",
        "json view": """\
def as_json(view):
    @functools.wraps(view)
    def inner(request, **kwargs):
        return JsonResponse(view(request, **kwargs))
    return inner
@as_json
async def a(request):
    return {'a': 1}
""",
        "decorator class with arguments": """\
class cached_for:
    def __init__(self, seconds):
        self.seconds = seconds
    def __call__(self, view):
        @functools.wraps(view)
        def inner(request):
            response = view(request)
            response.headers['Cache-Control'] = f'max-age={self.seconds}'
            return response
        return inner
@cached_for(5)
async def a(request):
    return HttpResponse('a')
""",
        "handler behind own decorator": """\
def role(name):
    def decorator(method):
        @functools.wraps(method)
        def inner(self, request, *args, **kwargs):
            self.role = name
            response = method(self, request, *args, **kwargs)
            response.role = name
            return response
        return inner
    return decorator
class A(View):
    @role('x')
    async def get(self, request):
        return HttpResponse('a')
""",
        "method decorator of own": """\
def stamped(f):
    @functools.wraps(f)
    def wrap(request, *args, **kwargs):
        response = f(request, *args, **kwargs)
        response['X'] = '1'
        return response
    return wrap
@method_decorator(stamped, name='dispatch')
class A(View):
    async def get(self, request):
        return HttpResponse('a')
""",
        "staff mixin of its own": """\
class StaffMixin(UserPassesTestMixin):
    def test_func(self):
        return self.request.GET.get('x') == '1'
class A(StaffMixin, View):
    async def get(self, request):
        return HttpResponse('a')
""",
        "dispatch changes the response": """\
class A(View):
    async def get(self, request):
        return HttpResponse('a')
    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        response['X'] = '1'
        return response
""",
        "decorator that is composed": """\
from django.utils.functional import partition
def compose(*decorators):
    def wrapper(view):
        for decorator in reversed(decorators):
            view = decorator(view)
        return view
    return wrapper
def stamped(f):
    def wrap(request):
        response = f(request)
        response['X'] = '1'
        return response
    return wrap
guarded = compose(never_cache, stamped)
@guarded
async def a(request):
    return HttpResponse('a')
""",
        "form view with an async post": """\
from django.views.generic import FormView
class A(FormView):
    async def post(self, request):
        return HttpResponse('a')
""",
        "wrapt-like generic": """\
class Wrapper:
    def __init__(self, f):
        self.f = f
        functools.update_wrapper(self, f)
    def __call__(self, request):
        response = self.f(request)
        response.headers['X'] = '1'
        return response
@Wrapper
async def a(request):
    return HttpResponse('a')
""",
        "status checked": """\
def counted(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        response = f(*args, **kwargs)
        if response.status_code >= 400:
            pass
        return response
    return inner
@counted
async def a(request):
    return HttpResponse('a')
""",
        "helper of another module": """\
from PACKAGE.deco import stamped
@stamped(name='X')
async def a(request):
    return HttpResponse('a')
# file: deco.py
import functools
def add(response, name):
    response[name] = '1'
    return response
def stamped(*, name):
    def decorator(view):
        @functools.wraps(view)
        def inner(request):
            return add(view(request), name)
        return inner
    return decorator
""",
        "dispatch reads the status": """\
class A(View):
    async def get(self, request):
        return HttpResponse('a')
    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        if response.status_code == 200:
            pass
        return response
""",
        "mixin's dispatch": """\
class NoCache:
    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        response['Cache-Control'] = 'no-store'
        return response
class A(NoCache, View):
    async def get(self, request):
        return HttpResponse('a')
""",
    },
    "BRG102": {
        "service layer": """\
from PACKAGE.services import Report
async def a(request):
    report = Report(request.user)
    return JsonResponse(report.as_dict())
# file: services.py
class Report:
    def __init__(self, user):
        self.user = user
    def as_dict(self):
        return {'name': self.user.get_username()}
""",
        "json of values": """\
async def a(request):
    return JsonResponse({'users': list(User.objects.values('id', 'username'))})
""",
        "json of set": """\
async def a(request):
    users = User.objects.filter(is_active=True)
    data = [{'id': u.pk} for u in users]
    return JsonResponse(data, safe=False)
""",
        "dict of set": """\
async def a(request):
    names = dict(User.objects.values_list('pk', 'username'))
    return JsonResponse(names)
""",
        "first or 404": """\
from django.http import Http404
async def a(request):
    user = User.objects.filter(pk=1).first()
    if user is None:
        raise Http404
    return HttpResponse(user)
""",
        "conditional expression": """\
async def a(request):
    who = request.user.username if request.user.is_authenticated else 'nobody'
    return HttpResponse(who)
""",
        "and chain": """\
async def a(request):
    if request.GET.get('x') or not request.user.is_staff:
        pass
    return HttpResponse('a')
""",
        "paginator": """\
from django.core.paginator import Paginator
async def a(request):
    page = Paginator(User.objects.order_by('pk'), 10).get_page(1)
    return HttpResponse(len(page.object_list))
""",
        "serializer": """\
from django.core import serializers
async def a(request):
    return HttpResponse(serializers.serialize('json', User.objects.all()))
""",
        "model_to_dict": """\
from django.forms.models import model_to_dict
async def a(request):
    user = await User.objects.afirst()
    return JsonResponse({'u': model_to_dict(user, fields=['username', 'groups'])['username'], 'n': [g.pk for g in user.groups.all()]})
""",
        "get_list_or_404": """\
from django.shortcuts import get_list_or_404
async def a(request):
    return HttpResponse(str(get_list_or_404(User)))
""",
        "generic list view": """\
class A(View):
    model = User
    def get_queryset(self):
        return self.model.objects.filter(is_active=True)
    async def get(self, request):
        return JsonResponse({'n': self.get_queryset().count()})
""",
        "mixin's method": """\
class Stats:
    def stats(self):
        return User.objects.filter(is_staff=True).count()
class A(Stats, View):
    async def get(self, request):
        return HttpResponse(self.stats())
""",
        "messages in session": """\
async def a(request):
    request.session['cart'] = request.session.get('cart', []) + [1]
    return HttpResponse('a')
""",
        "update counter": """\
from django.db.models import F
async def a(request):
    User.objects.filter(pk=1).update(first_name=F('last_name'))
    return HttpResponse('a')
""",
        "gather of sync": """\
async def load(kind):
    return User.objects.filter(is_staff=kind).count()
async def a(request):
    one, two = await asyncio.gather(load(True), load(False))
    return HttpResponse(one + two)
""",
        "task group": """\
async def load(kind):
    return User.objects.filter(is_staff=kind).count()
async def a(request):
    async with asyncio.TaskGroup() as group:
        task = group.create_task(load(True))
    return HttpResponse(task.result())
""",
        "module function with user": """\
from PACKAGE import perms
async def a(request):
    if not perms.can_edit(request.user):
        return HttpResponseForbidden()
    return HttpResponse('a')
# file: perms.py
def can_edit(user):
    return user.is_staff and user.is_active
""",
        "template: extends": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'child.html')
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/base.html
Hello {{ user.username }}{% block x %}{% endblock %}
# file: templates/child.html
{% extends 'base.html' %}{% block x %}x{% endblock %}
""",
        "template: include": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'page.html', {'who': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/parts/nav.html
{% if who.is_staff %}s{% endif %}
# file: templates/page.html
{% include 'parts/nav.html' %}
""",
        "template: include with": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'page.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/nav.html
{{ person.username }}
# file: templates/page.html
{% include 'nav.html' with person=me %}
""",
        "template: two up": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'users': User.objects.all()})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/a.html
<ul>{% block items %}{% endblock %}</ul>
# file: templates/b.html
{% extends 'a.html' %}
# file: templates/c.html
{% extends 'b.html' %}{% block items %}{% for u in users %}{{ u.pk }}{% endfor %}{% endblock %}
""",
        "template: get_template": """\
from django.template.loader import get_template
async def a(request):
    return HttpResponse(get_template('p.html').render({'users': User.objects.all()}, request))
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/p.html
{{ users|length }}
""",
        "template: block super": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/b.html
{% block x %}{{ me.pk }}{% endblock %}
# file: templates/c.html
{% extends "b.html" %}{% block x %}{{ block.super }}{% endblock %}
""",
        "template: with": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/c.html
{% with who=me %}{{ who.username }}{% endwith %}
""",
        "template: include in a parent's block": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/nav.html
{% if user.is_authenticated %}x{% endif %}
# file: templates/b.html
{% load i18n %}<a>{% block nav %}{% include 'nav.html' %}{% endblock %}
# file: templates/c.html
{% extends 'b.html' %}{% block body %}{% endblock %}
""",
        "template: request's user": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.template.context_processors.request', 'django.contrib.auth.context_processors.auth']}}]
# file: templates/c.html
{% if request.user.is_authenticated %}x{% endif %}
""",
        "template: context of a class view": """\
from django.shortcuts import render
class A(View):
    def get_context_data(self):
        return {'users': User.objects.all()}
    async def get(self, request):
        return render(request, 'c.html', self.get_context_data())
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/c.html
{% for u in users %}{{ u.pk }}{% endfor %}
""",
        "template: include with only": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/n.html
{{ u.pk }}
# file: templates/c.html
{% include 'n.html' with u=me only %}
""",
        "template: nested blocks": """\
from django.shortcuts import render
async def a(request):
    return render(request, 'c.html', {'me': request.user})
# file: settings.py
from pathlib import Path
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'DIRS': [Path(__file__).parent / 'templates'], 'OPTIONS': {'context_processors': ['django.contrib.auth.context_processors.auth']}}]
# file: templates/b.html
{% block a %}{% block b %}{% endblock %}{% endblock %}
# file: templates/c.html
{% extends 'b.html' %}{% block b %}{{ me.pk }}{% endblock b %}
""",
    },
    "BRG103": {
        "csv writer": """\
import csv
class Echo:
    def write(self, value):
        return value
async def a(request):
    writer = csv.writer(Echo())
    return StreamingHttpResponse((writer.writerow([n]) for n in range(3)), content_type='text/csv')
""",
        "event stream class": """\
class Events:
    def stream(self):
        for n in range(3):
            yield f'data: {n}\\n\\n'
async def a(request):
    return StreamingHttpResponse(Events().stream(), content_type='text/event-stream')
""",
        "helper response": """\
def sse(generator):
    response = StreamingHttpResponse(generator, content_type='text/event-stream')
    response['Cache-Control'] = 'no-cache'
    return response
def pieces():
    yield 'x'
async def a(request):
    return sse(pieces())
""",
        "chain": """\
import itertools
async def a(request):
    return StreamingHttpResponse(itertools.chain(['a'], (str(n) for n in range(3))))
""",
        "callable class with yield": """\
class Stream:
    def __iter__(self):
        yield 'a'
        yield 'b'
async def a(request):
    return StreamingHttpResponse(Stream())
""",
        "partial": """\
def pieces(n):
    for i in range(n):
        yield str(i)
make = functools.partial(pieces, 3)
async def a(request):
    return StreamingHttpResponse(make())
""",
        "subclass of the response": """\
class Events(StreamingHttpResponse):
    def __init__(self, events):
        super().__init__(events, content_type='text/event-stream')
def pieces():
    yield 'x'
async def a(request):
    return Events(pieces())
""",
        "function that gives a generator": """\
def made():
    return pieces()
def pieces():
    yield 'x'
async def a(request):
    return StreamingHttpResponse(made())
""",
        "class view with generator method of a mixin": """\
class Rows:
    def rows(self):
        yield 'x'
class A(Rows, View):
    async def get(self, request):
        return StreamingHttpResponse(self.rows())
""",
        "from a service's module": """\
from PACKAGE import export
async def a(request):
    return export.response(request)
# file: export.py
from django.http import StreamingHttpResponse
def response(request):
    def rows():
        yield 'a'
        yield 'b'
    return StreamingHttpResponse(rows())
""",
        "set on a made response": """\
def pieces():
    yield 'x'
def base():
    return StreamingHttpResponse(content_type='text/plain')
async def a(request):
    response = base()
    response.streaming_content = pieces()
    return response
""",
    },
    "BRG104": {
        "retry loop": """\
def retry(function, times=2):
    for attempt in range(times):
        try:
            return function()
        except ValueError:
            time.sleep(0.001)
async def a(request):
    retry(lambda: int('x'))
    return HttpResponse('a')
""",
        "client class": """\
from PACKAGE.client import Client
async def a(request):
    with contextlib.suppress(OSError):
        Client('http://127.0.0.1:9').get('/x')
    return HttpResponse('a')
# file: client.py
import urllib.request
class Client:
    def __init__(self, base):
        self.base = base
    def get(self, path):
        return self._request('GET', path)
    def _request(self, method, path):
        request = urllib.request.Request(self.base + path, method=method)
        with urllib.request.urlopen(request, timeout=1) as response:
            return response.read()
""",
        "module client": """\
from PACKAGE.client import client
async def a(request):
    client.ping()
    return HttpResponse('a')
# file: client.py
import time
class Client:
    def ping(self):
        time.sleep(0.001)
client = Client()
""",
        "git describe": """\
@functools.lru_cache(maxsize=None)
def version():
    return subprocess.check_output(['echo', '1']).decode()
async def a(request):
    return HttpResponse(version())
""",
        "popen communicate": """\
async def a(request):
    process = subprocess.Popen(['true'], stdout=subprocess.PIPE)
    out, _ = process.communicate()
    return HttpResponse(out)
""",
        "rate limiter": """\
class Limiter:
    def __enter__(self):
        time.sleep(0.001)
        return self
    def __exit__(self, *exc):
        return None
limiter = Limiter()
async def a(request):
    with limiter:
        pass
    return HttpResponse('a')
""",
        "sleep from settings": """\
from django.conf import settings
async def a(request):
    time.sleep(settings.PAUSE)
    return HttpResponse('a')
# file: settings.py
PAUSE = 0.001
""",
        "signal receiver": """\
from django.dispatch import Signal, receiver
done = Signal()
@receiver(done)
def slow(sender, **kwargs):
    time.sleep(0.001)
async def a(request):
    done.send(sender=None)
    return HttpResponse('a')
""",
        "strategy from settings": """\
from django.conf import settings
from django.utils.module_loading import import_string
async def a(request):
    import_string(settings.BACKEND)().send()
    return HttpResponse('a')
# file: settings.py
BACKEND = 'PACKAGE.backends.Slow'
# file: backends.py
import time
class Slow:
    def send(self):
        time.sleep(0.001)
""",
        "abstract method": """\
class Base:
    def run(self):
        return self.work()
    def work(self):
        raise NotImplementedError
class Job(Base):
    def work(self):
        time.sleep(0.001)
async def a(request):
    Job().run()
    return HttpResponse('a')
""",
        "dispatch table": """\
HANDLERS = {'GET': lambda: time.sleep(0.001)}
async def a(request):
    handler = HANDLERS.get(request.method)
    if handler is not None:
        handler()
    return HttpResponse('a')
""",
        "in except": """\
async def a(request):
    try:
        raise ValueError
    except ValueError:
        time.sleep(0.001)
    return HttpResponse('a')
""",
        "open url by a session object": """\
class Api:
    timeout = 1
    def fetch(self, url):
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(url, timeout=self.timeout)
class A(View):
    api = Api()
    async def get(self, request):
        self.api.fetch('http://127.0.0.1:9/')
        return HttpResponse('a')
""",
        "task that sleeps": """\
async def work():
    time.sleep(0.001)
async def a(request):
    await asyncio.create_task(work())
    return HttpResponse('a')
""",
    },
    "BRG105": {
        "sync view gives a coroutine of another module": """\
from PACKAGE import more
def a(request):
    return more.load(request)
# file: more.py
from django.http import HttpResponse
async def load(request):
    return HttpResponse('x')
""",
        "sync view gives a coroutine, imported": """\
from PACKAGE.more import load
def a(request):
    return load(request)
# file: more.py
from django.http import HttpResponse
async def load(request):
    return HttpResponse('x')
""",
        "sync view gives a coroutine, two away": """\
from PACKAGE.more import load
def a(request):
    return load(request)
# file: more.py
from PACKAGE.deep import real
def load(request):
    return real(request)
# file: deep.py
from django.http import HttpResponse
async def real(request):
    return HttpResponse('x')
""",
        "class view of another module's base": """\
from PACKAGE.base import Base
class A(Base):
    def get(self, request):
        return self.load(request)
# file: base.py
from django.http import HttpResponse
from django.views import View
class Base(View):
    async def load(self, request):
        return HttpResponse('x')
""",
        "service": """\
from PACKAGE.service import Service
def a(request):
    return Service().respond(request)
# file: service.py
from django.http import HttpResponse
class Service:
    async def respond(self, request):
        return HttpResponse('x')
""",
        "service at module": """\
from PACKAGE.service import service
async def a(request):
    return service.respond(request)
# file: service.py
from django.http import HttpResponse
class Service:
    async def respond(self, request):
        return HttpResponse('x')
service = Service()
""",
        "conditional": """\
async def load():
    return HttpResponse('x')
async def a(request):
    return load() if request.method == 'GET' else HttpResponse('y')
""",
        "delegates to another view": """\
async def b(request):
    return HttpResponse('b')
async def a(request):
    if request.GET.get('z') is None:
        return b(request)
    return await b(request)
""",
        "async_to_sync in a helper": """\
async def fetch():
    return 1
def value():
    return async_to_sync(fetch)()
async def a(request):
    return HttpResponse(value())
""",
        "run until complete": """\
async def fetch():
    return 1
def value():
    loop = asyncio.get_event_loop()
    return loop.run_until_complete(fetch())
async def a(request):
    return HttpResponse(value())
""",
        "property": """\
async def fetch():
    return 1
class C:
    @property
    def value(self):
        return asyncio.run(fetch())
async def a(request):
    return HttpResponse(C().value)
""",
        "content is a coroutine": """\
async def load():
    return HttpResponse('x')
async def a(request):
    response = load()
    response['X'] = '1'
    return response
""",
        "wrapped by a partial": """\
from PACKAGE.more import load
make = functools.partial(load, name='x')
def a(request):
    return make(request)
# file: more.py
from django.http import HttpResponse
async def load(request, name):
    return HttpResponse(name)
""",
        "no async in the view's module": """\
x = 1
# file: urls.py
from django.urls import path
from PACKAGE import pages
urlpatterns = [path('a/', pages.a)]
# file: pages.py
from PACKAGE import more
def a(request):
    return more.load(request)
# file: more.py
from django.http import HttpResponse
async def load(request):
    return HttpResponse('x')
""",
        "no async in the view's module, imported": """\
x = 1
# file: urls.py
from django.urls import path
from PACKAGE import pages
urlpatterns = [path('a/', pages.a)]
# file: pages.py
from .services.more import load
def a(request):
    answer = load(request)
    return answer
# file: services/__init__.py
# file: services/more.py
from django.http import HttpResponse
async def load(request):
    return HttpResponse('x')
""",
        "no async in the view's module, class": """\
x = 1
# file: urls.py
from django.urls import path
from PACKAGE.pages import Page
urlpatterns = [path('a/', Page.as_view())]
# file: pages.py
from django.views import View
from PACKAGE.more import Loads
class Page(Loads, View):
    def get(self, request):
        return self.load(request)
# file: more.py
from django.http import HttpResponse
class Loads:
    async def load(self, request):
        return HttpResponse('x')
""",
        "no async in the view's module, through a helper": """\
x = 1
# file: urls.py
from django.urls import path
from PACKAGE import pages
urlpatterns = [path('a/', pages.a)]
# file: pages.py
from PACKAGE.middle import load
def a(request):
    return load(request)
# file: middle.py
from PACKAGE import more
def load(request):
    return more.load(request)
# file: more.py
from django.http import HttpResponse
async def load(request):
    return HttpResponse('x')
""",
        "class of a service elsewhere": """\
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
    async def load(self, request):
        return HttpResponse('x')
service = Loads()
""",
    },
}
