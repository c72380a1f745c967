"""Which layers of Django's wait for nothing, and in which requests: those need no thread of their own around what is awaited.

What the layers do was read in Django 5.2 to 6.1. A request with a safe method makes none of them load or save a session, ask who the user
is, or read a body, until somebody inside of them does; whether somebody did, the session and the message storage tell.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from types import FunctionType, MethodType
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http.response import HttpResponse
from django.utils.module_loading import import_string

from bridgekit.django import conf
from bridgekit.django.handlers.crossing import Crossing, current_executor
from bridgekit.django.handlers.receivers import on_finished, on_started
from bridgekit.middleware_chain.nonblocking import NONBLOCKING

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
"""Of RFC 9110: ``CsrfViewMiddleware`` reads the body of any other."""

_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_MESSAGES = "django.contrib.messages.middleware.MessageMiddleware"


def is_nonblocking(instance: Any) -> bool:
    """Whether a loaded layer is one of Django's that wait for nothing, with nobody's code in the place of Django's, as the settings are now."""
    needs = NONBLOCKING.get(_path(instance))
    return (
        needs is not None
        and _is_as_django_wrote(type(instance))
        and not any(callable(value) for name, value in vars(instance).items() if name.startswith("process_"))
        and all(need.met_by(getattr(settings, need.setting)) for need in needs)
        and _are_plain_data()
        and (
            _path(instance) != _SESSIONS
            or instance.SessionStore is import_module(settings.SESSION_ENGINE).SessionStore
        )
    )


def _path(instance: Any) -> str:
    kind = type(instance)
    return f"{kind.__module__}.{kind.__qualname__}"


def _is_as_django_wrote(kind: type) -> bool:
    """Whether nobody has put another function into the class, as instrumentations do."""
    own = vars(sys.modules[kind.__module__])
    return all(
        value.__globals__ is own if isinstance(value, FunctionType) else not name.startswith("process_")
        for name, value in vars(kind).items()
    )


def _are_plain_data() -> bool:
    """Whether what `HttpRequest.get_host` and ``CommonMiddleware`` walk through is what Django's manual has there, and no code of a project's."""
    hosts, agents = settings.ALLOWED_HOSTS, settings.DISALLOWED_USER_AGENTS
    return all(type(held) in (list, tuple, set, frozenset) for held in (hosts, agents)) and (
        all(isinstance(host, str) for host in hosts) and all(type(agent) is re.Pattern for agent in agents)
    )


@lru_cache(maxsize=256)
def _is_plain(kind: type) -> bool:
    """Whether asking a response of this class runs Django's code alone: a project's may make its ``content`` when it is asked for."""
    return not any(
        name in _ACCESS
        or (hasattr(HttpResponse, name) and name != "status_code" and not name.startswith("__"))
        for base in kind.__mro__
        if base.__module__.partition(".")[0] not in ("django", "builtins")
        for name in vars(base)
    )


_ACCESS = frozenset(
    f"__{name}__"
    for name in ("getattribute", "getattr", "setattr", "getitem", "setitem", "delitem", "contains", "iter")
)


def owner_of(hook: Any) -> Any:
    """The layer of a view hook that Django has adapted for the loop; None for one that is no plain method."""
    method = hook.func if isinstance(hook, Crossing) else None
    return method.__self__ if type(method) is MethodType else None


class Nonblocking:
    """Whether a request's way through some layers can be taken on the loop: inwards, and outwards.

    :param layers: the instances; `is_nonblocking` holds for each.
    """

    def __init__(self, layers: Sequence[Any]) -> None:
        self._layers = tuple(layers)
        paths = [_path(layer) for layer in layers]
        self._store = layers[paths.index(_SESSIONS)].SessionStore if _SESSIONS in paths else None
        self._stores_messages = _MESSAGES in paths
        self._generation = conf.generation()
        self._holds = True

    @property
    def holds(self) -> bool:
        """Whether `is_nonblocking` holds for each layer still: a test may have changed the settings."""
        if self._generation != conf.generation():
            self._generation, self._holds = conf.generation(), all(map(is_nonblocking, self._layers))
        return self._holds

    def may_begin(self, request: Any) -> bool:
        """Whether what the layers do before the view, and Django before that, needs no thread."""
        return (
            self.holds
            and not settings.CSRF_USE_SESSIONS  # which a test may have set without saying so
            and request.method in _SAFE_METHODS
            and type(request) is ASGIRequest
            and on_started.unobserved
            and on_finished.unobserved
            and current_executor() is not None
        )

    def may_end(self, request: Any, response: Any) -> bool:
        """Whether what they do behind it needs none: nothing was put into the session, no message was added or read, the response is Django's."""
        kind: Any = type(response)
        if not _is_plain(kind):
            return False
        held = vars(request)
        session, messages = held.get("session"), held.get("_messages")
        if self._store is not None and session is not None and not self._stays(session):
            return False
        return (
            not self._stores_messages
            or messages is None
            or (
                type(messages) is import_string(settings.MESSAGE_STORAGE)
                and not messages.used
                and not messages.added_new
            )
        )

    def _stays(self, session: Any) -> bool:
        """Whether a session need not be saved, and asking it waits for nothing."""
        return (
            type(session) is self._store and not session.modified and not settings.SESSION_SAVE_EVERY_REQUEST
        )
