"""Views as a URLconf routes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.views.finder import find_views

pytest.importorskip("django")

VIEWS = "from django.views import View\nasync def a(request): ...\ndef s(request): ...\nclass A(View):\n    async def get(self, request): ...\n"
URLS = (
    "from django.urls import include, path, re_path\nfrom site1 import views\nfrom site1.views import a, A\n"
)


def routed(root: Path, **files: str) -> list[str]:
    """The names of the async views of a project with these files."""
    for name, text in {"views": VIEWS, **files}.items():
        file = root / "site1" / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(text, "utf-8")
    finder = ModuleFinder([root])

    def load(name: str) -> SourceModule | None:
        found = finder.load(name)
        return found if found.tree is not None and found.path.startswith(str(root)) else None

    found = find_views("site1.urls", load, load, finder.load, SourceReader(finder).read)
    return [view.name for view in found if view.is_async]


@pytest.mark.parametrize(
    "routes",
    [
        "urlpatterns = [path('', a)]",
        "urlpatterns = [path('', views.a)]",
        "urlpatterns = [re_path('^$', view=a)]",
        "urlpatterns = []\nif True:\n    urlpatterns += [path('', a)]",
        "from functools import partial\nurlpatterns = [path('', partial(a, x=1))]",
        "from django.views.decorators.cache import never_cache\nurlpatterns = [path('', never_cache(a))]",
        "from django.views.decorators.cache import never_cache\nshown = never_cache(a)\nurlpatterns = [path('', shown)]",
        "urlpatterns = [path('', include([path('x', a)]))]",
    ],
)
def test_functions_are_found_in_every_form(routes: str, tmp_path: Path) -> None:
    """By name, through wrappers, in lists and in branches."""
    assert routed(tmp_path, urls=URLS + routes) == ["site1.views.a"]


def test_classes_are_found_by_as_view(tmp_path: Path) -> None:
    """With the handlers of their bases."""
    assert routed(tmp_path, urls=URLS + "urlpatterns = [path('', A.as_view(x=1))]") == ["site1.views.A"]


@pytest.mark.parametrize(
    "include", ["'site1.more'", "('site1.more', 'more')", "more", "more.urlpatterns", "patterns"]
)
def test_included_urlconfs_are_read(include: str, tmp_path: Path) -> None:
    """By dotted path, by module and by list."""
    urls = (
        URLS
        + f"from site1 import more\nfrom site1.more import patterns\nurlpatterns = [path('', include({include}))]"
    )
    more = "from django.urls import path\nfrom .views import a\nurlpatterns = patterns = [path('a', a)]"
    assert routed(tmp_path, urls=urls, more=more) == ["site1.views.a"]


@pytest.mark.parametrize("line", ["from .pages import b", "from .pages import *"])
def test_names_are_followed_through_packages(line: str, tmp_path: Path) -> None:
    """A package that gathers views, by name or by star."""
    package = tmp_path / "site1" / "shown"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"{line}\n", "utf-8")
    urls = URLS + "from site1 import shown\nurlpatterns = [path('', shown.b)]"
    pages = {"shown__pages": "async def b(request): ...\n"}
    assert routed(tmp_path, urls=urls, **pages) == ["site1.shown.pages.b"]


API = "from ninja import NinjaAPI\napi = NinjaAPI()\n"


def test_operations_of_ninja_are_found_where_they_are_imported(tmp_path: Path) -> None:
    """In the module of the API, in routers that are added by name or path, and in modules that the URLconf imports."""
    files = {
        "api": API + "from site1.router import router\napi.add_router('/r', router)\napi.add_router('/p', 'site1.path.router')\n"
        "@api.get('/x')\nasync def x(request): ...\n@api.get('/y')\ndef y(request): ...\n",
        "router": "from ninja import Router\nrouter = Router()\n@router.post('/z')\nasync def z(request): ...\n",
        "path": "from ninja import Router\nrouter = Router()\n@router.get('/p')\nasync def p(request): ...\n",
        "late": "from site1.api import api\n@api.get('/late')\nasync def late(request): ...\n",
    }  # fmt: skip
    urls = URLS + "from site1 import late\nfrom site1.api import api\nurlpatterns = [path('', api.urls)]"
    names = ["site1.api.x", "site1.late.late", "site1.path.p", "site1.router.z"]
    assert sorted(routed(tmp_path, urls=urls, **files)) == names


@pytest.mark.parametrize(
    "routes",
    [
        "urlpatterns = [path('', views.s)]",
        "urlpatterns = [path('', lambda request: None)]",
        "urlpatterns = [path('', missing)]",
        "made = make()\nurlpatterns = [path('', made)]",
        "urlpatterns = [path('', include('elsewhere.urls'))]",
        "def a(request): ...\nurlpatterns = [path('', a)]",
    ],
)
def test_what_is_not_certain_is_no_view(routes: str, tmp_path: Path) -> None:
    """Nor is anything that the project does not bring."""
    assert routed(tmp_path, urls=URLS.replace("import a, A", "import A") + routes) == []


SET = (
    "from rest_framework.decorators import action\nfrom rest_framework.viewsets import ViewSet\n"
    "class Notes(ViewSet):\n    {body}\nclass Later(ViewSet):\n    async def list(self, request): ...\n"
)
ROUTER = "from rest_framework.routers import DefaultRouter\nfrom site1.views import Notes\nrouter = DefaultRouter()\n"
REGISTERED = "router.register('notes', Notes)\n"


def rest_framework(root: Path) -> None:
    """A stand-in with the names of the real one."""
    package = root / "rest_framework"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "routers.py").write_text("class DefaultRouter: ...\n", "utf-8")
    (package / "decorators.py").write_text("def action(**options): ...\n", "utf-8")
    (package / "views.py").write_text(
        "from django.views import View\nclass APIView(View):\n    def dispatch(self, request): ...\n", "utf-8"
    )
    (package / "viewsets.py").write_text(
        "from rest_framework.views import APIView\nclass ViewSetMixin: ...\nclass ViewSet(ViewSetMixin, APIView): ...\n",
        "utf-8",
    )


@pytest.mark.parametrize(
    "body",
    [
        "async def list(self, request): ...",
        "async def partial_update(self, request, pk): ...",
        "@action(detail=True)\n    async def print(self, request, pk): ...",
    ],
)
@pytest.mark.parametrize(
    "routes",
    [
        f"{ROUTER}{REGISTERED}urlpatterns = router.urls",
        f"{ROUTER}{REGISTERED}urlpatterns = []\nurlpatterns += router.urls",
        f"{ROUTER}{REGISTERED}urlpatterns = [path('', views.s)] + router.urls",
        f"{ROUTER}{REGISTERED}urlpatterns = [*router.urls]",
        f"{ROUTER}{REGISTERED}urlpatterns = [path('', include(router.urls))]",
        f"{ROUTER}router.register('notes', viewset=Notes)\nurlpatterns = [path('', include((router.urls, 'x')))]",
        f"from site1.made import router\nfrom site1.views import Notes\n{REGISTERED}urlpatterns = router.urls",
        "from site1 import made\nfrom site1.views import Notes\nmade.router.register('n', Notes)\nurlpatterns = made.router.urls",
    ],
)
def test_view_sets_are_found_through_routers(routes: str, body: str, tmp_path: Path) -> None:
    """By what is registered with one that the URLconf routes, in the module that makes it or in the URLconf."""
    rest_framework(tmp_path)
    files = {"views": VIEWS + SET.format(body=body), "made": ROUTER}
    assert routed(tmp_path, urls=URLS + routes, **files) == ["site1.views.Notes"]


@pytest.mark.parametrize(
    "routes",
    [
        f"{ROUTER}{REGISTERED}urlpatterns = []",
        f"{ROUTER}other = DefaultRouter()\nother.register('notes', Notes)\nurlpatterns = router.urls",
        f"{ROUTER.replace('DefaultRouter()', 'make()')}{REGISTERED}urlpatterns = router.urls",
    ],
)
def test_what_no_router_routes_is_no_view(routes: str, tmp_path: Path) -> None:
    """Nor what is registered with something of which it is not known what it is."""
    rest_framework(tmp_path)
    files = {"views": VIEWS + SET.format(body="async def list(self, request): ...")}
    assert routed(tmp_path, urls=URLS + routes, **files) == []
