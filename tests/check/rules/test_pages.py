"""The forms that each rule's page shows, a broken one and a right one, are broken and right to the rule itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bridgekit.check.findings.finding import Finding
from bridgekit.check.findings.flow import ReadFunction
from bridgekit.check.findings.pages import rule_page
from bridgekit.check.findings.subject import AsyncView
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.check.rules.registry import ALL_RULES
from bridgekit.middleware_chain.requests import Server
from tests.check.rules import test_async_views_against_django as of_views
from tests.check.rules.conftest import CheckRule

CODES = [f"BRG{number:03}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 20)]


STARTS = """
from django.core.asgi import get_asgi_application
application = get_asgi_application()
"""
LAYERS = """
from django.utils.decorators import async_only_middleware


def sync_only(get_response):
    def middleware(request):
        return get_response(request)
    return middleware


another_sync_only = sync_only


@async_only_middleware
def async_only(get_response):
    async def middleware(request):
        return await get_response(request)
    return middleware
"""
CALL = """
    def __init__(self, get_response):
        self.get_response = get_response
    async def __call__(self, request):
        return await self.get_response(request)
"""
URLS = "from django.urls import path\nfrom shop.views import view\nurlpatterns = [path('', view)]\n"


def _settings(block: str) -> dict[str, str]:
    return {"shop/settings.py": "MIDDLEWARE = []\n" + block}


PROJECTS: Mapping[str, Callable[[str], dict[str, str]]] = {
    "BRG000": _settings,
    "BRG011": lambda block: {**_settings(block), "shop/middleware.py": LAYERS},
    "BRG012": lambda block: {
        **_settings('MIDDLEWARE = ["shop.middleware.Pass"]'),
        "shop/middleware.py": block + CALL,
    },
    "BRG016": lambda block: {**_settings(""), "shop/asgi.py": block},
    "BRG017": lambda block: {
        **_settings('ROOT_URLCONF = "shop.urls"\n' + block),
        "shop/views.py": block,
        "shop/urls.py": URLS,
        "shop/asgi.py": STARTS,
    },
    "BRG018": lambda block: {**_settings(block), "shop/asgi.py": STARTS},
    "BRG021": _settings,
    "BRG022": _settings,
}
"""Of rules about more than one middleware the project around what the page shows."""


def form(code: str, section: str, language: str = "python") -> str:
    """The first block of a section."""
    return (
        rule_page(code).partition(f"## {section}\n")[2].partition(f"```{language}\n")[2].partition("```")[0]
    )


def found(code: str, source: str, check_rule: CheckRule, root: Path) -> list[Finding]:
    """What the rule says of the last middleware in it, beside the async views in it."""
    module = SourceModule("app", str(root / "app.py"), ast.parse(source))
    assert module.tree is not None
    names = [node.name for node in module.tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    views = [
        AsyncView(module.location_of(node), ReadFunction(node, module))
        for node in module.tree.body
        if isinstance(node, ast.AsyncFunctionDef)
    ]
    return check_rule(code, source, names[-1:], async_views=lambda: views)


@pytest.mark.parametrize("code", CODES)
def test_the_example_is_found_and_what_stands_instead_is_not(
    code: str, check_rule: CheckRule, tmp_path: Path
) -> None:
    assert found(code, form(code, "Example"), check_rule, tmp_path)
    assert found(code, form(code, "Use instead"), check_rule, tmp_path) == []


@pytest.mark.parametrize("code", PROJECTS)
def test_the_forms_of_a_project_are_found_and_let_pass(code: str, tmp_path: Path) -> None:
    """By the whole checker, under the server that the rule is about."""
    pytest.importorskip("django")
    found = {}
    for section in ("Example", "Use instead"):
        root = tmp_path / section.replace(" ", "_")
        for name, text in {"shop/__init__.py": "", **PROJECTS[code](form(code, section))}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        server = Server.WSGI if code == "BRG012" else Server.ASGI
        options = Options(root, settings=("shop.settings",), server=server, select=(code,))
        found[section] = [finding.message for finding in run(options).findings]
    assert found["Example"]
    assert found["Use instead"] == []


def test_the_versions_of_a_page_are_found_and_let_pass(check_rule: CheckRule) -> None:
    """Those of BRG019's two lines of requirements."""
    for section, count in (("Example", 1), ("Use instead", 0)):
        (numbers,) = re.findall(r"[=>]=([\d.]+)", form("BRG019", section, "text"))
        versions = {"asgiref": tuple(map(int, numbers.split(".")))}
        assert (
            len(check_rule("BRG019", "def M(get_response):\n    return get_response\n", versions=versions))
            == count
        )


def test_every_page_is_run() -> None:
    """Each by one of these tests, or beside a running Django where the rule is about views."""
    run_here = {*CODES, *PROJECTS, "BRG019"}
    assert run_here | of_views.SHOWS.keys() == {rule.code for rule in ALL_RULES}
