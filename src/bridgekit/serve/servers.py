"""What each ASGI server's command line is: what to serve, and where."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from bridgekit.exceptions import ProjectError

ServerName: TypeAlias = Literal["uvicorn", "hypercorn", "granian", "daphne", "gunicorn"]
SERVERS: Final[tuple[ServerName, ...]] = get_args(ServerName)

MODULE = "bridgekit.serve.app"
GUNICORN_APP_LOAD_ERROR = 4
"""gunicorn's exit code of a worker that cannot be started: it then ends instead of starting another."""


@dataclass(frozen=True)
class Bind:
    """Where to listen; None where the user did not say, and then the server's own default and options hold."""

    host: str | None = None
    port: int | None = None

    def options(self, host: str, port: str) -> list[str]:
        """The command line options named `host` and `port` for what is set."""
        given = [(host, self.host), (port, self.port)]
        return [part for option, value in given if value is not None for part in (option, str(value))]


def choose_server(requested: ServerName | None) -> ServerName:
    """The server that was asked for, or the first of `SERVERS` that is installed.

    Raises `ProjectError` when it is not installed.
    """
    candidates = SERVERS if requested is None else (requested,)
    for name in candidates:
        if _is_installed(name):
            return name
    missing = requested or SERVERS[0]
    if requested is None:
        subject = f"no server is installed, neither {', '.join(SERVERS[:-1])} nor {SERVERS[-1]}"
    elif importlib.util.find_spec(requested) is not None:
        subject = f"the installed {requested!r} has no ASGI worker yet"
    else:
        subject = f"the server {requested!r} is not installed"
    raise ProjectError(f"{subject}; run: pip install 'bridgekit[{missing}]'")


def _is_installed(name: ServerName) -> bool:
    if importlib.util.find_spec(name) is None:
        return False
    return name != "gunicorn" or importlib.util.find_spec("gunicorn.workers.gasgi") is not None


def server_command(server: ServerName, bind: Bind, own_options: Sequence[str]) -> tuple[str, list[str]]:
    """The module that is the command of `server`, and the arguments with which it serves `bridgekit.serve.app`.

    The user's `own_options` come last, because every one of these servers lets a later option win.

    Raises `ProjectError` for one that would have the server call what it is given, which is ASGI always, as something else.
    """
    if any(option.partition("=")[0] == "--interface" for option in own_options):
        raise ProjectError(
            "--interface stands before the two dashes: it says what TARGET speaks; the server is given an ASGI application always"
        )
    if server == "uvicorn":
        options = ["--factory", f"{MODULE}:load", *bind.options("--host", "--port")]
        return "bridgekit.serve.on_uvicorn", [*options, *own_options]
    if server == "hypercorn":
        # Hypercorn evaluates what follows the colon; "asgi:" keeps it from guessing the interface.
        return "hypercorn", [f"asgi:{MODULE}:load()", *_host_and_port(bind), *own_options]
    if server == "granian":
        options = ["--interface", "asgi", "--factory", *bind.options("--host", "--port")]
        return "granian", [f"{MODULE}:load", *options, *own_options]
    if server == "gunicorn":
        target = f"{MODULE}:load({GUNICORN_APP_LOAD_ERROR})"
        return "gunicorn", [target, "--worker-class", "asgi", *_host_and_port(bind), *own_options]
    return "daphne", [f"{MODULE}:application", *bind.options("-b", "-p"), *own_options]


def _host_and_port(bind: Bind) -> list[str]:
    """The two in one option, as hypercorn and gunicorn take them."""
    if bind == Bind():
        return []
    host = bind.host or "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return ["--bind", f"{shown}:{8000 if bind.port is None else bind.port}"]
