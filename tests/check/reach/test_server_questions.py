"""Questions by which a view asks which server serves it, beside what Django's own two requests answer."""

from __future__ import annotations

import ast
import io
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("django")

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest

from bridgekit.check.findings.routed_view import RoutedView
from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.reach import walk_view
from bridgekit.middleware_chain.facts import Location

if not settings.configured:
    settings.configure(SECRET_KEY="s" * 50)
    django.setup()  # else the tests of other files in this process meet settings without applications

HEAD = """
import os
from django.core.handlers import asgi, wsgi
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest


def is_asgi(request):
    return hasattr(request, "scope") and request.scope["type"] == "http"


def fits(request):
    match request:
        case ASGIRequest():
            return True
        case _:
            return False


class Served:
    def __init__(self, request):
        self.request = request

    @property
    def by_asgi(self):
        return isinstance(self.request, ASGIRequest)
"""
VIEW = """

async def view(request):
    if {}:
        os.getpid()
    else:
        os.getppid()
"""
CALLED = {"os.getpid": "yes", "os.getppid": "no"}
QUESTIONS = [
    "hasattr(request, 'scope')",
    "hasattr(request, 'environ')",
    "not hasattr(request, 'scope')",
    "getattr(request, 'environ', None) is None",
    "getattr(request, 'scope', None) is not None",
    "getattr(request, 'scope', None) is None",
    "isinstance(request, ASGIRequest)",
    "isinstance(request, wsgi.WSGIRequest)",
    "isinstance(request, (asgi.ASGIRequest,))",
    "isinstance(request, (ASGIRequest, WSGIRequest))",
    "isinstance(request, HttpRequest)",
    "type(request) is ASGIRequest",
    "type(request) is not WSGIRequest",
    "type(request) == WSGIRequest",
    "type(request) != WSGIRequest",
    "request.__class__ is ASGIRequest",
    "type(request).__name__ == 'ASGIRequest'",
    "request.__class__.__name__ != 'WSGIRequest'",
    "type(request).__module__ == 'django.core.handlers.wsgi'",
    "'wsgi.input' in request.META",
    "'wsgi.version' not in request.META",
    "request.META.get('wsgi.input') is None",
    "request.META.get('wsgi.version') is not None",
    "request.META.get('wsgi.errors', None) is None",
    "is_asgi(request)",
    "fits(request)",
    "Served(request).by_asgi",
]
LEFT_OPEN = [
    "'wsgi.multithread' in request.META",
    "'HTTP_X' in request.META",
    "request.META.get('HTTP_X') is None",
    "hasattr(request, 'tenant')",
    "isinstance(request, Served)",
    "type(request) is HttpRequest",
]
"""What differs from request to request, or is answered by neither class."""


def asgi_request() -> ASGIRequest:
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    return ASGIRequest(scope, io.BytesIO())


def wsgi_request() -> WSGIRequest:
    return WSGIRequest(
        {
            "REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(), "wsgi.run_once": False, "wsgi.multithread": True, "wsgi.multiprocess": True,
        }
    )  # fmt: skip


def answers(root: Path, question: str, asgi: bool | None) -> set[str]:
    """Which of the two functions the walk calls."""
    (root / "app.py").write_text(HEAD + VIEW.format(question), "utf-8")
    finder = ModuleFinder([root])
    module = finder.load("app")
    assert module.tree is not None
    node = module.tree.body[-1]
    assert isinstance(node, ast.AsyncFunctionDef)
    view = RoutedView("app.view", node, module, SourceReader(finder).read("app.view", Location("urls.py", 1)))
    (start,) = view.handlers
    events = walk_view(start, view, finder.load, lambda name: None, asgi=asgi).events
    return {CALLED[event.name] for event in events if event.verb == "call" and event.name in CALLED}


@pytest.mark.parametrize("asgi", [True, False], ids=["ASGI", "WSGI"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_as_django_answers_it(question: str, asgi: bool, tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    exec(HEAD, names)
    names["request"] = asgi_request() if asgi else wsgi_request()
    wanted = bool(eval(question, names))
    assert answers(tmp_path, question, asgi) == {"yes" if wanted else "no"}


@pytest.mark.parametrize("question", LEFT_OPEN)
def test_what_no_server_decides_is_left_open(question: str, tmp_path: Path) -> None:
    """Both branches are followed."""
    assert answers(tmp_path, question, True) == answers(tmp_path, question, False) == {"yes", "no"}


def test_without_a_known_server_both_branches_are_left_open(tmp_path: Path) -> None:
    """What follows from a question that speaks of ASGI, and cannot be answered, is not told at all."""
    assert answers(tmp_path, "isinstance(request, ASGIRequest)", None) == set()
    assert answers(tmp_path, "hasattr(request, 'scope')", None) == {"yes", "no"}
