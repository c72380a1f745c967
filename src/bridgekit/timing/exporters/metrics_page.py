"""``/metrics`` for Prometheus as an application, ASGI or WSGI: to be mounted, or served on a port of its own.

With Starlette ``Mount("/metrics", asgi_metrics())``, with Werkzeug ``DispatcherMiddleware(app, {"/metrics": wsgi_metrics()})``. Those of
``prometheus_client`` show one worker's metrics where there are several, and the ASGI one holds the event loop while it writes them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bridgekit.timing.exporters._missing import missing

try:
    from prometheus_client import REGISTRY, CollectorRegistry
except ImportError as error:
    raise missing(error, __name__, "prometheus") from None

from bridgekit._arguments import shown
from bridgekit.timing.exporters.prometheus import scrape
from bridgekit.typing import ASGIApp, Environ, Receive, Scope, Send, StartResponse, WSGIApp

__all__ = ["asgi_metrics", "wsgi_metrics"]

READING = ("GET", "HEAD")
NOT_ALLOWED = b"405: only GET and HEAD\n"


def asgi_metrics(registry: CollectorRegistry = REGISTRY) -> ASGIApp:
    """An ASGI application that answers every path with the metrics; of all workers, if there are several.

    :param registry: of ``prometheus_client``.
    :raises TypeError: for what is none.
    """
    check_registry(registry)

    async def metrics(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await answer_lifespan(receive, send)
            return
        accept = b",".join(value for name, value in scope["headers"] if name.lower() == b"accept")
        status, headers, body = await in_thread(scope["method"], accept.decode("latin-1"), registry)
        encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": int(status[:3]), "headers": encoded})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return metrics


def wsgi_metrics(registry: CollectorRegistry = REGISTRY) -> WSGIApp:
    """A WSGI application that does the same.

    :param registry: of ``prometheus_client``.
    :raises TypeError: for what is none.
    """
    check_registry(registry)

    def metrics(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        status, headers, body = page(method, environ.get("HTTP_ACCEPT", ""), registry)
        start_response(status, headers)
        return [] if method == "HEAD" else [body]

    return metrics


def page(method: str, accept: str, registry: CollectorRegistry) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status, headers and body."""
    if method not in READING:
        kind, body, status = "text/plain; charset=utf-8", NOT_ALLOWED, "405 Method Not Allowed"
    else:
        (body, kind), status = scrape(accept, registry), "200 OK"
    headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    return status, headers + ([] if method in READING else [("Allow", "GET, HEAD")]), body


async def in_thread(
    method: str, accept: str, registry: CollectorRegistry
) -> tuple[str, list[tuple[str, str]], bytes]:
    """`page` in a thread where there is asyncio to do that; under trio on the loop, which it holds for some milliseconds."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return page(method, accept, registry)
    return await asyncio.to_thread(page, method, accept, registry)


async def answer_lifespan(receive: Receive, send: Send) -> None:
    """Nothing is started: served by itself, it must answer all the same (ASGI lifespan)."""
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def check_registry(registry: object) -> None:
    if not isinstance(registry, CollectorRegistry):
        raise TypeError(f"registry must be a CollectorRegistry of prometheus_client, not {shown(registry)}")
