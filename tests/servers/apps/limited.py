"""A WSGI application behind small bounds for bodies: it answers with what it read, or without reading."""

from __future__ import annotations

from collections.abc import Iterable

from bridgekit import WSGIToASGI
from bridgekit.typing import Environ, StartResponse

TEXT = [("Content-Type", "text/plain")]


def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/unread":
        start_response("401 Unauthorized", TEXT)
        return [b"no"]
    length = len(environ["wsgi.input"].read())
    start_response("200 OK", TEXT)
    return [b"%d" % length]


app = WSGIToASGI(
    wsgi,
    prebuffer=10_000,
    buffer_memory=20_000,
    buffer_disk=400_000,
    body_timeout=1.0,
    min_body_rate=100,
    max_body_size=20_000_000,
)
patient = WSGIToASGI(wsgi, prebuffer=10_000, buffer_memory=20_000, buffer_disk=40_000, body_timeout=None)
