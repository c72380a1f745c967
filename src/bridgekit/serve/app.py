"""The application that servers import, in each of their worker processes: it reads the target from the environment.

Servers' workers do not share the command's memory (they are spawned, or reloaded), so what to serve travels in
environment variables and the servers are given the import string of this module. The variables are read as late as
the target is imported: after the server has read its ``--env-file``.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import click

from bridgekit.exceptions import ProjectError
from bridgekit.serve.interface import Interface, is_asgi_to_servers
from bridgekit.serve.limits import LIMITS
from bridgekit.serve.loading import find, interface_of, make_app, user_traceback
from bridgekit.serve.target import parse_target
from bridgekit.typing import ASGIApp, Receive, Scope, Send, WSGIApp

__all__ = ["FAILED", "PREFIX", "Settings", "load", "make_application"]

PREFIX = "BRIDGEKIT_SERVE_"
YES = "1"
FAILED = PREFIX + "FAILED"


@dataclass(frozen=True)
class Settings:
    """What to serve, and how."""

    target: str
    app_dir: str
    interface: Interface | None = None
    factory: bool = False
    limits: Mapping[str, str] = field(default_factory=dict)
    """By `bridgekit.serve.limits.Limit.name`, as they were written; what is missing stays the adapter's default."""

    def to_environment(self) -> dict[str, str]:
        environment = {"TARGET": self.target, "APP_DIR": self.app_dir}
        if self.interface is not None:
            environment["INTERFACE"] = self.interface
        if self.factory:
            environment["FACTORY"] = YES
        environment |= {name.upper(): text for name, text in self.limits.items()}
        return {PREFIX + name: text for name, text in environment.items()}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises `ProjectError` outside ``bridgekit serve``."""
        given = {
            name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)
        }
        missing = [name for name in ("TARGET", "APP_DIR") if name not in given]
        if missing:
            raise ProjectError(f"{PREFIX}{missing[0]} is not set; start this with `bridgekit serve TARGET`")
        interface = given.get("INTERFACE") or None
        if interface not in ("wsgi", "asgi", None):
            raise ProjectError(f"{PREFIX}INTERFACE is {interface!r}; it can be wsgi or asgi")
        # An empty variable is none, as it is to the command itself: composed environments have them for what is not said.
        limits = {limit.name: text for limit in LIMITS if (text := given.get(limit.name.upper()))}
        return cls(
            given["TARGET"],
            given["APP_DIR"],
            cast("Interface | None", interface),
            given.get("FACTORY") == YES,
            limits,
        )

    def adapter_arguments(self) -> dict[str, Any]:
        """The limits as arguments of `bridgekit.WSGIToASGI`; raises `ProjectError` for a value that is none."""
        arguments = {}
        for limit in LIMITS:
            if limit.name in self.limits:
                try:
                    arguments[limit.argument] = limit.read(self.limits[limit.name])
                except ProjectError as error:
                    variable = PREFIX + limit.name.upper()
                    raise ProjectError(f"{limit.option} (or {variable}): {error}") from None
        return arguments


def make_application(settings: Settings) -> ASGIApp:
    """Import the target and return it as an ASGI application; one that is ASGI already is returned as it is.

    Raises `ProjectError` with the remedy when the target cannot be served.
    """
    target = parse_target(settings.target)
    app = make_app(target, find(target, settings.app_dir), factory=settings.factory)
    interface = settings.interface or interface_of(target, app)
    echo(f"serving the {interface.upper()} application {settings.target}")
    if interface == "asgi":
        if settings.limits:
            unused = ", ".join(limit.option for limit in LIMITS if limit.name in settings.limits)
            echo(f"{unused}: without effect, an ASGI application runs in no threads of ours")
        return cast(ASGIApp, app) if is_asgi_to_servers(app) else _coroutine_function(cast(ASGIApp, app))
    from bridgekit import WSGIToASGI

    arguments = settings.adapter_arguments()
    try:
        return WSGIToASGI(cast(WSGIApp, app), **arguments)
    except (TypeError, ValueError) as error:
        raise ProjectError(f"{settings.target!r} cannot be served as a WSGI application: {error}") from None


def _coroutine_function(app: ASGIApp) -> ASGIApp:
    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return application


def echo(line: str) -> None:
    click.echo(f"bridgekit: {line}", err=True)


@functools.cache
def _application() -> ASGIApp:
    return make_application(Settings.from_environment(os.environ))


def load(failure: int = 2) -> ASGIApp:
    """The application that the environment names, imported at the first call of the process.

    What cannot be served is told in one line on stderr, and ends the process. The command is told by the existence of the
    file that `FAILED` names: not every server ends as its workers do.

    :param failure: the exit code for that: the one with which the server does not start the worker again.
    """
    failed = os.environ.get(FAILED)
    try:
        app = _application()
    except ProjectError as error:
        if error.__cause__ is not None:  # the project's own exception: show where
            click.echo(user_traceback(error.__cause__), err=True)
        click.echo(f"Error: {error}", err=True)
        if failed:
            Path(failed).touch(mode=0o600)
        raise SystemExit(failure) from None
    if failed:  # mended, and loaded again
        Path(failed).unlink(missing_ok=True)
    return app


def __getattr__(name: str) -> Any:
    # For servers that only know attributes (daphne): nothing is loaded until they ask.
    if name == "application":
        return load()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
