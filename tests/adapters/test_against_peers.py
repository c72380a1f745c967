"""The same applications through the peers' adapters: alike where all agree, and differences that are on purpose."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from a2wsgi import WSGIMiddleware
from asgiref.wsgi import WsgiToAsgi

from bridgekit import WSGIToASGI
from bridgekit.typing import ASGIApp, Environ, StartResponse, WSGIApp
from tests.helpers.asgi_driver import LOOPS, Connection, body_events, http_scope, upload_scope
from tests.helpers.wsgi_apps import PLAIN, Watched, answers

PEERS: dict[str, Callable[[Any], Any]] = {"a2wsgi": WSGIMiddleware, "asgiref": WsgiToAsgi}
LOOP = LOOPS[0]  # the peers know asyncio only


@contextlib.contextmanager
def ours(app: WSGIApp) -> Iterator[WSGIToASGI]:
    adapter = WSGIToASGI(app)
    yield adapter
    adapter.pool.shutdown()


def outcome(adapter: ASGIApp, connection: Connection) -> tuple[Any, ...]:
    """Status, headers but for what one of us adds, and body."""
    LOOP.serve(adapter, connection)
    headers = sorted(pair for pair in connection.headers if pair[0] != b"content-length")
    return connection.status, headers, connection.body, connection.complete


def echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [*PLAIN, ("X-Method", environ["REQUEST_METHOD"])])
    return [body]


def dump(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    names = ["REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT"]
    names += ["SERVER_PROTOCOL", "REMOTE_ADDR", "HTTP_ACCEPT", "CONTENT_TYPE", "wsgi.url_scheme"]
    start_response("200 OK", list(PLAIN))
    return ["\n".join(f"{name}={environ.get(name)}" for name in names).encode()]


SAME: dict[str, tuple[WSGIApp, Callable[[], Connection]]] = {
    "hello": (answers(b"hello"), lambda: Connection(http_scope())),
    "stream": (answers(b"a", b"b", b"c"), lambda: Connection(http_scope())),
    "status": (answers(b"gone", status="410 Gone"), lambda: Connection(http_scope())),
    "cookies": (
        answers(b"x", headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]),
        lambda: Connection(http_scope()),
    ),
    "empty": (answers(b""), lambda: Connection(http_scope())),
    "echo": (echo, lambda: Connection(upload_scope(6), body_events(b"abc", b"def"))),
    "environ": (
        dump,
        lambda: Connection(
            http_scope(
                "/api/päth",
                root_path="/api",
                query_string=b"a=%20b",
                http_version="2",
                headers=[(b"accept", b"a"), (b"accept", b"b"), (b"content-type", b"x/y")],
            )
        ),
    ),
}


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("case", SAME)
def test_same_answer_as(peer: str, case: str) -> None:
    """Migrating is one import line: what is right in the peers stays as it is."""
    app, connection = SAME[case]
    with ours(app) as adapter:
        assert outcome(adapter, connection()) == outcome(PEERS[peer](app), connection())


# Differences on purpose. Each case: what it is, the application's view or the answer under us, and under each peer. A peer
# that is repaired fails here, so the list and the table of the documentation stay true.


def seen_by(adapt: Callable[[WSGIApp], Any], value: Callable[[Environ], Any], connection: Connection) -> Any:
    """What ``value`` gives in the application, or the name of what it raises."""
    seen: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            seen.append(value(environ))
        except Exception as error:
            seen.append(type(error).__name__)
        start_response("200 OK", [*PLAIN, ("Content-Length", "1")])
        return [b"x"]

    adapter = adapt(app)
    with contextlib.suppress(Exception):
        LOOP.serve(adapter, connection)
    if isinstance(adapter, WSGIToASGI):
        adapter.pool.shutdown()
    return seen[0] if seen else "not called"


def headers(*pairs: tuple[bytes, bytes], **scope: Any) -> Callable[[], Connection]:
    return lambda: Connection(http_scope(headers=pairs, **scope))


DIFFERENT: dict[str, tuple[Callable[[], Connection], Callable[[Environ], Any], Any, Any, Any]] = {
    "cookie crumbs (RFC 9113 8.2.3)": (
        headers((b"cookie", b"a=1"), (b"cookie", b"b=2")),
        lambda environ: environ["HTTP_COOKIE"],
        "a=1; b=2",
        "a=1,b=2",
        "a=1,b=2",
    ),
    "underscores can be forged": (
        headers((b"x-user", b"alice"), (b"x_user", b"mallory")),
        lambda environ: environ["HTTP_X_USER"],
        "alice",
        "alice,mallory",
        "alice,mallory",
    ),
    "httpoxy (CVE-2016-5385)": (
        headers((b"proxy", b"evil")),
        lambda environ: "HTTP_PROXY" in environ,
        False,
        True,
        True,
    ),
    "a root is a prefix of whole segments": (
        lambda: Connection(http_scope("/apifoo", root_path="/api")),
        lambda environ: environ["PATH_INFO"],
        "/apifoo",
        "foo",
        "foo",
    ),
    "bytes of a path that is not UTF-8": (
        lambda: Connection(http_scope("/\ufffd", raw_path=b"/%E9")),
        lambda environ: environ["PATH_INFO"],
        "/\xe9",
        "/\xef\xbf\xbd",
        "/\xef\xbf\xbd",
    ),
    "a truncated upload is no complete one": (
        lambda: Connection(
            upload_scope(10), [*body_events(b"abc", complete=False), {"type": "http.disconnect"}]
        ),
        lambda environ: environ["wsgi.input"].read(10),
        "not called",
        b"abc",
        "not called",
    ),
    "read(None) is read()": (
        lambda: Connection(upload_scope(3), body_events(b"abc")),
        lambda environ: environ["wsgi.input"].read(None),
        b"abc",
        "TypeError",
        b"abc",
    ),
    "readline(size)": (
        lambda: Connection(upload_scope(8), body_events(b"abc\ndef\n")),
        lambda environ: environ["wsgi.input"].readline(10),
        b"abc\n",
        b"",
        b"abc\n",
    ),
    "the end of input is marked": (
        lambda: Connection(http_scope()),
        lambda environ: environ.get("wsgi.input_terminated"),
        True,
        None,
        None,
    ),
    "the original shows no values": (
        headers((b"cookie", b"secret")),
        lambda environ: "secret" in repr(environ.get("asgi.scope")),
        False,
        True,
        False,
    ),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_difference_on_purpose(case: str) -> None:
    """We are right by the clause that the name gives; the peers are as recorded."""
    connection, value, under_us, under_a2wsgi, under_asgiref = DIFFERENT[case]
    assert seen_by(WSGIToASGI, value, connection()) == under_us
    assert seen_by(PEERS["a2wsgi"], value, connection()) == under_a2wsgi
    assert seen_by(WsgiToAsgi, value, connection()) == under_asgiref


def test_close_is_called_where_asgiref_does_not() -> None:
    """PEP 3333: close() must be called; Django's request_finished hangs on it."""
    closed: dict[str, int] = {}
    for name, adapt in {"bridgekit": WSGIToASGI, **PEERS}.items():
        made: list[Watched] = []

        def app(environ: Environ, start_response: StartResponse, made: Any = made) -> Iterable[bytes]:
            start_response("200 OK", list(PLAIN))
            made.append(Watched([b"x"]))
            return made[0]

        adapter = adapt(app)
        LOOP.get(adapter)
        if isinstance(adapter, WSGIToASGI):
            adapter.pool.shutdown()
        closed[name] = made[0].closed
    assert closed == {"bridgekit": 1, "a2wsgi": 1, "asgiref": 0}
