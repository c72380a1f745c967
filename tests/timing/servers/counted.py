"""Applications that count their requests for Prometheus; each answer names its worker."""

from __future__ import annotations

import os
from typing import Any

from bridgekit.timing import ASGITimingMiddleware, WSGITimingMiddleware, set_route
from bridgekit.timing.exporters.prometheus import PrometheusExporter, scrape

export = PrometheusExporter()


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/metrics":
        body, kind = scrape()
    else:
        set_route("/jobs/{n}")
        body, kind = str(os.getpid()).encode(), "text/plain"
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"] == "/metrics":
        body, kind = scrape()
    else:
        set_route("/jobs/{n}")
        body, kind = str(os.getpid()).encode(), "text/plain"
    start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


asgi_counted = ASGITimingMiddleware(asgi_app, exporters=[export], exclude=["/metrics"])
wsgi_counted = WSGITimingMiddleware(wsgi_app, exporters=[export], exclude=["/metrics"])
