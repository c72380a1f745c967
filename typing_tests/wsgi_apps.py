"""A plain WSGI application is a `WSGIApp`."""

from __future__ import annotations

from collections.abc import Iterable

from bridgekit.typing import Environ, StartResponse, WSGIApp


def hello(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


app: WSGIApp = hello
