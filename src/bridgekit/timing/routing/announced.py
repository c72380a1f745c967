"""Route templates that frameworks announce while they run: Flask and Quart by signals, Pyramid by events.

These leave nothing behind for a wrapper, or (Flask) leave it in an environ that a middleware may have copied. What they announce is
reported to the record that stands in the request's own scope or environ, which a copy holds as well, on whichever side of an adapter it is.

Only frameworks that are loaded are listened to, and nothing here imports one.
"""

from __future__ import annotations

import sys
from typing import Any

from bridgekit.timing.measuring.current import KEY


def listen() -> None:
    """Listen to every framework that is loaded by now; may be called again."""
    if (flask := sys.modules.get("flask.signals")) is not None:
        flask.request_started.connect(flask_started)
    if (quart := sys.modules.get("quart.signals")) is not None:
        quart.request_started.connect(quart_started)
        quart.websocket_started.connect(quart_websocket_started)
    if (pyramid := sys.modules.get("pyramid.config")) is not None:
        for registry in tuple(pyramid.global_registries):
            if all(known.handler is not pyramid_found for known in registry.registeredHandlers()):
                registry.registerHandler(pyramid_found, (sys.modules["pyramid.interfaces"].IContextFound,))


def report_matched(source: Any, mount: str, template: object) -> None:
    """Tell the record in a scope or environ what matched below `mount`; None for nothing."""
    report = getattr(source.get(KEY), "set_inner_route", None)
    if report is not None:
        report(mount, template if isinstance(template, str) else None)


def flask_started(sender: Any, **extra: Any) -> None:
    """``flask.request_started``: the URL is matched by then (``RequestContext.push``)."""
    request = sys.modules["flask"].request
    report_matched(
        request.environ, request.environ.get("SCRIPT_NAME", ""), getattr(request.url_rule, "rule", None)
    )


async def quart_started(sender: Any, **extra: Any) -> None:
    """``quart.request_started``. Async, because Quart runs others in a thread."""
    request = sys.modules["quart"].request
    report_matched(request.scope, request.scope.get("root_path", ""), getattr(request.url_rule, "rule", None))


async def quart_websocket_started(sender: Any, **extra: Any) -> None:
    """``quart.websocket_started``."""
    websocket = sys.modules["quart"].websocket
    report_matched(
        websocket.scope, websocket.scope.get("root_path", ""), getattr(websocket.url_rule, "rule", None)
    )


def pyramid_found(event: Any) -> None:
    """``pyramid.events.ContextFound``: sent for every request, whether a route matched or not (``pyramid.router.Router``)."""
    request = event.request
    pattern = getattr(getattr(request, "matched_route", None), "pattern", None)
    if isinstance(pattern, str) and not pattern.startswith("/"):
        pattern = f"/{pattern}"  # Pyramid takes both
    report_matched(request.environ, request.environ.get("SCRIPT_NAME", ""), pattern)
