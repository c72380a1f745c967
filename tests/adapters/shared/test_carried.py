"""What a layer of the other protocol has no place for crosses it, between two adapters around that layer."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.adapters.asgi_to_wsgi.scope import build_scope
from bridgekit.adapters.wsgi_to_asgi.environ import build_environ
from bridgekit.exceptions import AppProtocolError
from bridgekit.typing import Environ, Receive, Scope, Send, StartResponse
from tests.helpers.asgi_driver import Loop, http_scope
from tests.helpers.wsgi_client import environ_of, get

Bridge = Callable[..., ASGIToWSGI]
Adapt = Callable[..., WSGIToASGI]


class Seen(dict[str, Any]):
    """A WSGI application that keeps its environ."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        self.update(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b""]


def test_what_the_wsgi_server_knows_reaches_the_application(bridge: Bridge, adapt: Adapt) -> None:
    """REMOTE_USER of the web server, its error log, variables of its configuration, what outer middleware has set."""
    errors, session = io.StringIO(), object()
    given: dict[str, Any] = {
        "REMOTE_USER": "ada",
        "REMOTE_ADDR": "192.0.2.1",
        "REMOTE_HOST": "ada.example",
        "SHOP_SETTINGS": "live",
        "shop.session": session,
        "wsgi.errors": errors,
    }
    seen = Seen()
    get(bridge(adapt(seen)), validate=False, **given)
    assert {key: seen[key] for key in given} == given


def test_what_a_scope_tells_is_not_overruled(bridge: Bridge, adapt: Adapt) -> None:
    """ASGI middleware between the adapters has changed the client, the path and the headers."""
    seen = Seen()
    inner = adapt(seen)

    async def changed(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [pair for pair in scope["headers"] if pair[0] != b"x-secret"]
        await inner(
            {**scope, "headers": headers, "client": ("198.51.100.7", 4), "path": "/b", "raw_path": b"/b"},
            receive,
            send,
        )

    get(
        bridge(changed),
        "/a",
        HTTP_X_SECRET="no",
        REMOTE_ADDR="192.0.2.1",
        REMOTE_HOST="ada.example",
        PATH_TRANSLATED="/srv/a",
        REQUEST_URI="/a?",
    )
    assert (seen["PATH_INFO"], seen["REQUEST_URI"], seen["REMOTE_ADDR"]) == ("/b", "/b", "198.51.100.7")
    assert not seen.keys() & {"HTTP_X_SECRET", "REMOTE_HOST", "PATH_TRANSLATED"}


def test_the_servers_calls_and_sockets_are_not_handed_on(bridge: Bridge, adapt: Adapt) -> None:
    """They are of the server's own thread, which waits for the adapter's response on that connection."""
    seen = Seen()
    one, other = socket.socketpair()
    with one, other:
        handed: dict[str, Any] = {
            "gunicorn.socket": object(),
            "x.socket": one,
            "wsgi.websocket": object(),
            "wsgi.run_once": True,
        }
        get(bridge(adapt(seen)), validate=False, **handed)
    assert not seen.keys() & {"gunicorn.socket", "x.socket", "wsgi.websocket"}
    assert seen["wsgi.run_once"] is False


def test_an_empty_query_is_still_in_the_target(bridge: Bridge, adapt: Adapt) -> None:
    seen = Seen()
    get(bridge(adapt(seen)), "/a", REQUEST_URI="/a?")
    assert seen["REQUEST_URI"] == "/a?"


def test_a_fast_stream_is_still_a_stream(bridge: Bridge, adapt: Adapt) -> None:
    """Whether it has a Content-Length must not depend on how many pieces were ready when the first one left."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield from (b"a", b"b", b"c")

    served = bridge(adapt(app))
    answers = [get(served) for _ in range(50)]
    assert {(answer.body, answer.get("Content-Length")) for answer in answers} == {(b"abc", None)}


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_an_applications_exit_reaches_the_wsgi_server(
    bridge: Bridge, adapt: Adapt, kind: type[BaseException]
) -> None:
    """Without the two adapters it would: gunicorn ends the worker then. The loop between the two goes on."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/exit":
            raise kind(3)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"on"]

    served = bridge(adapt(app))
    with pytest.raises(kind, match="3"):
        get(served, "/exit")
    assert get(served).body == b"on"


def test_an_applications_exit_is_a_page_where_pages_are_wanted(bridge: Bridge, adapt: Adapt) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        raise SystemExit

    assert get(bridge(adapt(app), raise_exceptions=False)).status.startswith("500")


def scope_inside(
    headers: list[tuple[bytes, bytes]], *, allow_underscores: bool = False, **changed: Any
) -> Scope:
    """The scope behind both adapters, where WSGI middleware in between has ``changed`` the environ."""
    environ = build_environ(http_scope(headers=headers), allow_underscores=allow_underscores) | changed
    return build_scope({key: value for key, value in environ.items() if value is not None})


HOST = (b"host", b"testserver")


def test_headers_arrive_as_often_as_they_were_sent() -> None:
    """Cookies but for one: RFC 9113 8.2.3 wants that of who hands HTTP/2's on to another protocol."""
    sent = [(b"X-Tag", b"a"), (b"cookie", b"a=1"), (b"x-tag", b"b"), (b"cookie", b"b=2")]
    headers = scope_inside(sent)["headers"]
    assert sorted(headers) == [(b"cookie", b"a=1; b=2"), HOST, (b"x-tag", b"a"), (b"x-tag", b"b")]


def test_a_header_that_wsgi_middleware_changed_is_what_it_made_of_it() -> None:
    sent = [(b"x-tag", b"a"), (b"x-tag", b"b"), (b"x-gone", b"1")]
    scope = scope_inside(sent, HTTP_X_TAG="a,b,c", HTTP_X_GONE=None, HTTP_X_NEW="1")
    assert sorted(scope["headers"]) == [HOST, (b"x-new", b"1"), (b"x-tag", b"a,b,c")]


def test_a_name_with_an_underscore_keeps_it_where_it_is_allowed() -> None:
    """And never where it would say how long the body is."""
    sent = [(b"x-tag", b"a"), (b"x_tag", b"b"), (b"content_length", b"3")]
    allowed = scope_inside([*sent, (b"x_empty", b"")], allow_underscores=True, CONTENT_LENGTH="3")
    assert sorted(allowed["headers"]) == [
        (b"content-length", b"3"),
        HOST,
        (b"x-tag", b"a"),
        (b"x_empty", b""),
        (b"x_tag", b"b"),
    ]
    assert sorted(scope_inside(sent)["headers"]) == [HOST, (b"x-tag", b"a")]


def test_a_scope_of_another_library_need_not_have_headers() -> None:
    environ = environ_of(HTTP_X_TAG="a,b") | {"asgi.scope": {"type": "http"}}
    assert (b"x-tag", b"a,b") in build_scope(environ)["headers"]


def test_exc_info_that_is_none_is_refused_where_it_is_needed(adapt: Adapt, loop: Loop) -> None:
    """As on servers: before the headers have left nobody looks into it."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", [("Content-Type", "text/plain")], ("odd",))  # type: ignore[arg-type]
        if environ["PATH_INFO"] == "/late":
            write(b"x")
            start_response("500 Oops", [], ("odd",))  # type: ignore[arg-type]
        return [b"fine"]

    assert loop.get(adapt(app)).body == b"fine"
    with pytest.raises(AppProtocolError, match=r"sys\.exc_info"):
        loop.get(adapt(app), "/late")
