"""What the command starts, and what the server's processes make of it."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

import bridgekit
from bridgekit.exceptions import ProjectError
from bridgekit.serve import app as served
from bridgekit.serve import servers
from bridgekit.serve.app import FAILED, Settings, make_application
from bridgekit.serve.launch import launch
from bridgekit.serve.servers import Bind
from tests.helpers.server_process import ROOT

HERE = "tests.serve.test_launch"

asgi_app = Starlette()
not_callable = 3
factory_calls: list[str] = []


def wsgi_app(environ: object, start_response: object) -> object: ...


def make() -> object:
    factory_calls.append("called")
    return wsgi_app


def make_anyhow(*args: object) -> object:
    return make()


def vague(*args: object) -> object: ...


class SeesNothing:
    """ASGI behind a signature that does not tell."""

    def __call__(self, *args: object) -> object:
        return asgi_app(*args)  # type: ignore[arg-type]  # as wrappers do


sees_nothing = SeesNothing()

Started = tuple[str, list[str], dict[str, str]]


def launched(text: str, **given: object) -> Started:
    seen: list[Started] = []
    options = {
        "server": "uvicorn",
        "bind": Bind(),
        "interface": None,
        "factory": False,
        "app_dir": str(ROOT),
        "limits": {},
        "own_options": (),
    } | given
    launch(text, run=lambda *started: seen.append(started), **options)  # type: ignore[arg-type]  # test data
    (started,) = seen
    return started


@pytest.fixture(autouse=True)
def _has_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "_is_installed", lambda name: name == "uvicorn")


def test_the_servers_own_command_runs_with_the_target_in_its_environment() -> None:
    module, arguments, environment = launched(f"{HERE}:wsgi_app", own_options=("--workers", "2"))
    assert module == "bridgekit.serve.on_uvicorn"
    assert arguments[-2:] == ["--workers", "2"]
    assert Settings.from_environment(environment) == Settings(f"{HERE}:wsgi_app", str(ROOT))


def test_all_that_was_said_reaches_the_workers() -> None:
    limits = {"threads": "5", "max_body_size": "none"}
    environment = launched(f"{HERE}:make", interface="wsgi", factory=True, limits=limits)[2]
    assert Settings.from_environment(environment) == Settings(f"{HERE}:make", str(ROOT), "wsgi", True, limits)


def test_the_target_is_not_imported_by_the_command(tmp_path: Path) -> None:
    """It may need what the server reads first: its environment file."""
    tmp_path.joinpath("needs_environment.py").write_text("1 / 0")
    launched("needs_environment:app", app_dir=str(tmp_path))
    assert "needs_environment" not in sys.modules
    assert str(tmp_path) not in sys.path


def test_a_module_that_is_nowhere_is_told_before_a_server_starts(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=f"no module named 'nowhere' in {tmp_path}"):
        launched("nowhere.below:app", app_dir=str(tmp_path))


def test_a_limit_that_is_none_is_told_before_a_server_starts() -> None:
    with pytest.raises(
        ProjectError, match=r"--threads .*BRIDGEKIT_SERVE_THREADS.*'many' is not a whole number"
    ):
        launched(f"{HERE}:wsgi_app", limits={"threads": "many"})


def test_an_empty_variable_is_no_limit() -> None:
    """As of a composed environment, for what is not said; the command takes it so, and the workers have to."""
    given = {
        "BRIDGEKIT_SERVE_TARGET": "shop:app",
        "BRIDGEKIT_SERVE_APP_DIR": "/",
        "BRIDGEKIT_SERVE_THREADS": "",
    }
    assert Settings.from_environment(given).limits == {}


def test_the_directory_is_made_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's option such as granian's --working-dir changes the directory before the workers import."""
    monkeypatch.chdir(ROOT)
    environment = launched(f"{HERE}:asgi_app", app_dir=".")[2]
    assert Settings.from_environment(environment).app_dir == str(Path(ROOT).resolve())


def test_the_exit_code_is_2_however_the_server_ends_after_a_worker_could_not_start() -> None:
    """hypercorn ends with 0 then, uvicorn with workers too."""
    marks: list[Path] = []

    def run(module: str, arguments: list[str], environment: dict[str, str]) -> None:
        marks.append(Path(environment[FAILED]))
        marks[0].touch()

    options: dict[str, Any] = {
        "bind": Bind(),
        "interface": None,
        "factory": False,
        "limits": {},
        "own_options": (),
    }
    with pytest.raises(SystemExit) as caught:
        launch(f"{HERE}:wsgi_app", server="uvicorn", app_dir=str(ROOT), run=run, **options)
    assert caught.value.code == 2
    assert not marks[0].exists()


# -- what the server imports


def made(text: str, **given: object) -> object:
    return make_application(Settings(text, str(ROOT), **given))  # type: ignore[arg-type]  # test data


def test_a_wsgi_target_is_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(made(f"{HERE}:wsgi_app"), bridgekit.WSGIToASGI)
    assert capsys.readouterr().err == f"bridgekit: serving the WSGI application {HERE}:wsgi_app\n"


def test_an_asgi_target_is_served_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert made(f"{HERE}:asgi_app") is asgi_app
    assert capsys.readouterr().err == f"bridgekit: serving the ASGI application {HERE}:asgi_app\n"


def test_the_limits_are_the_adapters(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, object]] = []
    monkeypatch.setattr(bridgekit, "WSGIToASGI", lambda app, **arguments: seen.append(arguments))
    limits = {"threads": "5", "max_queue": "0", "queue_timeout": "1.5", "max_body_size": "none"}
    made(f"{HERE}:wsgi_app", limits=limits)
    assert seen == [{"max_workers": 5, "max_queue": 0, "queue_timeout": 1.5, "max_body_size": None}]


def test_limits_of_an_asgi_application_are_said_to_be_without_effect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made(f"{HERE}:asgi_app", limits={"threads": "5", "max_queue": "9"})
    assert "bridgekit: --threads, --max-queue: without effect" in capsys.readouterr().err


def test_what_does_not_tell_is_served_as_the_user_says() -> None:
    with pytest.raises(ProjectError, match="--interface wsgi or --interface asgi, for a factory --factory"):
        made(f"{HERE}:vague")
    assert isinstance(made(f"{HERE}:vague", interface="wsgi"), bridgekit.WSGIToASGI)


def test_a_factory_that_does_not_look_like_one_is_called_if_the_user_says_so() -> None:
    factory_calls.clear()
    assert isinstance(made(f"{HERE}:make_anyhow", factory=True), bridgekit.WSGIToASGI)
    assert factory_calls == ["called"]


def test_an_asgi_application_is_seen_as_one_by_the_servers() -> None:
    """uvicorn and daphne would call it with the scope alone, as one of ASGI 2."""
    app = made(f"{HERE}:sees_nothing", interface="asgi")
    assert inspect.iscoroutinefunction(app)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
            return await client.get("/nowhere")

    assert asyncio.run(ask()).text == "Not Found"


def test_an_asgi_application_that_is_said_to_be_wsgi_is_refused() -> None:
    with pytest.raises(ProjectError, match="cannot be served as a WSGI application"):
        made(f"{HERE}:asgi_app", interface="wsgi")


@pytest.fixture
def in_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Settings], Path]:
    """Give a process the settings; the result is the file that tells the command of a failure."""

    def enter(settings: Settings) -> Path:
        for name, value in {**settings.to_environment(), FAILED: str(tmp_path / "failed")}.items():
            monkeypatch.setenv(name, value)
        served._application.cache_clear()
        return tmp_path / "failed"

    return enter


def test_a_process_imports_and_calls_the_factory_once(in_worker: Callable[[Settings], Path]) -> None:
    in_worker(Settings(f"{HERE}:make", str(ROOT)))
    factory_calls.clear()
    assert served.load() is served.load() is served.application
    assert factory_calls == ["called"]


def test_a_server_that_knows_only_attributes_finds_one(in_worker: Callable[[Settings], Path]) -> None:
    in_worker(Settings(f"{HERE}:asgi_app", str(ROOT)))
    assert served.application is asgi_app
    assert not hasattr(served, "anything_else")


def test_a_worker_tells_what_it_cannot_serve_in_one_line_and_ends(
    in_worker: Callable[[Settings], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    failed = in_worker(Settings(f"{HERE}:not_callable", str(ROOT)))
    with pytest.raises(SystemExit) as caught:
        served.load(3)
    assert caught.value.code == 3
    assert capsys.readouterr().err.startswith("Error: ")
    assert failed.exists()
    in_worker(Settings(f"{HERE}:asgi_app", str(ROOT)))  # as after --reload
    served.load()
    assert not failed.exists()


def test_outside_the_command_the_remedy_is_told() -> None:
    with pytest.raises(ProjectError, match=r"BRIDGEKIT_SERVE_TARGET is not set.*bridgekit serve TARGET"):
        Settings.from_environment({})
    variables = {**Settings("shop:app", "/srv").to_environment(), "BRIDGEKIT_SERVE_INTERFACE": "rsgi"}
    with pytest.raises(ProjectError, match="BRIDGEKIT_SERVE_INTERFACE is 'rsgi'; it can be wsgi or asgi"):
        Settings.from_environment(variables)
