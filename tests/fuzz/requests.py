"""Scopes and environs with anything in their paths, queries and headers."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any
from urllib.parse import quote, unquote_to_bytes
from wsgiref.validate import check_environ  # type: ignore[attr-defined]

from bridgekit.adapters.asgi_to_wsgi.scope import build_scope
from bridgekit.adapters.shared.headers import encode_headers
from bridgekit.adapters.wsgi_to_asgi.environ import build_environ
from bridgekit.exceptions import AppProtocolError, ServerProtocolError
from tests.fuzz.drawing import Draw

NAMES = (
    b"host", b"cookie", b"x-a", b"content-type", b"content-length", b"x_a", b"proxy", b"transfer-encoding", b"connection", b"accept"
)  # fmt: skip
SAFE = "/abc%.;:@&=+$,-_~!*'()"


def drawn_scope(draw: Draw) -> dict[str, Any]:
    """As servers make it: ``path`` is the decoded ``raw_path``, behind ``root_path`` or not."""
    raw = b"/" + draw.bytes().replace(b"?", b"")
    root = draw.one_of(("", "/api", "/api/", "/\xe9"))
    path = unquote_to_bytes(raw).decode("utf-8", "replace")
    made: dict[str, Any] = {
        "type": "http",
        "method": draw.one_of(("GET", "POST", "DELETE")),
        "path": draw.one_of((root + path, path)),
        "query_string": draw.bytes(),
        "headers": [(draw.one_of(NAMES), draw.bytes(20)) for _ in range(draw.number(6))],
        "root_path": root,
        "http_version": draw.one_of(("1.1", "1.0", "2")),
        "server": draw.one_of((None, ("127.0.0.1", 80), ["h", "8000"], ("/run/socket", None), ("", 0))),
        "client": draw.one_of((None, ("192.0.2.1", 1), ["", 0], ("::1", "x"))),
    }
    if draw.number(2):
        made["raw_path"] = raw
    return made


def scope(data: bytes) -> None:
    """An environ of any scope is one that the standard library's validator takes, and says what the scope says."""
    given = drawn_scope(Draw(data))
    try:
        made = build_environ(given)
    except ServerProtocolError:
        assert sum(name == b"host" for name, _ in given["headers"]) > 1
        return
    made["wsgi.input"] = io.BytesIO()
    for value in made.values():
        if isinstance(value, str):
            value.encode("latin-1")
    length = made.get("CONTENT_LENGTH") or "0"
    if length.isascii() and length.isdecimal():  # else the intake refuses it
        check_environ(made)
    assert made["QUERY_STRING"].encode("latin-1") == given["query_string"]
    assert ("HTTP_PROXY" not in made and "HTTP_X_A" not in made) or any(
        name == b"x-a" for name, _ in given["headers"]
    )
    path = (made["SCRIPT_NAME"] + made["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace")
    assert path.endswith(given["path"].removeprefix(given["root_path"]).lstrip("/")), (path, given)
    # There and back.
    again = build_scope({**made, "asgi.scope": None})
    assert again["query_string"] == given["query_string"]
    assert again["path"] == path
    assert build_environ(again)["PATH_INFO"].encode("latin-1") in (
        made["PATH_INFO"].encode("latin-1"), (made["SCRIPT_NAME"] + made["PATH_INFO"]).encode("latin-1")
    )  # fmt: skip


def drawn_environ(draw: Draw) -> dict[str, Any]:
    path = draw.text()
    made: dict[str, Any] = {
        "REQUEST_METHOD": draw.one_of(("GET", "POST", "get")),
        "SCRIPT_NAME": draw.one_of(("", "/app", "/\xc3\xa9")),
        "PATH_INFO": "/" + path,
        "QUERY_STRING": draw.text(),
        "SERVER_NAME": draw.one_of(("localhost", "/run/socket", "::1")),
        "SERVER_PORT": draw.one_of(("80", "", "None", "8000")),
        "SERVER_PROTOCOL": draw.one_of(("HTTP/1.1", "HTTP/1.0", "INCLUDED")),
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": draw.one_of(("http", "https")),
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "REMOTE_ADDR": draw.one_of(("", "192.0.2.1")),
    }
    for _ in range(draw.number(4)):
        made[
            draw.one_of(
                (
                    "HTTP_X_A",
                    "HTTP_COOKIE",
                    "HTTP_ACCEPT",
                    "CONTENT_TYPE",
                    "REQUEST_URI",
                    "RAW_URI",
                    "HTTP_REFERER",
                )
            )
        ] = draw.text()
    return made


def environ(data: bytes) -> None:
    """A scope of any environ holds bytes and text as the specification says, and the same path and query."""
    given = drawn_environ(Draw(data))
    made = build_scope(given)
    whole = (given["SCRIPT_NAME"] + given["PATH_INFO"]).encode("latin-1")
    assert made["path"] == whole.decode("utf-8", "replace")
    assert unquote_to_bytes(made["raw_path"]) == whole
    assert made["query_string"] == given["QUERY_STRING"].encode("latin-1")
    assert all(type(name) is type(value) is bytes and name == name.lower() for name, value in made["headers"])
    assert dict(made["headers"]).get(b"x-a") == (
        given["HTTP_X_A"].encode("latin-1") if "HTTP_X_A" in given else None
    )


def response_headers(data: bytes) -> None:
    """Whatever an application sets, no line breaks leave, and what is legal leaves as it was."""
    draw = Draw(data)
    given = [
        (draw.one_of(("X-A", "Content-Length", "Set-Cookie", "Connection", draw.text(10))), draw.text(30))
        for _ in range(draw.number(5))
    ]
    try:
        made, declared, dropped = encode_headers(given)
    except AppProtocolError:
        return
    for name, value in made:
        assert name == name.lower() != b""
        assert not set(name) & set(b"\r\n\0 :"), name
        assert value == value.strip(b" \t")
        assert not set(value) & set(b"\r\n\0"), value
    assert declared is None or declared >= 0
    kept = [value.strip(" \t") for name, value in given if name == "X-A"]
    assert [value.decode("latin-1") for name, value in made if name == b"x-a"] == kept
    assert len(made) + len(dropped) <= len(given)


def django_requests(data: bytes) -> None:
    """Django makes of a scope what it makes of bridgekit's environ for it, and the other way round."""
    from tests.helpers.ready_django import left_out_without_django

    left_out_without_django()
    from django.core.exceptions import BadRequest
    from django.core.handlers.asgi import ASGIRequest
    from django.core.handlers.wsgi import WSGIRequest

    draw = Draw(data)
    with contextlib.suppress(ServerProtocolError, BadRequest):
        if draw.number(1):
            given = drawn_environ(draw)
            # Django decodes any other query strictly under ASGI.
            given["QUERY_STRING"] = quote(given["QUERY_STRING"], safe="&=;+")
            pair: tuple[Any, Any] = WSGIRequest(dict(given)), ASGIRequest(build_scope(given), io.BytesIO())
        else:
            scope = drawn_scope(draw)
            scope["root_path"] = ""
            scope["query_string"] = quote(scope["query_string"], safe="&=;+").encode()
            scope["path"] = unquote_to_bytes(scope.setdefault("raw_path", b"/")).decode("utf-8", "replace")
            made = build_environ(scope)
            made["wsgi.input"] = io.BytesIO()
            pair = WSGIRequest(made), ASGIRequest(scope, io.BytesIO())
        wsgi, asgi = pair
        for name in ("method", "content_type", "GET"):
            assert getattr(wsgi, name) == getattr(asgi, name), name
        for name in ("HTTP_COOKIE", "HTTP_X_A", "HTTP_ACCEPT", "CONTENT_TYPE"):
            # Django takes empty crumbs away under ASGI alone.
            first, second = (
                re.sub("[; ]+", ";", meta.get(name) or "").strip("; \t\n\r\f\v\x1c\x1d\x1e\x1f\x85\xa0")
                for meta in (wsgi.META, asgi.META)
            )
            assert first == second, name
        if (wsgi.META.get("HTTP_COOKIE") or "").isascii():  # Django decodes others as UTF-8 under WSGI alone
            assert wsgi.COOKIES == asgi.COOKIES
