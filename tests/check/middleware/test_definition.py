"""What rules get: the class or factory with its effective methods, where each lives and what the instance sees."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from pathlib import Path

import pytest

from bridgekit.check.middleware import Definition, DefinitionKind, SourceReader
from bridgekit.check.modules.environment import current_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer, Location

pytest.importorskip("django")


def read(root: Path, source: str, path: str = "mw.Middleware") -> Definition:
    (root / "mw.py").write_text(source, "utf-8")
    return SourceReader(ModuleFinder([root], current_environment())).read(path, Location("settings.py", 3, 5))


CLASS = """
from asgiref.sync import sync_to_async
from django.utils.deprecation import MiddlewareMixin
def shared(self):
    pass
class Base(MiddlewareMixin):
    limit = 1
    header = "X"
    def process_request(self, request):
        return "base"
    def helper(self):
        pass
class Middleware(Base):
    limit = 2
    helper = None
    borrowed = shared
    @sync_to_async
    def process_view(self, request, view, args, kwargs):
        pass
    def process_request(self, request):
        return "own"
Middleware.late = shared
"""


def test_methods_are_those_that_win_in_the_mro(tmp_path: Path) -> None:
    definition = read(tmp_path, CLASS)
    assert definition.kind is DefinitionKind.CLASS
    assert definition.methods["process_request"].owner == "mw.Middleware"
    assert definition.methods["__acall__"].owner == "django.utils.deprecation.MiddlewareMixin"
    assert "helper" not in definition.methods
    assert ast.unparse(definition.attributes["limit"]) == "2"
    assert ast.unparse(definition.attributes["header"]) == "'X'"


def test_methods_know_their_file_line_and_colour(tmp_path: Path) -> None:
    methods = read(tmp_path, CLASS).methods
    assert methods["process_request"].location == Location(str(tmp_path / "mw.py"), 20, 5)
    assert methods["process_request"].module.name == "mw"
    assert methods["__acall__"].module.name == "django.utils.deprecation"
    assert methods["__acall__"].is_async
    assert methods["process_view"].is_async  # sync_to_async marks what it returns
    assert not methods["process_request"].is_async


def test_functions_assigned_under_another_name_are_methods(tmp_path: Path) -> None:
    methods = read(tmp_path, CLASS).methods
    assert methods["borrowed"].node.name == "shared"
    assert methods["late"].node.name == "shared"
    assert methods["late"].owner == "mw.Middleware"


def test_the_mro_is_pythons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "class A:\n    pass\nclass B(A):\n    pass\nclass C(A):\n    pass\nclass D(B, C):\n    pass\n"
        "class E(C):\n    pass\nclass Middleware(D, E):\n    pass\n"
    )
    definition = read(tmp_path, source)
    monkeypatch.syspath_prepend(str(tmp_path))
    cls = importlib.import_module("mw").Middleware
    del sys.modules["mw"]
    wanted = tuple(f"{base.__module__}.{base.__qualname__}" for base in inspect.getmro(cls)[:-1])
    assert definition.mro == wanted
    assert definition.mro_complete.answer is Answer.YES


def test_bases_in_a_contradictory_order_are_unknown_not_guessed(tmp_path: Path) -> None:
    """Python refuses to create the class."""
    source = "class A:\n    pass\nclass B(A):\n    pass\nclass Middleware(A, B):\n    x = 1\n"
    definition = read(tmp_path, source)
    assert definition.mro_complete.answer is Answer.UNKNOWN
    assert "no consistent order" in definition.mro_complete.reason


def test_a_factory_shows_the_functions_it_may_return(tmp_path: Path) -> None:
    source = """
from inspect import iscoroutinefunction
def Middleware(get_response):
    def helper():
        pass
    if iscoroutinefunction(get_response):
        async def middleware(request):
            return await get_response(request)
    else:
        def middleware(request):
            return get_response(request)
    return middleware
"""
    definition = read(tmp_path, source)
    assert definition.kind is DefinitionKind.FUNCTION
    assert isinstance(definition.node, ast.FunctionDef)
    assert definition.node.name == "Middleware"
    assert [type(node) for node in definition.inner] == [
        ast.AsyncFunctionDef
    ]  # what it returns in async mode
    assert "helper" in definition.methods


def test_a_made_factory_shows_the_function_that_django_would_call(tmp_path: Path) -> None:
    source = """
def build(name):
    def factory(get_response):
        def middleware(request):
            return get_response(request)
        return middleware
    return factory
Middleware = build("x")
"""
    definition = read(tmp_path, source)
    assert isinstance(definition.node, ast.FunctionDef)
    assert definition.node.name == "factory"
    assert [node.name for node in definition.inner] == ["middleware"]


def test_the_place_in_the_settings_is_kept(tmp_path: Path) -> None:
    definition = read(tmp_path, CLASS)
    assert definition.facts.listed_at == Location("settings.py", 3, 5)
    assert definition.location == Location(str(tmp_path / "mw.py"), 13, 1)
    assert read(tmp_path, "", "gone.Middleware").facts.listed_at == Location("settings.py", 3, 5)


def test_reading_the_default_stack_costs_few_files(tmp_path: Path) -> None:
    """It grows with the files that matter: each middleware's own, the mixin's, and little else."""
    names = [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    reader = SourceReader(ModuleFinder([tmp_path], current_environment()))
    hops = []
    for name in names:
        facts = reader.read(name).facts
        assert facts.mixin_acall.answer is Answer.YES
        hops.append(sum(hook in facts.hooks for hook in ("process_request", "process_response")))
    assert sum(hops) == 12
    assert reader.finder.files_read < 25
