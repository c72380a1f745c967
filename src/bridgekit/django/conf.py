"""The ``BRIDGEKIT_*`` settings: the only place that reads them, when they are needed, never before.

Every management command imports this for its checks, so what measures is loaded only where a setting about it is set.

========================================= ====================================================================================
``BRIDGEKIT_TIMING_EXPORTERS``            list of exporters: dotted paths (a class is called without arguments) or callables.
                                          Default: ``["bridgekit.timing.exporters.logging.LoggingExporter"]``
``BRIDGEKIT_TIMING_SHOW``                 who sees the Server-Timing header: a function of the `HttpRequest`, its dotted path, ``"everyone"``
                                          or ``"loopback"`` (`bridgekit.timing.server_timing`). Default: None, nobody
``BRIDGEKIT_TIMING_ALLOW_ORIGIN``         value of ``Timing-Allow-Origin`` to send along. Default: None
``BRIDGEKIT_TIMING_EXCLUDE``              paths that are not measured, as for `ASGITimingMiddleware`. Default: ``[]``
``BRIDGEKIT_TIMING_LAYERS``               measure each middleware's own time. Default: False
``BRIDGEKIT_TIMING_QUEUE_TIME``           believe ``X-Request-Start``. Default: False
``BRIDGEKIT_TIMING_TRACEPARENT``          note the trace of ``traceparent``. Default: False
``BRIDGEKIT_CHECK_SERVER``                what ``manage.py check`` judges MIDDLEWARE for: "asgi", "wsgi" or None, not at all.
                                          Default: ``server`` of ``[tool.bridgekit]``, or "asgi"
``BRIDGEKIT_THREADS``                     the most threads for the sync code of requests under `bridgekit.django.get_asgi_application`,
                                          in each process. Default: 64
``BRIDGEKIT_THREADS_QUEUE``               the most requests that wait for a thread; one more is answered 503. Default: 1024
``BRIDGEKIT_THREADS_WAIT``                seconds that a request waits for its first thread before it is answered 503. Default: 30
``BRIDGEKIT_THREADS_RELEASED_BY``         dotted paths of middleware that need not find in ``process_response`` the thread of their
                                          ``process_request``. Default: ``[]``
========================================= ====================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from bridgekit.django._imported import imported
from bridgekit.middleware_chain.nonblocking import DECIDING
from bridgekit.middleware_chain.requests import Server

PREFIX = "BRIDGEKIT_"

LOGGING = "bridgekit.timing.exporters.logging.LoggingExporter"

_generation = 0


def generation() -> int:
    """Grows whenever a test overrides one of our settings, or of Django's that our handler looks at: what was made from them must be made again."""
    return _generation


def timing_options() -> dict[str, Any]:
    """The settings of `bridgekit.django.middleware.TimingMiddleware`, checked, by their names after ``TIMING_`` in lower case.

    Raises `ImproperlyConfigured`, which names the setting, for one that cannot be used.
    """
    return {
        name.removeprefix("TIMING_").lower(): read(name)
        for name, read in _READERS.items()
        if name.startswith("TIMING_")
    }


def check_server() -> Server | None:
    """The server that the system checks judge MIDDLEWARE for; None for none.

    Raises `ImproperlyConfigured` for anything that is not one.
    """
    server: Server | None = _READERS["CHECK_SERVER"]("CHECK_SERVER")
    return server


def threads() -> int:
    """The most threads that requests may take. Raises `ImproperlyConfigured` for anything that is no such number."""
    return _whole("THREADS", 64, 1)


def threads_queue() -> int:
    """The most requests that wait for a thread. Raises `ImproperlyConfigured` for anything that is no such number."""
    return _whole("THREADS_QUEUE", 1024, 0)


def threads_wait() -> float:
    """Seconds that a request waits for its first thread. Raises `ImproperlyConfigured` for anything that is no such number."""
    value = _get("THREADS_WAIT", 30)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ImproperlyConfigured(f"{PREFIX}THREADS_WAIT is {value!r}: it is a number of seconds above 0")
    return float(value)


def pool_options() -> tuple[int, int, float]:
    """How threads are lent: `threads`, `threads_queue` and `threads_wait`, which raise for what is none."""
    return threads(), threads_queue(), threads_wait()


def released_threads() -> list[str]:
    """Middleware that the project says need no thread of their own. Raises `ImproperlyConfigured` for anything but dotted paths."""
    paths = _list("THREADS_RELEASED_BY", [])
    for path in paths:
        if not isinstance(path, str):
            raise ImproperlyConfigured(f"{PREFIX}THREADS_RELEASED_BY: {path!r} is not a dotted path")
    return paths


def problems() -> list[ImproperlyConfigured]:
    """Every setting that cannot be used, in the order of their names. Those that are not set have defaults that can."""
    found = []
    for name in filter(is_set, sorted(_READERS)):
        try:
            _READERS[name](name)
        except ImproperlyConfigured as error:
            found.append(error)
    return found


def is_set(name: str) -> bool:
    """Whether the project's settings have it, so that the default does not count."""
    return hasattr(settings, PREFIX + name)


def unknown_names() -> list[str]:
    """Settings with our prefix that mean nothing, as after a slip of the pen."""
    return sorted(
        name for name in dir(settings) if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in NAMES
    )


def _get(name: str, default: Any) -> Any:
    return getattr(settings, PREFIX + name, default)


def _server(name: str) -> Server | None:
    value = _get(name, "asgi")
    if value is None:
        return None
    if value not in tuple(Server):
        raise ImproperlyConfigured(f'{PREFIX}{name} is {value!r}: it is "asgi", "wsgi" or None')
    return Server(value)


def _flag(name: str) -> bool:
    value = _get(name, False)
    if not isinstance(value, bool):
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}: it is True or False")
    return value


def _whole(name: str, default: int, least: int) -> int:
    value = _get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}: it is a whole number, {least} or more")
    return value


def _list(name: str, default: list[Any]) -> list[Any]:
    value = _get(name, default)
    if not isinstance(
        value, list | tuple | set | frozenset
    ):  # an iterator would be empty when it is read again
        hint = f": write [{value!r}]" if isinstance(value, str) else ""
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}: it is a list{hint}")
    return list(value)


def _paths(name: str) -> list[str]:
    from bridgekit.timing.measuring.paths import compile_exclusion

    paths = _list(name, [])
    try:
        compile_exclusion(paths)
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"{PREFIX}{name}: {error}") from error
    return paths


def _origin(name: str) -> str | None:
    from bridgekit.timing.server_timing import ServerTiming, everyone

    value: str | None = _get(name, None)
    try:
        ServerTiming(allow=everyone, timing_allow_origin=value)
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"{PREFIX}{name}: {error}") from error
    return value


def _predicate(name: str) -> Callable[[Any], bool] | None:
    from bridgekit.timing.server_timing import READY_MADE, shown_to

    value = _get(name, None)
    if value is None:
        return None
    if isinstance(value, str) and "." not in value and value not in READY_MADE:
        wanted = ", ".join(f'"{ready}"' for ready in READY_MADE)
        raise ImproperlyConfigured(
            f"{PREFIX}{name} is {value!r}: it is {wanted}, a function of the request or its dotted path"
        )
    if isinstance(value, str):
        value = READY_MADE[value] if value in READY_MADE else imported(PREFIX + name, value)
    try:
        shown = shown_to(value)
    except TypeError as error:
        raise ImproperlyConfigured(f"{PREFIX}{name}: {error}") from error
    return None if shown is None else shown.allow


def _exporters(name: str) -> list[Any]:
    from bridgekit.django._exporters import exporters_of

    return exporters_of(PREFIX + name, _list(name, [LOGGING]))


_READERS: dict[str, Callable[[str], Any]] = {
    "CHECK_SERVER": _server,
    "THREADS": lambda name: threads(),
    "THREADS_QUEUE": lambda name: threads_queue(),
    "THREADS_RELEASED_BY": lambda name: released_threads(),
    "THREADS_WAIT": lambda name: threads_wait(),
    "TIMING_ALLOW_ORIGIN": _origin,
    "TIMING_EXCLUDE": _paths,
    "TIMING_EXPORTERS": _exporters,
    "TIMING_LAYERS": _flag,
    "TIMING_QUEUE_TIME": _flag,
    "TIMING_SHOW": _predicate,
    "TIMING_TRACEPARENT": _flag,
}

NAMES = frozenset(_READERS)
"""Every setting, without its prefix."""


_DJANGOS = DECIDING | {"ALLOWED_HOSTS", "DISALLOWED_USER_AGENTS"}


def _on_change(*, setting: str, **kwargs: Any) -> None:
    global _generation
    if setting.startswith(PREFIX) or setting in _DJANGOS:
        _generation += 1


setting_changed.connect(_on_change, dispatch_uid="bridgekit.django.conf")
