from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import pytest
from starlette.applications import Starlette

import bridgekit
from bridgekit.exceptions import ProjectError
from bridgekit.serve import app as served
from bridgekit.serve.app import Settings
from bridgekit.serve.launch import launch, settle
from bridgekit.serve.servers import Bind
from tests.helpers.server_process import ROOT

HERE = "tests.serve.test_launch"

asgi_app = Starlette()
factory_calls: list[str] = []


def wsgi_app(environ: object, start_response: object) -> object: ...


def make() -> object:
    factory_calls.append("called")
    return wsgi_app


def vague(*args: object) -> object: ...


class Replaced(Exception):
    """Raised where the process would have become the server."""


def launched(text: str, **given: object) -> tuple[list[str], dict[str, str], list[str]]:
    seen: list[tuple[list[str], dict[str, str]]] = []
    announced: list[str] = []

    def execute(arguments: list[str], environment: dict[str, str]) -> NoReturn:
        seen.append((arguments, environment))
        raise Replaced

    options = {
        "server": None,
        "bind": Bind(),
        "interface": None,
        "app_dir": str(ROOT),
        "own_options": (),
    } | given
    with pytest.raises(Replaced):
        launch(text, announce=announced.append, execute=execute, **options)  # type: ignore[arg-type]  # test data
    return (*seen[0], announced)


@pytest.fixture(autouse=True)
def _has_a_server() -> None:
    pytest.importorskip("uvicorn")


def test_this_process_becomes_the_server_on_the_same_interpreter() -> None:
    arguments, environment, announced = launched(f"{HERE}:wsgi_app", own_options=("--workers", "2"))
    assert arguments[:3] == [sys.executable, "-m", "uvicorn"]
    assert arguments[-2:] == ["--workers", "2"]
    assert Settings.from_environment(environment) == Settings(f"{HERE}:wsgi_app", "wsgi", str(ROOT))
    assert announced == [f"bridgekit: serving the WSGI application {HERE}:wsgi_app on uvicorn"]


def test_the_rest_of_the_environment_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop.settings")
    assert launched(f"{HERE}:wsgi_app")[1]["DJANGO_SETTINGS_MODULE"] == "shop.settings"


def test_the_directory_is_made_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's option such as granian's --working-dir changes the directory before the workers import."""
    monkeypatch.chdir(ROOT)
    assert settle(f"{HERE}:asgi_app", None, ".").app_dir == str(Path(ROOT).resolve())


def test_a_given_interface_leaves_the_factory_to_the_workers() -> None:
    factory_calls.clear()
    assert settle(f"{HERE}:make()", "wsgi", str(ROOT)).interface == "wsgi"
    assert factory_calls == []
    assert settle(f"{HERE}:make()", None, str(ROOT)).interface == "wsgi"
    assert factory_calls == ["called"]


def test_an_ambiguous_target_is_served_as_what_the_user_says() -> None:
    with pytest.raises(ProjectError, match="--interface"):
        settle(f"{HERE}:vague", None, str(ROOT))
    assert settle(f"{HERE}:vague", "asgi", str(ROOT)).interface == "asgi"


# -- what the server imports


def serve_as(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    for name, value in settings.to_environment().items():
        monkeypatch.setenv(name, value)


def test_a_wsgi_target_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    serve_as(monkeypatch, Settings(f"{HERE}:wsgi_app", "wsgi", str(ROOT)))
    assert isinstance(served.load(), bridgekit.WSGIToASGI)


def test_an_asgi_target_is_served_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    serve_as(monkeypatch, Settings(f"{HERE}:asgi_app", "asgi", str(ROOT)))
    assert served.load() is asgi_app


def test_a_server_that_knows_only_attributes_finds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    serve_as(monkeypatch, Settings(f"{HERE}:asgi_app", "asgi", str(ROOT)))
    assert served.application is asgi_app
    assert not hasattr(served, "anything_else")


def test_outside_the_command_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BRIDGEKIT_SERVE_TARGET", raising=False)
    with pytest.raises(ProjectError, match="bridgekit serve TARGET"):
        served.load()
