"""Factories of WSGI applications."""

from __future__ import annotations

from collections.abc import Iterable

from bridgekit.typing import Environ, StartResponse, WSGIApp


def create() -> WSGIApp:
    return create_with("made")


def create_with(word: str, times: int = 1) -> WSGIApp:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [word.encode() * times]

    return app
