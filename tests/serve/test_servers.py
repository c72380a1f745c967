from __future__ import annotations

import importlib.util

import pytest

from bridgekit.exceptions import ProjectError
from bridgekit.serve import command
from bridgekit.serve.servers import SERVERS, Bind, ServerName, choose_server, server_command


def installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name in names else None)


def test_the_command_offers_exactly_these_servers() -> None:
    assert command.SERVERS == SERVERS


def test_the_first_that_is_installed_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "daphne", "granian")
    assert choose_server(None) == "granian"


def test_the_one_asked_for_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, *SERVERS, "gunicorn.workers.gasgi")
    assert [choose_server(name) for name in SERVERS] == list(SERVERS)


def test_a_missing_server_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "uvicorn")
    with pytest.raises(ProjectError) as caught:
        choose_server("hypercorn")
    assert (
        str(caught.value)
        == "the server 'hypercorn' is not installed; run: pip install 'bridgekit[hypercorn]'"
    )


def test_no_server_at_all_names_the_first_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    with pytest.raises(ProjectError) as caught:
        choose_server(None)
    assert str(caught.value) == (
        "no server is installed, neither uvicorn, hypercorn, granian, daphne nor gunicorn; "
        "run: pip install 'bridgekit[uvicorn]'"
    )


def test_a_gunicorn_without_the_asgi_worker_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 24 brought it."""
    installed(monkeypatch, "gunicorn")
    with pytest.raises(ProjectError, match=r"'gunicorn' has no ASGI worker.*bridgekit\[gunicorn\]"):
        choose_server("gunicorn")
    with pytest.raises(ProjectError, match="no server is installed"):
        choose_server(None)
    installed(monkeypatch, "gunicorn", "gunicorn.workers.gasgi")
    assert choose_server(None) == "gunicorn"


@pytest.mark.parametrize("server", SERVERS)
def test_the_users_own_options_come_last(server: ServerName) -> None:
    module, arguments = server_command(server, Bind("::1", 8001), ["--own", "1"])
    assert server in module
    assert arguments[-2:] == ["--own", "1"]


@pytest.mark.parametrize("server", SERVERS)
def test_nothing_is_said_about_the_address_that_the_user_did_not_say(server: ServerName) -> None:
    """A socket given among the server's own options must not meet a port of ours."""
    _, arguments = server_command(server, Bind(), [])
    assert not {"--host", "--port", "--bind", "-b", "-p"} & set(arguments)


@pytest.mark.parametrize(
    ("bind", "shown"),
    [
        (Bind("::1", 8001), "[::1]:8001"),
        (Bind("0.0.0.0"), "0.0.0.0:8000"),
        (Bind(port=0), "127.0.0.1:0"),
    ],
)
@pytest.mark.parametrize("server", ["hypercorn", "gunicorn"])
def test_these_take_host_and_port_in_one(server: ServerName, bind: Bind, shown: str) -> None:
    assert server_command(server, bind, [])[1][-2:] == ["--bind", shown]


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("given", [["--interface", "wsgi"], ["--interface=wsgi"]])
def test_the_server_is_not_told_another_interface(server: ServerName, given: list[str]) -> None:
    """It would call the ASGI application that it is given as WSGI, and answer every request with 500."""
    with pytest.raises(ProjectError, match="--interface stands before the two dashes"):
        server_command(server, Bind(), given)
