"""Look at the target, then become the server."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from bridgekit.serve.app import Settings
from bridgekit.serve.interface import Interface
from bridgekit.serve.loading import find, make_app, tell_interface
from bridgekit.serve.servers import Bind, ServerName, choose_server, server_arguments
from bridgekit.serve.target import parse_target

__all__ = ["become", "launch", "settle"]

Execute: TypeAlias = Callable[[list[str], dict[str, str]], NoReturn]


def settle(text: str, interface: Interface | None, app_dir: str) -> Settings:
    """Import the target, find out what it is, and return the settings that the workers need.

    A factory is called here only if `interface` is None: only its product tells what it is.

    Raises `ProjectError` with the remedy when the target cannot be served.
    """
    folder = str(Path(app_dir).resolve())
    target = parse_target(text)
    found = find(target, folder)
    if interface is None:
        interface = tell_interface(target, make_app(target, found))
    return Settings(text, interface, folder)


def become(arguments: list[str], environment: dict[str, str]) -> NoReturn:
    """Replace this process by the command `arguments`."""
    sys.stdout.flush()  # what is still in Python's buffers would be lost
    sys.stderr.flush()
    os.execve(arguments[0], arguments, environment)


def launch(
    text: str,
    *,
    server: ServerName | None,
    bind: Bind,
    interface: Interface | None,
    app_dir: str,
    own_options: Sequence[str],
    announce: Callable[[str], None],
    execute: Execute = become,
) -> None:
    """Replace this process by the server, serving the target.

    The server takes over the process id, so that a supervisor's signals, the exit code and the terminal are its own,
    and it starts with a fresh interpreter: importing the target here leaves nothing behind.

    Raises `ProjectError` when the server is not installed or the target cannot be served.
    """
    chosen = choose_server(server)
    settings = settle(text, interface, app_dir)
    announce(f"bridgekit: serving the {settings.interface.upper()} application {text} on {chosen}")
    arguments = [sys.executable, *server_arguments(chosen, bind, own_options)]
    execute(arguments, {**os.environ, **settings.to_environment()})
