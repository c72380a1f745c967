"""The application that servers import, in each of their worker processes: it reads the target from the environment.

Servers' workers do not share the command's memory (they are spawned, or reloaded), so what to serve travels in
environment variables and the servers are given the import string of this module.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from bridgekit.exceptions import ProjectError
from bridgekit.serve.interface import Interface
from bridgekit.serve.loading import find, make_app
from bridgekit.serve.target import parse_target
from bridgekit.typing import ASGIApp, WSGIApp

__all__ = ["Settings", "load"]

PREFIX = "BRIDGEKIT_SERVE_"


@dataclass(frozen=True)
class Settings:
    """What to serve."""

    target: str
    interface: Interface
    app_dir: str

    def to_environment(self) -> dict[str, str]:
        return {PREFIX + name.upper(): value for name, value in vars(self).items()}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises `ProjectError` outside ``bridgekit serve``."""
        try:
            target = environment[PREFIX + "TARGET"]
            interface = environment[PREFIX + "INTERFACE"]
            app_dir = environment[PREFIX + "APP_DIR"]
        except KeyError as error:
            raise ProjectError(f"{error} is not set; start this with `bridgekit serve TARGET`") from None
        return cls(target, "wsgi" if interface == "wsgi" else "asgi", app_dir)


def load() -> ASGIApp:
    """Import the target that the environment names and return it as an ASGI application.

    An ASGI application is returned as it is.
    """
    settings = Settings.from_environment(os.environ)
    target = parse_target(settings.target)
    app = make_app(target, find(target, settings.app_dir))
    if settings.interface == "asgi":
        return cast(ASGIApp, app)
    from bridgekit import WSGIToASGI

    return WSGIToASGI(cast(WSGIApp, app))


def __getattr__(name: str) -> Any:
    # For servers that only know attributes (daphne): nothing is loaded until they ask.
    if name == "application":
        return load()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
