"""The middleware of the running project, as the checker's engine takes them."""

from __future__ import annotations

import importlib
from pathlib import Path

from django.conf import settings

from bridgekit.check.live import LiveStack, facts_as_loaded
from bridgekit.check.live_child import describe_middleware
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.requests import Server

__all__ = ["loaded_stack", "project_root", "settings_module"]


def loaded_stack(server: Server) -> LiveStack:
    """``settings.MIDDLEWARE`` as it is now, each read off its loaded class or factory, outermost first.

    Each one is built once, as Django's handlers do at start-up (`BaseHandler.load_middleware`), to see what its instance is.
    """
    entries = [describe_middleware(path, server.value) for path in settings.MIDDLEWARE]
    return LiveStack(_settings_file(), tuple(facts_as_loaded(entry) for entry in entries))


def settings_module() -> str:
    """The dotted name of the settings in use. Raises `ProjectError` where they are no module (``settings.configure()``)."""
    name = getattr(settings, "SETTINGS_MODULE", None)
    if not isinstance(name, str):
        raise ProjectError(
            "the settings come from settings.configure(), not from a module that could be read"
        )
    return name


def project_root() -> Path:
    """The directory from which the settings module is imported. Raises `ProjectError` where there is none."""
    file = Path(_settings_file()).absolute()
    depth = settings_module().count(".") + (file.name == "__init__.py")
    return file.parents[depth]


def _settings_file() -> str:
    module = importlib.import_module(settings_module())
    if not module.__file__:
        raise ProjectError(f"the settings module {module.__name__} has no file that could be read")
    return module.__file__
