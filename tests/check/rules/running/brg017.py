"""BRG017: views under ATOMIC_REQUESTS, by how they are written, routed and decorated."""

from __future__ import annotations

BROKEN = {
    "plain": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "another parameter": """\
async def a(req):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "with arguments": """\
async def a(request, *args, **kwargs):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "never_cache": """\
@never_cache
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "login_required": """\
@login_required
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "csrf_exempt": """\
@csrf_exempt
@require_GET
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "class": """\
class A(View):
    async def get(self, request):
        return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "class of a base": """\
class Base(View):
    async def get(self, request):
        return HttpResponse('a')
class A(Base):
    pass
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "class of another module": """\
from PACKAGE.base import Page
class A(Page):
    pass
# file: base.py
from django.http import HttpResponse
from django.views import View
class Page(View):
    async def get(self, request):
        return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "template view": """\
class A(TemplateView):
    async def get(self, request, *args, **kwargs):
        return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "csrf around a class": """\
class A(View):
    async def get(self, request):
        return HttpResponse('a')
# file: urls.py
from django.urls import include, path, re_path
from PACKAGE import views
from PACKAGE.views import *
from django.views.decorators.csrf import csrf_exempt
urlpatterns = [path('a/', csrf_exempt(A.as_view()))]
from django.views.decorators.csrf import csrf_exempt
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "another module": """\
x = 1
# file: urls.py
from django.urls import path
from PACKAGE import pages
urlpatterns = [path('a/', pages.a)]
# file: pages.py
from django.http import HttpResponse
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "re_path": """\
async def a(request):
    return HttpResponse('a')
# file: urls.py
from django.urls import include, path, re_path
from PACKAGE import views
from PACKAGE.views import *
urlpatterns = [re_path(r'^a/$', views.a)]
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "included": """\
async def a(request):
    return HttpResponse('a')
# file: urls.py
from django.urls import include, path, re_path
from PACKAGE import views
from PACKAGE.views import *
urlpatterns = [path('', include('PACKAGE.more'))]
# file: more.py
from django.urls import path
from PACKAGE.views import a
urlpatterns = [path('a/', a)]
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "own wrapper that is async": """\
def stamped(f):
    @functools.wraps(f)
    async def wrap(request):
        return await f(request)
    return wrap
@stamped
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "excepted for another database": """\
@transaction.non_atomic_requests(using='other')
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "whole dictionary": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES = {'default': {**DATABASES['default'], 'ATOMIC_REQUESTS': True}}
""",
    "by update": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default'].update(ATOMIC_REQUESTS=True)
""",
    "nested in a list": """\
async def a(request):
    return HttpResponse('a')
# file: urls.py
from django.urls import include, path, re_path
from PACKAGE import views
from PACKAGE.views import *
urlpatterns = [*[path('a/', a)]]
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "view in urls": """\
x = 1
# file: urls.py
from django.http import HttpResponse
from django.urls import path
async def a(request):
    return HttpResponse('a')
urlpatterns = [path('a/', a)]
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "beside a sync view": """\
async def a(request):
    return HttpResponse('a')
def b(request):
    return HttpResponse('b')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "partial": """\
async def page(request, name):
    return HttpResponse(name)
# file: urls.py
from django.urls import include, path, re_path
from PACKAGE import views
from PACKAGE.views import *
import functools
urlpatterns = [path('a/', functools.partial(views.page, name='x'))]
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
}
RIGHT = {
    "off": """\
async def a(request):
    return HttpResponse('a')
""",
    "off by name": """\
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = False
""",
    "excepted": """\
@transaction.non_atomic_requests
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "excepted by name": """\
from django.db.transaction import non_atomic_requests
@non_atomic_requests
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "excepted with a call": """\
@transaction.non_atomic_requests(using='default')
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "excepted above others": """\
@transaction.non_atomic_requests
@never_cache
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "excepted below others": """\
@never_cache
@transaction.non_atomic_requests
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "excepted by an alias": """\
from django.db import transaction as tx
@tx.non_atomic_requests
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "excepted in the URLconf": """\
async def a(request):
    return HttpResponse('a')
# file: urls.py
from django.urls import include, path, re_path
from PACKAGE import views
from PACKAGE.views import *
from django.db import transaction
urlpatterns = [path('a/', transaction.non_atomic_requests(views.a))]
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "excepted class": """\
@method_decorator(transaction.non_atomic_requests, name='dispatch')
class A(View):
    async def get(self, request):
        return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "excepted class in the URLconf": """\
class A(View):
    async def get(self, request):
        return HttpResponse('a')
# file: urls.py
from django.urls import include, path, re_path
from PACKAGE import views
from PACKAGE.views import *
from django.db import transaction
urlpatterns = [path('a/', transaction.non_atomic_requests(A.as_view()))]
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "sync view": """\
def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "sync class": """\
class A(View):
    def get(self, request):
        return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "async helper": """\
async def load(name):
    return name
def a(request):
    return HttpResponse(async_to_sync(load)('a'))
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "async_to_sync": """\
@async_to_sync
async def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "async_to_sync in the URLconf": """\
async def a(request):
    return HttpResponse('a')
# file: urls.py
from django.urls import include, path, re_path
from PACKAGE import views
from PACKAGE.views import *
from asgiref.sync import async_to_sync
urlpatterns = [path('a/', async_to_sync(views.a))]
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "async method that is no handler": """\
class A(View):
    def get(self, request):
        return HttpResponse('a')
    async def load(self, request):
        return 1
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "view that is not routed": """\
async def other(request):
    return HttpResponse('o')
def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "async middleware": """\
def a(request):
    return HttpResponse('a')
# file: layer.py
from django.utils.decorators import async_only_middleware
@async_only_middleware
def layer(get_response):
    async def middleware(request):
        return await get_response(request)
    return middleware
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "consumer": """\
class Socket:
    async def connect(self, request):
        pass
def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
    "async generator in a sync view": """\
async def rows(request):
    yield 'x'
def a(request):
    return HttpResponse('a')
# file: settings.py
DATABASES['default']['ATOMIC_REQUESTS'] = True
""",
}
