"""The ``BRIDGEKIT_*`` settings: the only place that reads them, when they are needed, never before.

========================================= ====================================================================================
``BRIDGEKIT_TIMING_EXPORTERS``            list of exporters: dotted paths (a class is called without arguments) or callables.
                                          Default: ``["bridgekit.timing.exporters.logging.LoggingExporter"]``
``BRIDGEKIT_TIMING_SHOW``                 who sees the Server-Timing header: a function of the `HttpRequest`, or its dotted path.
                                          Default: None, nobody
``BRIDGEKIT_TIMING_ALLOW_ORIGIN``         value of ``Timing-Allow-Origin`` to send along. Default: None
``BRIDGEKIT_TIMING_EXCLUDE``              paths that are not measured, as for `ASGITimingMiddleware`. Default: ``[]``
``BRIDGEKIT_TIMING_LAYERS``               measure each middleware's own time. Default: False
``BRIDGEKIT_TIMING_QUEUE_TIME``           believe ``X-Request-Start``. Default: False
``BRIDGEKIT_TIMING_TRACEPARENT``          note the trace of ``traceparent``. Default: False
``BRIDGEKIT_CHECK_SERVER``                what ``manage.py check`` judges MIDDLEWARE for: "asgi", "wsgi" or None, not at all.
                                          Default: "asgi"
========================================= ====================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from bridgekit.middleware_chain.requests import Server

__all__ = ["NAMES", "PREFIX", "check_server", "generation", "timing_options", "unknown_names"]

PREFIX = "BRIDGEKIT_"

NAMES = frozenset(
    {
        "CHECK_SERVER",
        "TIMING_ALLOW_ORIGIN",
        "TIMING_EXCLUDE",
        "TIMING_EXPORTERS",
        "TIMING_LAYERS",
        "TIMING_QUEUE_TIME",
        "TIMING_SHOW",
        "TIMING_TRACEPARENT",
    }
)
"""Every setting, without its prefix."""

LOGGING = "bridgekit.timing.exporters.logging.LoggingExporter"

_generation = 0


def generation() -> int:
    """Grows whenever a test overrides one of our settings: what was made from them must be made again."""
    return _generation


def timing_options() -> dict[str, Any]:
    """The settings of `bridgekit.django.middleware.TimingMiddleware`, checked.

    Raises `ImproperlyConfigured`, which names the setting, for one that cannot be used.
    """
    return {
        "exporters": [_exporter(item) for item in _list("TIMING_EXPORTERS", [LOGGING])],
        "show": _function("TIMING_SHOW"),
        "allow_origin": _get("TIMING_ALLOW_ORIGIN", None),
        "exclude": _list("TIMING_EXCLUDE", []),
        "layers": _flag("TIMING_LAYERS"),
        "queue_time": _flag("TIMING_QUEUE_TIME"),
        "traceparent": _flag("TIMING_TRACEPARENT"),
    }


def check_server() -> Server | None:
    """The server that the system checks judge MIDDLEWARE for; None for none.

    Raises `ImproperlyConfigured` for anything that is not one.
    """
    value = _get("CHECK_SERVER", "asgi")
    if value is None:
        return None
    if value not in tuple(Server):
        raise ImproperlyConfigured(f'{PREFIX}CHECK_SERVER is {value!r}: it is "asgi", "wsgi" or None')
    return Server(value)


def unknown_names() -> list[str]:
    """Settings with our prefix that mean nothing, as after a slip of the pen."""
    return sorted(
        name for name in dir(settings) if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in NAMES
    )


def _get(name: str, default: Any) -> Any:
    return getattr(settings, PREFIX + name, default)


def _flag(name: str) -> bool:
    value = _get(name, False)
    if not isinstance(value, bool):
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}: it is True or False")
    return value


def _list(name: str, default: list[Any]) -> list[Any]:
    value = _get(name, default)
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ImproperlyConfigured(f"{PREFIX}{name} is {value!r}: it is a list")
    return list(value)


def _function(name: str) -> Callable[[Any], bool] | None:
    value = _get(name, None)
    if value is None:
        return None
    function = _imported(name, value)
    if not callable(function):
        raise ImproperlyConfigured(
            f"{PREFIX}{name} is {value!r}: it is a function of the request, its dotted path, or None"
        )
    return function  # type: ignore[no-any-return]  # that it tells a bool shows when it is called


def _exporter(item: Any) -> Any:
    exporter = _imported("TIMING_EXPORTERS", item)
    if isinstance(exporter, type):
        exporter = exporter()
    if not callable(exporter):
        raise ImproperlyConfigured(
            f"{PREFIX}TIMING_EXPORTERS: {item!r} cannot be called with a RequestTiming"
        )
    return exporter


def _imported(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return import_string(value)
    except ImportError as error:
        raise ImproperlyConfigured(f"{PREFIX}{name}: {error}") from error


def _on_change(*, setting: str, **kwargs: Any) -> None:
    global _generation
    if setting.startswith(PREFIX):
        _generation += 1


setting_changed.connect(_on_change, dispatch_uid="bridgekit.django.conf")
