"""Context variables of a request: outside they are seen within the request alone."""

from __future__ import annotations

import contextlib
import contextvars
import gc
import io
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.local import Local

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.adapters.shared.context import have_same_variables
from bridgekit.typing import ASGIApp, Environ, Receive, Scope, Send, StartResponse, WSGIApp
from tests.adapters.asgi_to_wsgi.test_adapter import Bridge, piece, start
from tests.helpers.asgi_driver import Loop
from tests.helpers.waiting import until
from tests.helpers.wsgi_client import environ_of

user: contextvars.ContextVar[Any] = contextvars.ContextVar("user", default="anonymous")
other: contextvars.ContextVar[Any] = contextvars.ContextVar("other")


def as_server(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run it as the thread of a server would: in a context that has nothing of anybody's."""
    return contextvars.Context().run(function, *arguments)


def begin(app: WSGIApp, path: str = "/", *, method: str = "GET", **extra: Any) -> Iterable[bytes]:
    return app(environ_of(method, path, **extra), lambda *arguments: lambda data: None)


def close(iterable: Iterable[bytes]) -> None:
    getattr(iterable, "close", lambda: None)()


def served(app: WSGIApp, path: str = "/", **options: Any) -> bytes:
    iterable = begin(app, path, **options)
    try:
        return b"".join(iterable)
    finally:
        close(iterable)


async def whole(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())
    await send(piece(str(user.get()).encode()))


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())
    await send(piece(str(user.get()).encode(), more=True))
    await send(piece(b"", more=True))
    await send(piece(b""))


async def crash(scope: Scope, receive: Receive, send: Send) -> None:
    if user.get() == "alice":
        raise LookupError("before the response")
    await whole(scope, receive, send)


async def crash_later(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())
    await send(piece(str(user.get()).encode(), more=user.get() == "alice"))
    if user.get() == "alice":
        raise LookupError("in the response")


async def send_file(scope: Scope, receive: Receive, send: Send) -> None:
    if user.get() != "alice":
        await whole(scope, receive, send)
        return
    await send(start(headers=[]))
    await send({"type": "http.response.pathsend", "path": str(Path(__file__))})


RESPONSES = [whole, stream, crash, crash_later, send_file]


def with_login(response: ASGIApp) -> ASGIApp:
    """``/login`` makes the rest of the request alice's."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/login":
            user.set("alice")
            other.set(["hers"])
        await response(scope, receive, send)

    return app


def nothing_left() -> bool:
    return not list(contextvars.copy_context())


@pytest.mark.parametrize("response", RESPONSES)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("wait", [False, True])
def test_the_next_request_of_the_thread_has_nothing_of_the_one_before(
    bridge: Bridge, response: ASGIApp, method: str, wait: bool
) -> None:
    adapter = bridge(with_login(response), wait_for_background=wait)

    def thread() -> bytes:
        for _ in range(2):
            with contextlib.suppress(LookupError):
                served(adapter, "/login", method=method)
            assert nothing_left()
        return served(adapter)

    assert as_server(thread) == b"anonymous"


def test_what_the_application_set_is_seen_around_it_until_close(bridge: Bridge) -> None:
    adapter = bridge(with_login(stream))
    seen = []

    def around(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        def started(*arguments: Any) -> Any:
            seen.append(user.get())
            return start_response(*arguments)

        iterable = adapter(environ, started)
        try:
            for data in iterable:
                seen.append(user.get())
                yield data
        finally:
            seen.append(user.get())
            close(iterable)
            seen.append(user.get())

    def thread() -> bool:
        user.set("the server")
        b"".join(around(environ_of(path="/login"), lambda *arguments: lambda data: None))
        return len(contextvars.copy_context()) == 1 and user.get() == "the server"

    assert as_server(thread)
    assert set(seen[:-1]) == {"alice"}
    assert seen[-1] == "the server"


def test_what_was_reset_in_a_stream_is_gone_before_close(bridge: Bridge) -> None:
    """The usual middleware: set, call, reset in `finally`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        token = user.set("alice")
        other.set(1)
        try:
            await stream(scope, receive, send)
        finally:
            user.reset(token)
            other.set(2)

    adapter = bridge(app)

    def thread() -> list[Any]:
        iterable = begin(adapter)
        seen = [user.get()]
        b"".join(iterable)
        seen += [user.get(), other.get()]
        close(iterable)
        return [*seen, nothing_left()]

    assert as_server(thread) in (["alice", "anonymous", 2, True], ["anonymous", "anonymous", 2, True])


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # the file was not closed: true
@pytest.mark.parametrize("response", RESPONSES)
@pytest.mark.parametrize("kept", [True, False])
def test_a_response_that_is_never_closed_leaves_nothing_to_the_next_request(
    bridge: Bridge, response: ASGIApp, kept: bool
) -> None:
    adapter = bridge(with_login(response))
    keep: list[object] = []

    def thread() -> bytes:
        iterable: Iterable[bytes] = ()
        with contextlib.suppress(LookupError):
            iterable = begin(adapter, "/login")
            if kept:
                keep.append(iterable)
            b"".join(iterable)
        iterable = ()
        if not kept:
            gc.collect()
            assert nothing_left()
        return served(adapter)

    assert as_server(thread) == b"anonymous"


def in_a_thread(function: Callable[[], None]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def in_a_copy(function: Callable[[], None]) -> None:
    contextvars.copy_context().run(function)


@pytest.mark.parametrize("response", [whole, stream])
@pytest.mark.parametrize("elsewhere", [in_a_thread, in_a_copy])
def test_a_response_that_is_closed_elsewhere_leaves_nothing_to_the_next_request(
    bridge: Bridge, response: ASGIApp, elsewhere: Callable[[Callable[[], None]], None]
) -> None:
    adapter = bridge(with_login(response))

    def thread() -> bytes:
        iterable = begin(adapter, "/login")

        def finish() -> None:
            b"".join(iterable)
            close(iterable)

        elsewhere(finish)
        body = served(adapter)
        assert nothing_left()
        return body

    assert as_server(thread) == b"anonymous"


def test_a_server_that_refuses_the_response_has_nothing_of_it(bridge: Bridge) -> None:
    adapter = bridge(with_login(whole))

    def refuses(*arguments: Any) -> Any:
        raise AssertionError("headers already sent")

    def thread() -> bool:
        with contextlib.suppress(AssertionError):
            adapter(environ_of(path="/login"), refuses)
        return nothing_left()

    assert as_server(thread)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2], [0, 2, 1]])
def test_responses_of_one_request_may_be_closed_in_any_order(bridge: Bridge, order: list[int]) -> None:
    """A middleware that asks several applications has them all open, and the server's values come back."""

    def named(name: str) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            user.set(name)
            await stream(scope, receive, send)

        return app

    adapters = [bridge(named(name)) for name in "abc"]

    def thread() -> list[Any]:
        user.set("the server")
        environ = environ_of()
        opened = [adapter(environ, lambda *arguments: lambda data: None) for adapter in adapters]
        seen = [user.get()]
        for number in order:
            close(opened[number])
        return [*seen, user.get(), len(contextvars.copy_context())]

    assert as_server(thread) == ["c", "the server", 1]


def test_a_request_inside_another_one_takes_nothing_from_it(bridge: Bridge) -> None:
    """A copy of a context belongs to whoever made it, with what was lent to the original."""
    outside, inside = bridge(with_login(stream)), bridge(with_login(whole))

    def thread() -> list[Any]:
        iterable = begin(outside, "/login")
        seen = [contextvars.copy_context().run(served, inside), user.get()]
        close(iterable)
        return [*seen, nothing_left()]

    assert as_server(thread) == [b"alice", "alice", True]


def test_data_of_asgiref_local_does_not_stay(bridge: Bridge) -> None:
    """Django's language, time zone and URL configuration are kept so."""
    local: Any = Local()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/login":
            local.language = "de"
        await send(start())
        await send(piece(getattr(local, "language", "none").encode()))

    adapter = bridge(app)

    def thread() -> list[Any]:
        iterable = begin(adapter, "/login")
        seen = [local.language]
        close(iterable)
        return [*seen, served(adapter), hasattr(local, "language")]

    assert as_server(thread) == ["de", b"none", False]


class Thing:
    """Something of a request that a weak reference can point to."""


@pytest.mark.parametrize("response", RESPONSES)
def test_no_object_of_a_request_stays(bridge: Bridge, response: ASGIApp) -> None:
    """Neither in the server's thread nor in the loop's, nor in that of a reader, which go on to wait for others."""
    things: list[weakref.ref[Thing]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        thing = Thing()
        things.append(weakref.ref(thing))
        user.set("alice")
        other.set(thing)
        scope["state"]["thing"] = thing
        await receive()
        await response(scope, receive, send)

    adapter = bridge(app)

    class Unread(io.RawIOBase):
        """Read by a thread of its own: it is not in memory."""

        def readinto(self, buffer: Any) -> int:
            buffer[:1] = b"x"
            return 1

    def thread() -> None:
        # What the first request of a process starts must not keep that request's variables either.
        before = Thing()
        things.append(weakref.ref(before))
        token = other.set(before)
        for _ in range(2):
            extra: dict[str, Any] = {"CONTENT_LENGTH": "1", "wsgi.input": Unread()}
            with contextlib.suppress(LookupError):
                served(adapter, **extra)
        other.reset(token)

    as_server(thread)
    assert len(things) == 3
    until(lambda: gc.collect() < 0 or all(thing() is None for thing in things))


# Adapters around adapters


def ask(loop: Loop, app: ASGIApp, path: str) -> Any:
    """What is in the context of whoever asked, as an ASGI middleware around ``app`` finds it."""

    async def main() -> Any:
        messages: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        await app(scope, receive, send)
        return user.get(), messages[-1]["body"]

    return loop.run(main)


@pytest.mark.parametrize("response", [whole, stream])
def test_an_adapter_around_sees_what_the_application_set(loop: Loop, response: ASGIApp) -> None:
    inside = ASGIToWSGI(with_login(response), lifespan="off")
    app = WSGIToASGI(inside, max_workers=1)
    try:
        assert ask(loop, app, "/login")[0] == "alice"
        assert ask(loop, app, "/")[0] == "anonymous"
    finally:
        inside.shutdown()


def test_an_exception_after_the_response_reaches_the_server_of_an_adapter_around(loop: Loop) -> None:
    """ASGI servers log what is raised after a complete response, and do nothing else with it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await whole(scope, receive, send)
        raise LookupError("after the response")

    inside = ASGIToWSGI(app, lifespan="off")

    def buffering(environ: Environ, start_response: StartResponse) -> list[bytes]:
        """A middleware in between has an answer already and must not be raised to."""
        iterable = inside(environ, start_response)
        try:
            return [b"".join(iterable)]
        finally:
            close(iterable)

    try:
        with pytest.raises(LookupError, match="after the response"):
            ask(loop, WSGIToASGI(buffering, max_workers=1), "/")
    finally:
        inside.shutdown()


@pytest.mark.parametrize("mark", ["asyncio", "trio"])
def test_the_async_library_around_is_not_taken_for_that_of_the_loop(bridge: Bridge, mark: str) -> None:
    """anyio asks sniffio, which believes a context variable first."""
    sniffio = pytest.importorskip("sniffio")
    known: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        known.append(sniffio.current_async_library())
        await whole(scope, receive, send)

    def thread() -> Any:
        sniffio.current_async_library_cvar.set(mark)
        served(adapter)
        return sniffio.current_async_library_cvar.get()

    adapter = bridge(app)
    assert as_server(thread) == mark
    backend = "trio" if adapter._backend == "trio" else "asyncio"
    assert known == [backend]


class _NeverEqual:
    def __eq__(self, other: object) -> bool:
        raise AssertionError("nobody asks values whether they are equal")

    __hash__ = None  # type: ignore[assignment]


def test_whether_anything_was_set_is_told_without_a_look_at_the_values() -> None:
    def look() -> list[bool]:
        user.set(_NeverEqual())
        before = contextvars.copy_context()
        found = [have_same_variables(before, contextvars.copy_context())]
        user.set(_NeverEqual())
        found.append(have_same_variables(before, contextvars.copy_context()))
        before = contextvars.copy_context()
        other.set("more")
        return [*found, have_same_variables(before, contextvars.copy_context())]

    assert as_server(look) == [True, False, False]
