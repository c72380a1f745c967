"""How each ASGI server is told, on its command line, what to serve and where."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from bridgekit.exceptions import ProjectError

__all__ = ["SERVERS", "Bind", "ServerName", "choose_server", "server_arguments"]

ServerName: TypeAlias = Literal["uvicorn", "hypercorn", "granian", "daphne"]
SERVERS: Final[tuple[ServerName, ...]] = get_args(ServerName)

MODULE = "bridgekit.serve.app"


@dataclass(frozen=True)
class Bind:
    """Where to listen; None where the user did not say, and then the server's own default and options hold."""

    host: str | None = None
    port: int | None = None

    def options(self, host: str, port: str) -> list[str]:
        """The command line options named `host` and `port` for what is set."""
        given = [(host, self.host), (port, self.port)]
        return [part for option, value in given if value is not None for part in (option, str(value))]


def choose_server(wanted: ServerName | None) -> ServerName:
    """The server that was asked for, or the first of `SERVERS` that is installed.

    Raises `ProjectError` when it is not installed.
    """
    candidates = SERVERS if wanted is None else (wanted,)
    for name in candidates:
        if importlib.util.find_spec(name) is not None:
            return name
    missing = wanted or SERVERS[0]
    subject = f"the server {missing!r} is" if wanted else f"none of {', '.join(SERVERS)} is"
    raise ProjectError(f"{subject} not installed; run: pip install 'bridgekit[{missing}]'")


def server_arguments(server: ServerName, bind: Bind, own_options: Sequence[str]) -> list[str]:
    """The arguments of ``python`` that start `server` with `bridgekit.serve.app`; the user's `own_options` come last.

    Last, because every one of these servers lets a later option win.
    """
    if server == "uvicorn":
        return [
            "-m",
            "uvicorn",
            "--factory",
            f"{MODULE}:load",
            *bind.options("--host", "--port"),
            *own_options,
        ]
    if server == "hypercorn":
        # Hypercorn evaluates what follows the colon; "asgi:" keeps it from guessing the interface.
        return ["-m", "hypercorn", f"asgi:{MODULE}:load()", *_hypercorn_bind(bind), *own_options]
    if server == "granian":
        options = ["--interface", "asgi", "--factory", *bind.options("--host", "--port")]
        return ["-m", "granian", f"{MODULE}:load", *options, *own_options]
    return ["-m", "daphne", f"{MODULE}:application", *bind.options("-b", "-p"), *own_options]


def _hypercorn_bind(bind: Bind) -> list[str]:
    if bind == Bind():
        return []
    host = bind.host or "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return ["--bind", f"{shown}:{8000 if bind.port is None else bind.port}"]
