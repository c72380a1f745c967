"""Async views by their source."""

from __future__ import annotations

import os
from pathlib import Path

from bridgekit.check.modules.bounded_reading import MAX_SOURCE_BYTES
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.modules.python_files import python_files
from bridgekit.check.project.async_views import find_async_views


def found(root: Path) -> list[tuple[str, int]]:
    views = find_async_views(root, ModuleFinder([root]).load_file)
    return [(Path(view.location.path).name, view.location.line) for view in views if not view.non_atomic]


VIEWS = """
from django.db import transaction
from django.views import View

async def home(request):
    pass

@transaction.non_atomic_requests
async def fast(request):
    pass

async def helper(value):
    pass

class Shop(View):
    async def get(self, request):
        pass
    async def load(self):
        pass

class Consumer:
    async def get(self, request):
        pass
"""


def test_views_are_functions_of_a_request_and_verbs_of_view_classes(tmp_path: Path) -> None:
    """Helpers, consumers and views outside transactions are none."""
    (tmp_path / "views.py").write_text(VIEWS, "utf-8")
    assert found(tmp_path) == [("views.py", 5), ("views.py", 16)]


URLS = """
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.urls import path, re_path
from django.views import View
from shop import pages
from shop.pages import Card, listed

class Own(View):
    async def get(self, request):
        pass

class Spare(View):
    async def get(self, request):
        pass

urlpatterns = [
    path("own/", login_required(Own.as_view())),
    path("home/", pages.home),
    re_path("^card/$", view=transaction.non_atomic_requests(Card.as_view())),
    path("listed/", transaction.non_atomic_requests(login_required(listed))),
    path("twice/", transaction.non_atomic_requests(pages.twice)),
    path("again/", pages.twice),
]
"""
PAGES = """
from django.views import View
async def home(request): pass
async def listed(request): pass
async def twice(request): pass
async def unrouted(request): pass
class Card(View):
    async def get(self, request): pass
"""


def test_views_are_found_wherever_a_urlconf_names_them(tmp_path: Path) -> None:
    """Behind decorators, by class or function; what every route takes out of transactions is none."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/pages.py").write_text(PAGES, "utf-8")
    (tmp_path / "shop/urls.py").write_text(URLS, "utf-8")
    assert sorted(found(tmp_path)) == [("pages.py", 3), ("pages.py", 5), ("urls.py", 10)]


def test_what_a_router_decorates_is_a_view(tmp_path: Path) -> None:
    """django-ninja makes one async view of the operations of a path."""
    api = "from ninja import NinjaAPI\napi = NinjaAPI()\n@api.get('/x')\nasync def x(request): pass\n"
    (tmp_path / "api.py").write_text(api, "utf-8")
    (tmp_path / "other.py").write_text(api.replace("ninja", "fastapi"), "utf-8")
    assert found(tmp_path) == [("api.py", 4)]


def test_only_files_named_for_views_are_read(tmp_path: Path) -> None:
    """Signal receivers and tasks take requests too."""
    (tmp_path / "tasks.py").write_text("async def run(request): pass\n", "utf-8")
    package = tmp_path / "shop" / "views"
    package.mkdir(parents=True)
    (package / "cart.py").write_text("async def cart(request): pass\n", "utf-8")
    assert found(tmp_path) == [("cart.py", 1)]


def test_a_view_in_a_package_s_own_module_is_found(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/__init__.py").write_text("async def listed(request): pass\n", "utf-8")
    routes = "from django.urls import path\nimport pages\nurlpatterns = [path('', pages.listed)]\n"
    (tmp_path / "urls.py").write_text(routes, "utf-8")
    assert found(tmp_path) == [("__init__.py", 1)]


def test_modules_that_can_hold_no_view_are_not_parsed(tmp_path: Path) -> None:
    """A project of a thousand modules of async code would take seconds."""
    for name in ("views", "pages", "tasks", "clients"):
        (tmp_path / f"{name}.py").write_text("async def listed(request): pass\n", "utf-8")
    routes = "from django.urls import path\nimport pages\nurlpatterns = [path('', pages.listed)]\n"
    (tmp_path / "urls.py").write_text(routes, "utf-8")
    loaded: list[str] = []
    finder = ModuleFinder([tmp_path])

    def load(file: Path) -> SourceModule:
        loaded.append(file.name)
        return finder.load_file(file)

    assert len(find_async_views(tmp_path, load)) == 2
    assert sorted(set(loaded)) == ["pages.py", "urls.py", "views.py"]


def test_foreign_folders_are_left_out(tmp_path: Path) -> None:
    """Virtual environments, hidden folders and node_modules, and no loop of symbolic links."""
    for name in (".venv", "node_modules", "lib/site-packages", "own"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "views.py").write_text("", "utf-8")
    environment = tmp_path / "py"
    environment.mkdir()
    (environment / "pyvenv.cfg").write_text("", "utf-8")
    (environment / "views.py").write_text("", "utf-8")
    (tmp_path / "own" / "again").symlink_to(tmp_path)
    assert [file.parent.name for file in python_files(tmp_path)] == ["own"]


def test_a_file_with_a_syntax_error_has_no_views(tmp_path: Path) -> None:
    """It is somebody else's finding."""
    (tmp_path / "views.py").write_text("async def (\n", "utf-8")
    assert found(tmp_path) == []


def test_pipes_and_large_files_are_passed_over(tmp_path: Path) -> None:
    """A named pipe that is called views.py would hold the run for ever."""
    os.mkfifo(tmp_path / "views.py")
    (tmp_path / "big_views.py").write_text("async def show(request):\n    pass\n" + "#" * MAX_SOURCE_BYTES)
    (tmp_path / "more_views.py").write_text("async def show(request):\n    pass\n")
    assert found(tmp_path) == [("more_views.py", 1)]
