"""BRG101: sync decorators, mixins and bases around async views."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.async_views.checking import findings

pytest.importorskip("django")

VIEW = "async def a(request):\n    return HttpResponse('a')\n"
GET = "    async def get(self, request):\n        return HttpResponse('a')\n"
A = "class A(View):\n" + GET
TIMED = """
def timed(view):
    @functools.wraps(view)
    def inner(request, *args, **kwargs):
        return view(request, *args, **kwargs)
    return inner
"""
BARE = TIMED.replace("    @functools.wraps(view)\n", "")
KEPT = """
def named(text):
    def decorator(view):
        def inner(request):
            response = view(request)
            return response
        return functools.update_wrapper(inner, view)
    return decorator
"""
BOTH = """
def both(function=None, *, code=1):
    def decorator(view):
        @functools.wraps(view)
        def inner(request):
            return view(request)
        return inner
    if function is not None:
        return decorator(function)
    return decorator
"""
STAFF = """
def staff(view):
    @functools.wraps(view)
    def inner(request, *args, **kwargs):
        if not request.user.is_staff:
            return HttpResponseForbidden()
        return view(request, *args, **kwargs)
    return inner
"""
COUNTED = """
class Counted:
    def __init__(self, view):
        self.view = view
        self.count = 0
    def __call__(self, request):
        self.count += 1
        return self.view(request)
"""
CONTEXT = """
@contextlib.contextmanager
def noted():
    yield
"""
CLASS_CONTEXT = """
class Noted(contextlib.ContextDecorator):
    def __enter__(self): return self
    def __exit__(self, *error): return False
"""
AWARE = """
def aware(view):
    if iscoroutinefunction(view):
        async def inner(request):
            return await view(request)
    else:
        def inner(request):
            return view(request)
    return functools.wraps(view)(inner)
"""
MARKING = "def marking(view):\n    view.is_special = True\n    return view\n"
LOOPING = "def looping(view):\n    @functools.wraps(view)\n    def inner(request):\n        return asyncio.run(view(request))\n    return inner\n"
FINISHING = """
def finish(result):
    return async_to_sync(_finish)(result)
async def _finish(result):
    return await result
def finishing(view):
    @functools.wraps(view)
    def inner(request):
        return finish(view(request))
    return inner
"""
ROUTE = "# file: urls.py\nfrom django.urls import path\nfrom PACKAGE.views import *\n"
ELSEWHERE = "# file: decorators.py\nimport functools\n" + TIMED

BROKEN = {
    "own decorator": TIMED + "@timed\n" + VIEW,
    "own decorator without wraps": BARE + "@timed\n" + VIEW,
    "own decorator with an argument": KEPT + "@named('x')\n" + VIEW,
    "own decorator with or without arguments": BOTH + "@both\n" + VIEW,
    "own decorator with arguments": BOTH + "@both(code=2)\n" + VIEW,
    "guard": STAFF + "@staff\n" + VIEW,
    "in the URLconf": TIMED + VIEW + ROUTE + "urlpatterns = [path('a/', timed(a))]\n",
    "of another module": "from PACKAGE.decorators import timed\n@timed\n" + VIEW + ELSEWHERE,
    "below one that knows": TIMED + "@login_required\n@timed\n" + VIEW,
    "above one that knows": TIMED + "@timed\n@never_cache\n" + VIEW,
    "atomic": "@transaction.atomic\n" + VIEW,
    "atomic with an argument": "@transaction.atomic(using='default')\n" + VIEW,
    "language": "@translation.override('de')\n" + VIEW,
    "time zone": "@timezone.override('UTC')\n" + VIEW,
    "class as decorator": COUNTED + "@Counted\n" + VIEW,
    "context manager as decorator": CONTEXT + "@noted()\n" + VIEW,
    "ContextDecorator": CLASS_CONTEXT + "@Noted()\n" + VIEW,
    "cached": "@functools.cache\n" + VIEW,
    "atomic handler": A.replace("    async", "    @transaction.atomic\n    async"),
    "atomic handler by method_decorator": A.replace("    async", "    @method_decorator(transaction.atomic)\n    async"),
    "atomic dispatch": "@method_decorator(transaction.atomic, name='dispatch')\n" + A,
    "login_required dispatch": "@method_decorator(login_required, name='dispatch')\n" + A,
    "dispatch under a list that is named": "guards = [never_cache, login_required]\n@method_decorator(guards, name='dispatch')\n" + A,
    "staff dispatch": "@method_decorator([staff_member_required], name='dispatch')\n" + A,
    "permission dispatch": "@method_decorator(permission_required('auth.add_user'), name='dispatch')\n" + A,
    "never_cache dispatch": "@method_decorator(never_cache, name='dispatch')\n" + A,
    "cache_page dispatch": "@method_decorator(cache_page(5), name='dispatch')\n" + A,
    "gzip dispatch": "@method_decorator(gzip_page, name='dispatch')\n" + A,
    "vary dispatch": "@method_decorator(vary_on_headers('X'), name='dispatch')\n" + A,
    "frame dispatch": "@method_decorator(xframe_options_deny, name='dispatch')\n" + A,
    "cookie dispatch": "@method_decorator(ensure_csrf_cookie, name='dispatch')\n" + A,
    "POST alone by dispatch": "@method_decorator(require_POST, name='dispatch')\n" + A,
    "LoginRequiredMixin": "class A(LoginRequiredMixin, View):\n" + GET,
    "PermissionRequiredMixin": "class A(PermissionRequiredMixin, View):\n    permission_required = 'auth.add_user'\n" + GET,
    "UserPassesTestMixin": "class A(UserPassesTestMixin, View):\n    def test_func(self):\n        return self.request.GET\n" + GET,
    "mixin of a base": "class Base(LoginRequiredMixin, View):\n    pass\nclass A(Base):\n" + GET,
    "mixin that decorates dispatch": "class Guard:\n    def dispatch(self, request):\n        return login_required(super().dispatch)(request)\nclass A(Guard, View):\n" + GET,
    "mixed handlers": A + "    def post(self, request):\n        return HttpResponse('b')\n",
    "handlers of two classes": "class A(TemplateView):\n    template_name = 'a.html'\n    async def post(self, request):\n        return HttpResponse('b')\n",
    "early answer of dispatch": A + "    def dispatch(self, request):\n        if not request.GET:\n            return redirect('/b/')\n        return super().dispatch(request)\n",
    "guard around a class": STAFF.replace("request.user.is_staff", "request.GET") + A + ROUTE + "urlpatterns = [path('a/', staff(A.as_view()))]\n",
    "bare wrapper around a class": BARE + A + ROUTE + "urlpatterns = [path('a/', timed(A.as_view()))]\n",
    "atomic around a class": A + ROUTE + "from django.db import transaction\nurlpatterns = [path('a/', transaction.atomic(A.as_view()))]\n",
    "included": TIMED + "@timed\n" + VIEW + ROUTE + "from django.urls import include\nurlpatterns = [path('', include('PACKAGE.more'))]\n"
    "# file: more.py\nfrom django.urls import path\nfrom .views import a\nurlpatterns = [path('a/', a)]\n",
}  # fmt: skip
RIGHT = {
    "decorator of the module by an imported name": "def gzip_page(view):\n    return view\n@gzip_page\n" + VIEW,
    "atomic that the module assigns": "transaction = type('T', (), {'atomic': staticmethod(lambda view: view)})\n@transaction.atomic\n" + VIEW,
    "plain": VIEW,
    "login_required": "@login_required\n" + VIEW,
    "permission_required": "@permission_required('auth.add_user')\n" + VIEW,
    "user_passes_test": "@user_passes_test(lambda user: user.is_staff)\n" + VIEW,
    "staff_member_required": "@staff_member_required(login_url='/login/')\n" + VIEW,
    "Django's own": "@csrf_exempt\n@never_cache\n@cache_page(5)\n@gzip_page\n@vary_on_headers('X')\n@require_GET\n" + VIEW,
    "non_atomic_requests": "@transaction.non_atomic_requests\n" + VIEW,
    "own that knows": AWARE + "@aware\n" + VIEW,
    "own that only marks": MARKING + "@marking\n" + VIEW,
    "own that runs a loop": LOOPING + "@looping\n" + VIEW,
    "own that has the coroutine finished": FINISHING + "@finishing\n" + VIEW,
    "async_to_sync": TIMED + "@timed\n@async_to_sync\n" + VIEW,
    "async_to_sync around what hides": TIMED + "@async_to_sync\n@timed\n" + VIEW,
    "sync view": TIMED + "@timed\n" + VIEW.replace("async ", ""),
    "atomic sync view": "@transaction.atomic\n" + VIEW.replace("async ", "") + "async def b(request):\n    return HttpResponse('b')\n",
    "csrf_exempt dispatch": "@method_decorator(csrf_exempt, name='dispatch')\n" + A,
    "GET alone by dispatch of sync handlers": "@method_decorator(require_GET, name='dispatch')\n" + A.replace("async ", ""),
    "login_required handler": A.replace("    async", "    @method_decorator(login_required)\n    async"),
    "handlers by name": "@method_decorator([login_required, never_cache], name='get')\n" + A,
    "never_cache around a class": A + ROUTE + "urlpatterns = [path('a/', never_cache(A.as_view()))]\n",
    "login_required around a class": A + ROUTE + "urlpatterns = [path('a/', login_required(A.as_view()))]\n",
    "wrapper with wraps around a class": TIMED + A + ROUTE + "urlpatterns = [path('a/', timed(A.as_view()))]\n",
    "async dispatch": A + "    async def dispatch(self, request):\n        return await super().dispatch(request)\n",
    "sync dispatch that hands on": A + "    def dispatch(self, request):\n        self.extra = 1\n        return super().dispatch(request)\n",
    "mixin of sync handlers": "class A(LoginRequiredMixin, View):\n" + GET.replace("async ", ""),
    "raising test": "class A(UserPassesTestMixin, View):\n    raise_exception = True\n    def test_func(self):\n        return True\n" + GET,
    "all handlers async": A + "    async def post(self, request):\n        return HttpResponse('b')\n",
    "options alone sync": A + "    def options(self, request):\n        return HttpResponse('b')\n",
    "decorated but not routed": TIMED + "@timed\nasync def c(request):\n    return HttpResponse('b')\n" + VIEW,
    "user known before": "class A(LoginRequiredMixin, View):\n" + GET + "# file: settings.py\nMIDDLEWARE += ['django.contrib.auth.middleware.LoginRequiredMiddleware']\nLOGIN_URL = '/login/'\n",
}  # fmt: skip


@pytest.mark.parametrize("title", BROKEN)
def test_what_hides_or_breaks_an_async_view_is_found(title: str, tmp_path: Path) -> None:
    """Each of these answers 500 on a running Django, to staff or to strangers (test_async_views_against_django)."""
    assert findings("BRG101", title, BROKEN[title], tmp_path)


@pytest.mark.parametrize("title", RIGHT)
def test_what_lets_an_async_view_be_one_passes(title: str, tmp_path: Path) -> None:
    """Each of these is answered as it should be."""
    assert not findings("BRG101", title, RIGHT[title], tmp_path)


REST = "from rest_framework.decorators import api_view\nfrom rest_framework.views import APIView\n"
STAND_IN = "from django.views import View\nclass APIView(View):\n    def dispatch(self, request):\n        return self.finish(self.get(request))\n"


@pytest.mark.parametrize(
    "text",
    [REST + A.replace("(View)", "(APIView)"), REST + "@api_view(['GET'])\n" + VIEW],
    ids=["class", "function"],
)
def test_rest_framework_does_not_await_handlers(text: str, tmp_path: Path) -> None:
    """It asserts that it was given a response (rest_framework/views.py, APIView.finalize_response)."""
    package = tmp_path / "rest_framework"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "views.py").write_text(STAND_IN, "utf-8")
    assert findings("BRG101", "rest", text, tmp_path)


def test_rest_framework_does_not_await_actions_of_view_sets(tmp_path: Path) -> None:
    """Whichever router routes them: the dispatch is that of its views."""
    package = tmp_path / "rest_framework"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "views.py").write_text(STAND_IN, "utf-8")
    (package / "routers.py").write_text("class SimpleRouter: ...\n", "utf-8")
    (package / "viewsets.py").write_text(
        "from rest_framework.views import APIView\nclass ViewSetMixin: ...\nclass ViewSet(ViewSetMixin, APIView): ...\n",
        "utf-8",
    )
    text = (
        "from rest_framework.viewsets import ViewSet\nclass A(ViewSet):\n    async def list(self, request):\n        return 1\n"
        "# file: urls.py\nfrom rest_framework.routers import SimpleRouter\nfrom PACKAGE.views import A\n"
        "router = SimpleRouter()\nrouter.register('a', A)\nurlpatterns = router.urls\n"
    )
    (found,) = findings("BRG101", "view set", text, tmp_path)
    assert "does not await the async list" in found.message
