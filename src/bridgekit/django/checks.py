"""Django system checks: the settings of bridgekit, and the loaded MIDDLEWARE by the engine of `bridgekit check`.

A finding of rule ``BRG001`` is the message ``bridgekit.W001``: E for errors, W for warnings, I for notes. Those of our own
settings have three digits from 101 on. All are silenced by ``SILENCED_SYSTEM_CHECKS``.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string

from bridgekit.django import conf
from bridgekit.exceptions import ProjectError

STRANGER = "203.0.113.7"
"""An address that is nobody's (RFC 5737)."""


def register_checks() -> None:
    """Called by the application's ``ready``."""
    checks.register(check_settings, Tags.async_support, Tags.security)
    checks.register(check_middleware, Tags.async_support)
    checks.register(check_exposure, Tags.security, deploy=True)


def check_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """``bridgekit.E101`` for a setting that cannot be used, ``bridgekit.W102`` for one that means nothing.

    ``bridgekit.W107`` for a name in ``BRIDGEKIT_THREADS_RELEASED_BY`` that does.
    """
    messages: list[CheckMessage] = [
        checks.Error(str(problem), id="bridgekit.E101") for problem in conf.problems()
    ]
    for name in conf.unknown_names():
        known = ", ".join(sorted(conf.PREFIX + other for other in conf.NAMES))
        messages.append(
            checks.Warning(
                f"{name} is not a setting of bridgekit's", hint=f"There are: {known}.", id="bridgekit.W102"
            )
        )
    return [*messages, *_releases_nothing()]


def _releases_nothing() -> Iterator[CheckMessage]:
    """Names that no thread is released for, as after a slip of the pen, or once a middleware is another."""
    try:
        paths = conf.released_threads()
    except ImproperlyConfigured:
        return  # told already
    for path in paths:
        if path in settings.MIDDLEWARE:
            why, hint = _why_held(path), "A plain MiddlewareMixin can be released; take this one out."
        else:
            meant = get_close_matches(path, settings.MIDDLEWARE, 1, cutoff=0.8)
            why = f"which is not in MIDDLEWARE{_not_importable(path)}"
            hint = f"Is {meant[0]} meant?" if meant else "Write it as in MIDDLEWARE, or take it out."
        if why:
            message = f"{conf.PREFIX}THREADS_RELEASED_BY has {path}, {why}: it releases nothing"
            yield checks.Warning(message, hint=hint, id="bridgekit.W107")


def _not_importable(path: str) -> str:
    try:
        import_string(path)
    except Exception as error:  # whatever a module raises at its import
        return f" and cannot be imported ({error})"
    return ""


def _why_held(path: str) -> str:
    """Why the thread is held for a layer all the same; empty where it is not, or where Django says what is wrong."""
    try:
        found = import_string(path)
    except Exception:  # whatever a module raises at its import: no handler loads it either
        return ""
    if isinstance(found, type) and found.__call__ is MiddlewareMixin.__call__:
        return ""
    return "which has code of its own around get_response and is run as a whole"


def check_middleware(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """What `bridgekit check` finds, for the middleware that are really loaded; ``bridgekit.W103`` if that cannot be found out."""
    try:
        server = conf.check_server()
    except ImproperlyConfigured:
        return []  # check_settings says so
    if server is None or not settings.MIDDLEWARE:
        return []
    from bridgekit.django.findings import find_messages

    try:
        return find_messages(server)
    except ProjectError as error:
        hint = "Set BRIDGEKIT_CHECK_SERVER = None to do without."
        return [checks.Warning(f"MIDDLEWARE was not checked: {error}", hint=hint, id="bridgekit.W103")]


def check_exposure(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """For deployment: ``bridgekit.W104`` if strangers see Server-Timing, ``bridgekit.W105`` if every website's scripts do.

    The project's own function is asked about a made-up anonymous request.
    """
    try:
        options = conf.timing_options()
    except ImproperlyConfigured:
        return []  # check_settings says so
    show, origin = options["show"], options["allow_origin"]
    messages: list[CheckMessage] = []
    if show is not None and _says_yes_to_strangers(show):
        messages.append(
            checks.Warning(
                "BRIDGEKIT_TIMING_SHOW shows Server-Timing to everybody: durations tell outsiders things, such as "
                "whether an account exists",
                hint="Make it a function that says yes only to those who are to see it.",
                id="bridgekit.W104",
            )
        )
    if show is not None and origin is not None and "*" in origin:
        messages.append(
            checks.Warning(
                f"BRIDGEKIT_TIMING_ALLOW_ORIGIN is {origin!r}: scripts of every website can read what Server-Timing "
                "says of requests that their visitors' browsers make here",
                hint="Name the origins that are to read it.",
                id="bridgekit.W105",
            )
        )
    return messages


def _says_yes_to_strangers(show: Any) -> bool:
    from bridgekit.timing.server_timing import everyone, loopback

    if show in (everyone, loopback):
        return show is everyone
    try:
        return bool(show(_request_of_a_stranger()))
    except Exception:  # any function may raise anything, and at run time that is a no
        return False


def _request_of_a_stranger() -> HttpRequest:
    request = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = "/"
    request.META = {
        "REMOTE_ADDR": STRANGER,
        "REQUEST_METHOD": "GET",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
    }
    if apps.is_installed("django.contrib.auth"):
        from django.contrib.auth.models import AnonymousUser

        request.user = AnonymousUser()
    return request
