"""``bridgekit serve`` on every server it knows, with applications nobody wrote an adapter for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridgekit.serve.servers import SERVERS
from tests.helpers.raw_http import Address, request
from tests.helpers.server_process import ROOT, ServerFailed, ServerProcess, run_server
from tests.servers.test_lifecycle import pids_that_answer

WORKERS = ["--workers", "2"]
HAVE_WORKERS = ["uvicorn", "hypercorn", "granian", "gunicorn"]
RELOAD = {"uvicorn": ["--reload"], "hypercorn": ["--reload"]}
ENV_FILE = {"uvicorn": "--env-file", "granian": "--env-files"}

APPLICATIONS = {
    "wsgi": "wsgiref.simple_server:demo_app",
    "asgi": "tests.servers.apps.native_asgi:app",
    "factory": "tests.servers.apps.factories:create",
    "called factory": 'tests.servers.apps.factories:create_with("red", times=2)',
}
ANSWERS = {"wsgi": "Hello world!", "asgi": "hello", "factory": "made", "called factory": "redred"}


@contextmanager
def served(
    target: str,
    server: str,
    *own_options: str,
    options: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
) -> Iterator[ServerProcess]:
    def command(address: Address) -> list[str]:
        assert not isinstance(address, str)
        bind = ["--host", address[0], "--port", str(address[1])]
        own = ["--", *own_options] if own_options else []
        return [sys.executable, "-m", "bridgekit", "serve", target, "--server", server, *bind, *options, *own]

    with run_server(command, env=env) as running:
        yield running


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("kind", APPLICATIONS)
def test_every_kind_of_target_on_every_server(kind: str, server: str) -> None:
    with served(APPLICATIONS[kind], server) as running:
        assert request(running.address).text.startswith(ANSWERS[kind])
        protocol = "ASGI" if kind == "asgi" else "WSGI"
        assert f"bridgekit: serving the {protocol} application" in running.log()
        running.stop()


@pytest.mark.parametrize("server", HAVE_WORKERS)
def test_both_worker_processes_answer(server: str) -> None:
    with served("tests.servers.apps.probe:wsgi", server, *WORKERS) as running:
        assert len(pids_that_answer(running, 2)) == 2
        running.stop()


def test_an_ambiguous_target_is_served_as_told() -> None:
    """The validator's wrapper takes any arguments."""
    with served("tests.servers.apps.probe:validated", "uvicorn", options=("--interface", "wsgi")) as running:
        assert request(running.address).text == "hello"
    with pytest.raises(ServerFailed, match="--interface wsgi or --interface asgi"):
        with served("tests.servers.apps.probe:validated", "uvicorn"):
            pytest.fail("it was served")


EARLY = "tests.servers.apps.imported_early:app"


@pytest.mark.parametrize(
    ("server", "own_options"),
    [
        *[(server, []) for server in SERVERS],
        *[(server, WORKERS) for server in HAVE_WORKERS],
        *RELOAD.items(),
        ("hypercorn", ["--worker-class", "trio"]),
        ("gunicorn", ["--preload"]),
    ],
)
def test_the_module_is_imported_once_a_process_before_a_loop_runs(
    server: str, own_options: list[str], tmp_path: Path
) -> None:
    """It runs a loop of its own, and asks its database, while it is imported."""
    log = tmp_path / "imports"
    with served(EARLY, server, *own_options, env={"IMPORTS": str(log)}) as running:
        assert request(running.address).text == "asked"
        pids = [line.split()[0] for line in log.read_text().splitlines()]
        assert pids
        assert len(pids) == len(set(pids))


@pytest.mark.parametrize("own_options", [[], WORKERS])
@pytest.mark.parametrize("server", ENV_FILE)
def test_the_module_is_imported_after_the_servers_environment_file(
    server: str, own_options: list[str], tmp_path: Path
) -> None:
    """Options of ours may stand in it, too."""
    tmp_path.joinpath("env").write_text("FROM_FILE=read\nBRIDGEKIT_SERVE_MAX_BODY_SIZE=3\n")
    log, file = tmp_path / "imports", [ENV_FILE[server], str(tmp_path / "env")]
    with served(EARLY, server, *file, *own_options, env={"IMPORTS": str(log)}) as running:
        assert request(running.address, "POST", body=b"four").status == 413
        assert {line.split()[1] for line in log.read_text().splitlines()} == {"read"}


@pytest.mark.parametrize(
    ("server", "own_options"),
    [*[(server, []) for server in SERVERS], *[(server, WORKERS) for server in HAVE_WORKERS]],
)
def test_a_target_that_fails_is_told_in_a_line_and_exit_code_2(
    server: str, own_options: list[str], tmp_path: Path
) -> None:
    tmp_path.joinpath("failing.py").write_text("import json\nraise LookupError('no database')\n")
    command = [sys.executable, "-m", "bridgekit", "serve", "failing:app", "--app-dir", str(tmp_path)]
    own = ["--server", server, "--port", "0", "--", *own_options]
    ended = subprocess.run(
        [*command, *own], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    lines = ended.stderr.splitlines()
    assert f'  File "{tmp_path}/failing.py", line 2, in <module>' in lines
    told = f"Error: importing 'failing' failed: LookupError: no database ({tmp_path}/failing.py, line 2)"
    assert told in lines
    assert "bridgekit/serve" not in ended.stderr


@pytest.mark.parametrize("server", ["uvicorn", "hypercorn", "granian"])
def test_a_socket_among_the_servers_own_options(server: str, tmp_path: Path) -> None:
    """Without --host and --port the server is told no address but the user's."""
    bind = {"uvicorn": ["--uds", "{}"], "hypercorn": ["--bind", "unix:{}"], "granian": ["--uds", "{}"]}[
        server
    ]

    def command(address: Address) -> list[str]:
        own = [part.format(address) for part in bind]
        target = "tests.servers.apps.probe:wsgi"
        return [sys.executable, "-m", "bridgekit", "serve", target, "--server", server, "--", *own]

    with run_server(command, unix_socket=True) as running:
        assert request(running.address).text == "hello"


def test_a_change_is_reloaded(tmp_path: Path) -> None:
    """uvicorn's --reload starts the workers anew: they find the target in their environment."""
    module = tmp_path / "reloaded_app.py"
    source = "def app(environ, start_response):\n  start_response('200 OK', [])\n  return [b'{}']\n"
    module.write_text(source.format("one"))
    own = ("--reload", "--reload-dir", str(tmp_path), "--reload-delay", "0.05")
    with served("reloaded_app:app", "uvicorn", *own, options=("--app-dir", str(tmp_path))) as running:
        assert request(running.address).text == "one"
        module.write_text(source.format("another"))
        running.wait_for_log("Started server process", count=2, seconds=30)
        assert request(running.address).text == "another"
