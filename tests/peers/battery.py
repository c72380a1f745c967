"""One question after another, put to every adapter in the same words: the rows of the comparison in docs/wsgi_to_asgi.md."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

Adapter = Callable[[Any], Any]
"""Takes a WSGI application, gives an ASGI one."""

Messages = list[dict[str, Any]]
SECONDS = 10.0


def exchange(
    app: Any,
    requests: Messages | None = None,
    *,
    lasts: Callable[[Messages], bool] = lambda sent: True,
    **scope: Any,
) -> Messages:
    """What `app` sends for a scope; the client leaves as soon as `lasts` is false for what it has got."""
    return asyncio.run(_exchange(app, requests, lasts, scope))


async def _exchange(
    app: Any, requests: Messages | None, lasts: Callable[[Messages], bool], given: dict[str, Any]
) -> Messages:
    sent: Messages = []
    left = asyncio.Event()
    waiting = (
        [{"type": "http.request", "body": b"", "more_body": False}] if requests is None else list(requests)
    )

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop(0)
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if not lasts(sent):
            left.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"shop.example")],
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
    }
    await asyncio.wait_for(app(scope | given, receive, send), SECONDS)
    return sent


def environ_of(adapter: Adapter, **scope: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]

    exchange(adapter(app), **scope)
    return seen


def body_of(messages: Messages) -> bytes:
    return b"".join(message.get("body", b"") for message in messages)


def validates(adapter: Adapter) -> bool:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]

    return body_of(exchange(adapter(validator(app)))) == b"x"


def closes(adapter: Adapter) -> bool:
    closed: list[bool] = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"x"])

        def close(self) -> None:
            closed.append(True)

    def app(environ: Any, start_response: Any) -> Body:
        start_response("200 OK", [])
        return Body()

    exchange(adapter(app))
    return closed == [True]


def replaces_the_response(adapter: Adapter) -> bool:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        try:
            raise LookupError
        except LookupError as error:
            start_response("503 Sorry", [], (type(error), error, error.__traceback__))
        return [b"sorry"]

    messages = exchange(adapter(app))
    return [m["status"] for m in messages if "status" in m] == [503] and body_of(messages) == b"sorry"


def has_write(adapter: Adapter) -> bool:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])(b"written ")
        return [b"returned"]

    return body_of(exchange(adapter(app))) == b"written returned"


def starts_late(adapter: Adapter) -> bool:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        yield b""
        start_response("201 Created", [])
        yield b"late"

    messages = exchange(adapter(app))
    return messages[0].get("status") == 201 and body_of(messages) == b"late"


def sees_truncation(adapter: Adapter) -> bool:
    taken: list[bytes] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        taken.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return [b"thanks"]

    half: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]
    with contextlib.suppress(
        Exception
    ):  # an error is as good as silence: the application has not been misled
        exchange(adapter(app), half, method="POST", headers=[(b"content-length", b"8")])
    return taken == []


def reads_lines(adapter: Adapter) -> bool:
    lines: list[bytes] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        lines.extend(iter(lambda: environ["wsgi.input"].readline(4), b""))
        start_response("200 OK", [])
        return [b""]

    whole = [{"type": "http.request", "body": b"ab\ncdefgh\n", "more_body": False}]
    exchange(adapter(app), whole, method="POST", headers=[(b"content-length", b"10")])
    return lines == [b"ab\n", b"cdef", b"gh\n"]


def says_that_input_ends(adapter: Adapter) -> bool:
    return (
        environ_of(adapter, headers=[(b"transfer-encoding", b"chunked")]).get("wsgi.input_terminated") is True
    )


def keeps_the_path(adapter: Adapter) -> bool:
    environ = environ_of(adapter, path="/\N{REPLACEMENT CHARACTER}", raw_path=b"/%E9")
    return bool(environ["PATH_INFO"] == "/\xe9")


def keeps_foreign_paths(adapter: Adapter) -> bool:
    environ = environ_of(adapter, path="/apifoo/x", root_path="/api")
    return (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/api", "/apifoo/x")


def joins_cookies(adapter: Adapter) -> bool:
    environ = environ_of(adapter, headers=[(b"cookie", b"a=1"), (b"cookie", b"b=2")])
    return bool(environ["HTTP_COOKIE"].replace("; ", ";") == "a=1;b=2")


def keeps_latin_1(adapter: Adapter) -> bool:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("X-Name", "caf\xe9")])
        return [b"x"]

    return (b"x-name", b"caf\xe9") in exchange(adapter(app))[0]["headers"]


def stops_when_the_client_leaves(adapter: Adapter) -> bool:
    """Fifty pieces, one by one; the client leaves after the first."""
    given: list[int] = []
    closed = threading.Event()

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            for number in range(50):
                given.append(number)
                yield b"x"
                closed.wait(0.02)  # a pace: the news has to have a chance to arrive
        finally:
            closed.set()

    exchange(adapter(app), lasts=lambda sent: not body_of(sent))
    return len(given) < 50 and closed.is_set()


def answers_lifespan(adapter: Adapter) -> bool:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        raise AssertionError

    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = exchange(adapter(app), events, type="lifespan")
    return [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def offers_a_file_wrapper(adapter: Adapter) -> bool:
    return "wsgi.file_wrapper" in environ_of(adapter)


QUESTIONS: dict[str, Callable[[Adapter], bool]] = {
    "`wsgiref.validate` is content with the environ and the calls": validates,
    "`close()` of the response is called": closes,
    "`start_response` with `exc_info` before output replaces the response": replaces_the_response,
    "`write()`": has_write,
    "`start_response` called late, by a generator": starts_late,
    "A truncated upload does not look complete": sees_truncation,
    "`wsgi.input.readline(size)`": reads_lines,
    "`wsgi.input_terminated`, for chunked uploads": says_that_input_ends,
    "`wsgi.file_wrapper`": offers_a_file_wrapper,
    "PATH_INFO keeps bytes that are not UTF-8": keeps_the_path,
    "`root_path` `/api` leaves `/apifoo` alone": keeps_foreign_paths,
    "Cookies that HTTP/2 split are joined as cookies": joins_cookies,
    "Response headers in latin-1": keeps_latin_1,
    "A client that leaves ends the iteration, and `close()` is called": stops_when_the_client_leaves,
    "Lifespan is answered": answers_lifespan,
}
