from __future__ import annotations

import pytest

from bridgekit import cli
from bridgekit.exceptions import ProjectError
from bridgekit.serve import servers
from bridgekit.serve.servers import SERVERS, Bind, ServerName, choose_server, server_arguments


def installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(servers.importlib.util, "find_spec", lambda name: object() if name in names else None)


def test_the_command_offers_exactly_these_servers() -> None:
    assert cli.SERVERS == SERVERS


def test_the_first_that_is_installed_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "daphne", "granian")
    assert choose_server(None) == "granian"


def test_the_one_asked_for_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, *SERVERS)
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
    with pytest.raises(ProjectError, match=r"none of uvicorn, .* is not installed|bridgekit\[uvicorn\]"):
        choose_server(None)


@pytest.mark.parametrize("server", SERVERS)
def test_the_users_own_options_come_last(server: ServerName) -> None:
    arguments = server_arguments(server, Bind("::1", 8001), ["--own", "1"])
    assert arguments[:2] == ["-m", server]
    assert arguments[-2:] == ["--own", "1"]


@pytest.mark.parametrize("server", SERVERS)
def test_nothing_is_said_about_the_address_that_the_user_did_not_say(server: ServerName) -> None:
    """A socket given among the server's own options must not meet a port of ours."""
    arguments = server_arguments(server, Bind(), [])
    assert not {"--host", "--port", "--bind", "-b", "-p"} & set(arguments)


@pytest.mark.parametrize(
    ("bind", "shown"),
    [
        (Bind("::1", 8001), "[::1]:8001"),
        (Bind("0.0.0.0"), "0.0.0.0:8000"),
        (Bind(port=0), "127.0.0.1:0"),
    ],
)
def test_hypercorn_takes_host_and_port_in_one(bind: Bind, shown: str) -> None:
    assert server_arguments("hypercorn", bind, [])[-2:] == ["--bind", shown]
