"""How requests end early: the client leaves, the server cancels or fails, the application raises. Nothing is stranded."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

import anyio
import anyio.to_thread
import pytest

from bridgekit import WSGIToASGI
from bridgekit.exceptions import AppProtocolError, ClientDisconnected
from bridgekit.typing import Environ, StartResponse
from tests.helpers.asgi_driver import (
    TIMEOUT,
    Connection,
    Loop,
    body_events,
    http_scope,
    reached,
    serving,
    upload_scope,
)
from tests.helpers.wsgi_apps import PLAIN, Streams, answers

Adapt = Callable[..., WSGIToASGI]

ENDLESS = itertools.repeat(b"x" * 1000)


# The client leaves


def test_leaving_ends_an_endless_stream(adapt: Adapt, loop: Loop) -> None:
    """ASGI "Disconnected Client" while the server takes everything silently: only receive() tells, so it is heard."""
    app = Streams(lambda: ENDLESS)
    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(validator(app)), connection):
            await connection.until(lambda: connection.body != b"")
            connection.leave()

    loop.run(main)
    assert app.response.closed == 1
    assert connection.error is None
    assert not connection.complete


def test_leaving_wakes_a_write_that_is_blocked(adapt: Adapt, loop: Loop) -> None:
    """A client that reads no more and then leaves: the blocked thread is freed although send() never returns."""
    app = Streams(lambda: ENDLESS)
    connection = Connection(http_scope(), stalled=True)

    async def main() -> None:
        async with serving(adapt(validator(app), window=5000), connection) as scope:
            await reached(app.called)
            connection.leave()
            await reached(app.response.ended)
            connection.drain()
            assert not scope.cancel_called

    loop.run(main)
    assert app.response.closed == 1


def test_leaving_wakes_a_read_that_is_blocked(adapt: Adapt, loop: Loop) -> None:
    """wsgi.input.read() raises when the client leaves in the middle of its upload."""
    raised: list[BaseException] = []
    reading = threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        reading.set()
        try:
            environ["wsgi.input"].read(10)
        except OSError as error:
            raised.append(error)
            raise
        raise AssertionError("unreachable: the read raises")

    connection = Connection(upload_scope(10), body_events(b"abc", complete=False))

    async def main() -> None:
        async with serving(adapt(validator(app), prebuffer=0), connection):
            await reached(reading)
            await connection.until(lambda: connection.receiving > 0)
            connection.leave()

    loop.run(main)
    assert isinstance(raised[0], ClientDisconnected)
    assert (connection.error, connection.sent) == (None, [])


def test_leaving_while_the_application_computes(adapt: Adapt, loop: Loop) -> None:
    """The application learns at its next output; the request ends with it and nothing is logged."""
    go_on = threading.Event()
    app = Streams(lambda: [b"first", go_on, b"x", b"y"])
    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(validator(app)), connection):
            await connection.until(lambda: connection.body == b"first" and connection.receiving > 0)
            connection.leave()
            await anyio.lowlevel.checkpoint()
            go_on.set()

    loop.run(main)
    assert app.response.closed == 1
    assert app.response.given == 2
    assert connection.error is None


def test_leaving_before_the_start_of_the_response(adapt: Adapt, loop: Loop) -> None:
    """The response that nobody waits for any more is not an error."""
    called, go_on = threading.Event(), threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        called.set()
        assert go_on.wait(TIMEOUT)
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(validator(app)), connection):
            await reached(called)
            await connection.until(lambda: connection.receiving > 0)
            connection.leave()
            await anyio.lowlevel.checkpoint()
            go_on.set()

    loop.run(main)
    assert connection.error is None


def test_request_that_waits_for_a_thread_ends_when_its_client_leaves(adapt: Adapt, loop: Loop) -> None:
    """It is taken out of the queue; the application is never called for nobody."""
    app = Streams(lambda: [go_on])
    go_on = threading.Event()
    adapter = adapt(validator(app), max_workers=1)
    busy, waiting = Connection(http_scope()), Connection(http_scope())

    async def main() -> None:
        async with serving(adapter, busy):
            await reached(app.called)
            async with serving(adapter, waiting):
                await waiting.until(lambda: waiting.receiving > 0)
                assert adapter.pool.waiting == 1
                waiting.leave()
            assert adapter.pool.waiting == 0
            go_on.set()

    loop.run(main)
    assert len(app.responses) == 1
    assert (waiting.sent, waiting.error) == ([], None)
    assert busy.complete


def test_error_of_the_application_after_its_client_left_is_raised(adapt: Adapt, loop: Loop) -> None:
    """An error of the application's own is the server's to log, client or no client."""
    app = Streams(lambda: ENDLESS, close_raises=ZeroDivisionError("in close"))
    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(validator(app)), connection):
            await connection.until(lambda: connection.body != b"")
            connection.leave()

    loop.run(main)
    assert isinstance(connection.error, ZeroDivisionError)


def test_threads_are_free_after_many_leavers(adapt: Adapt, loop: Loop) -> None:
    """12 endless streams whose clients left, in a pool of 2: the next request is served at once."""
    endless = Streams(lambda: ENDLESS)

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/endless":
            return endless(environ, start_response)
        start_response("200 OK", list(PLAIN))
        return [b"healthy"]

    adapter = adapt(validator(app), max_workers=2)
    healthy = Connection(http_scope())

    async def leaver() -> None:
        connection = Connection(http_scope("/endless"))
        async with serving(adapter, connection):
            await connection.until(lambda: connection.body != b"")
            connection.leave()

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(12):
                tasks.start_soon(leaver)
        async with serving(adapter, healthy):
            pass

    loop.run(main)
    assert healthy.body == b"healthy"
    assert [response.closed for response in endless.responses] == [1] * 12


# send() raises


@pytest.mark.parametrize("call", [0, 1, 2])
def test_raising_send_stops_the_application(adapt: Adapt, loop: Loop, call: int) -> None:
    """ASGI 2.4: send() raises OSError once the client is gone; close() runs and the error is the server's own."""
    app = Streams(lambda: ENDLESS)
    connection = Connection(http_scope(), send_fails_at=call, send_error=OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        loop.serve(adapt(validator(app)), connection)
    assert app.response.closed == 1


def test_raising_send_with_a_body_of_one_piece(adapt: Adapt, loop: Loop) -> None:
    """The same where the thread has already finished."""
    for call in (0, 1):
        connection = Connection(http_scope(), send_fails_at=call)
        with pytest.raises(OSError, match="connection is gone"):
            loop.serve(adapt(answers(b"x")), connection)


def test_error_of_the_application_beside_a_raising_send_is_logged(
    adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    """send()'s exception leaves; the application's own must reach the log all the same."""
    app = Streams(lambda: ENDLESS, close_raises=ZeroDivisionError("in close"))
    connection = Connection(http_scope(), send_fails_at=1, send_error=OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        loop.serve(adapt(validator(app)), connection)
    assert "ZeroDivisionError: in close" in caplog.text


@pytest.mark.parametrize("error", [asyncio.CancelledError, SystemExit])
def test_send_that_raises_a_base_exception(
    adapt: Adapt, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever send() raises: the application is stopped, its thread is free."""
    app = Streams(lambda: ENDLESS)
    connection = Connection(http_scope(), send_fails_at=1, send_error=error())
    adapter = adapt(validator(app))

    async def main() -> None:
        with pytest.raises(error):
            await adapter(connection.scope, connection.receive, connection.send)

    asyncio.run(main())
    assert app.response.ended.wait(TIMEOUT)


# receive() raises


@pytest.mark.parametrize("error", [OSError("broken"), asyncio.CancelledError("from within")])
def test_receive_that_raises_in_the_background_does_not_end_the_response(
    adapt: Adapt, error: BaseException
) -> None:
    """Listening for the client is a favour: where receive() fails, the response goes on."""
    go_on = threading.Event()
    app = Streams(lambda: [b"first", go_on, b"last"])
    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(validator(app)), connection):
            await connection.until(lambda: connection.receiving > 0)
            events: Any = [error]
            connection.bring(*events)
            await connection.until(lambda: connection.receiving == 0)
            go_on.set()

    asyncio.run(main())
    assert (connection.body, connection.complete, connection.error) == (b"first.last", True, None)


def test_receive_that_cancels_itself_frees_a_blocked_read(adapt: Adapt) -> None:
    """A server may cancel the future that receive() waits for: the reading thread must hear of it."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with pytest.raises(OSError, match="request's body"):
            environ["wsgi.input"].read(10)
        start_response("200 OK", list(PLAIN))
        return [b"heard"]

    events: Any = [*body_events(b"abc", complete=False), asyncio.CancelledError()]
    connection = Connection(upload_scope(10), events)

    async def main() -> None:
        async with serving(adapt(validator(app), prebuffer=0), connection):
            pass

    asyncio.run(main())
    assert connection.body == b"heard"


def test_receive_that_raises_at_once(adapt: Adapt, loop: Loop) -> None:
    """Before the application was called there is nothing to stop: the server gets its own error back."""
    events: Any = [RuntimeError("the server's bug")]
    with pytest.raises(RuntimeError, match="the server's bug"):
        loop.serve(adapt(answers(b"x")), Connection(http_scope(), events))


def test_server_that_repeats_the_end_of_the_request_is_not_asked_for_ever(adapt: Adapt, loop: Loop) -> None:
    """Some servers and test clients answer every later receive() with an empty http.request."""
    go_on = threading.Event()
    app = Streams(lambda: [b"first", go_on])
    connection = Connection(http_scope(), body_events(b"") * 50)

    async def main() -> None:
        async with serving(adapt(validator(app)), connection):
            await connection.until(lambda: connection.receive_calls == 2 and connection.receiving == 0)
            go_on.set()

    loop.run(main)
    assert connection.receive_calls == 2
    assert connection.complete


# The request is cancelled


def test_cancellation_while_streaming_closes_and_frees_the_thread(adapt: Adapt, loop: Loop) -> None:
    """A server that cancels (hypercorn on disconnect, timeouts): close() runs, the thread is free."""
    app = Streams(lambda: ENDLESS)
    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(validator(app)), connection) as scope:
            await connection.until(lambda: connection.body != b"")
            scope.cancel()
        await reached(app.response.ended)

    loop.run(main)
    assert app.response.closed == 1
    assert connection.error is None


def test_cancellation_while_send_blocks(adapt: Adapt, loop: Loop) -> None:
    """The same where the cancellation arrives in send()."""
    app = Streams(lambda: ENDLESS)
    connection = Connection(http_scope(), stalled=True)

    async def main() -> None:
        async with serving(adapt(validator(app), window=5000), connection) as scope:
            await connection.until(lambda: connection.send_calls > 0)
            scope.cancel()
        await reached(app.response.ended)

    loop.run(main)
    assert app.response.closed == 1


def test_cancellation_ends_a_read_that_blocks(adapt: Adapt, loop: Loop) -> None:
    """The same with a thread in wsgi.input.read()."""
    reading, failed = threading.Event(), threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        reading.set()
        try:
            environ["wsgi.input"].read(10)
        except ClientDisconnected:
            failed.set()
            raise
        return []

    connection = Connection(upload_scope(10), body_events(b"abc", complete=False))

    async def main() -> None:
        async with serving(adapt(validator(app), prebuffer=0), connection) as scope:
            await reached(reading)
            await connection.until(lambda: connection.receiving > 0)
            scope.cancel()
        await reached(failed)

    loop.run(main)


def test_cancellation_while_receiving_a_small_body(adapt: Adapt, loop: Loop) -> None:
    """The same before a thread was taken."""
    adapter = adapt(answers(b"x"))
    connection = Connection(upload_scope(10), body_events(b"abc", complete=False))

    async def main() -> None:
        async with serving(adapter, connection) as scope:
            await connection.until(lambda: connection.receive_calls == 2)
            scope.cancel()

    loop.run(main)
    assert adapter.pool.threads == 0


def test_cancellation_in_the_queue(adapt: Adapt, loop: Loop) -> None:
    """A request that is cancelled while it waits for a thread is never run."""
    go_on = threading.Event()
    app = Streams(lambda: [go_on])
    adapter = adapt(validator(app), max_workers=1)
    busy, waiting = Connection(http_scope()), Connection(http_scope())

    async def main() -> None:
        async with serving(adapter, busy):
            await reached(app.called)
            async with serving(adapter, waiting) as scope:
                await waiting.until(lambda: waiting.receiving > 0)
                scope.cancel()
            assert adapter.pool.waiting == 0
            go_on.set()

    loop.run(main)
    assert len(app.responses) == 1


def test_error_after_cancellation_is_logged(
    adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits for a cancelled request's thread, so it logs for itself what the application raises."""
    app = Streams(lambda: ENDLESS, close_raises=ZeroDivisionError("in close"))
    connection = Connection(http_scope())
    adapter = adapt(app)

    async def main() -> None:
        async with serving(adapter, connection) as scope:
            await connection.until(lambda: connection.body != b"")
            scope.cancel()
        await reached(app.response.ended)
        await anyio.to_thread.run_sync(lambda: adapter.pool.shutdown(wait_seconds=TIMEOUT))

    loop.run(main)
    assert "ZeroDivisionError: in close" in caplog.text


def test_error_that_meets_the_cancellation_is_logged(
    adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    """The application raises just before the cancellation arrives: the loop has not asked for its failure yet."""
    app = Streams(lambda: [b"x" * 100, ZeroDivisionError("just before")])
    connection = Connection(http_scope(), stalled=True)
    adapter = adapt(app)

    async def main() -> None:
        async with serving(adapter, connection) as scope:
            await connection.until(lambda: connection.send_calls > 0)
            await reached(app.response.ended)
            await anyio.to_thread.run_sync(lambda: adapter.pool.shutdown(wait_seconds=TIMEOUT))
            scope.cancel()

    loop.run(main)
    assert "ZeroDivisionError: just before" in caplog.text


def test_cancellation_at_every_step_strands_nothing(adapt: Adapt, loop: Loop) -> None:
    """Cancelled after any number of the server's calls, the request ends and its thread comes home."""
    for calls in range(8):
        app = Streams(lambda: [b"x" * 3000] * 20)
        connection = Connection(upload_scope(9), body_events(b"abc", b"def", b"ghi"))

        def read_all(environ: Environ, start_response: StartResponse, app: Streams = app) -> Iterable[bytes]:
            environ["wsgi.input"].read(9)
            return app(environ, start_response)

        adapter = adapt(read_all, prebuffer=calls % 2 * 100, window=4000)

        async def main(
            calls: int = calls, adapter: WSGIToASGI = adapter, connection: Connection = connection
        ) -> None:
            async with serving(adapter, connection) as scope:
                await connection.until(
                    lambda: connection.send_calls + connection.receive_calls >= calls or connection.ended
                )
                scope.cancel()
            await anyio.to_thread.run_sync(lambda: adapter.pool.shutdown(wait_seconds=TIMEOUT))

        loop.run(main)
        assert adapter.pool.threads == 0
        assert all(response.closed == 1 for response in app.responses)


# The loop is gone


@pytest.mark.parametrize("where", ["write", "read", "compute"])
def test_loop_closed_under_the_application(adapt: Adapt, where: str) -> None:
    """A loop that is closed without cancelling its tasks: the thread must not wait for it for ever."""
    inside, go_on, outcome = threading.Event(), threading.Event(), []
    done = threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            write = start_response("200 OK", list(PLAIN))
            write(b"first")
            inside.set()
            if where == "read":
                environ["wsgi.input"].read(10)
            elif where == "compute":
                assert go_on.wait(TIMEOUT)
            while True:
                write(b"x" * 1000)
        except BaseException as error:
            outcome.append(type(error))
            raise
        finally:
            done.set()

    connection = Connection(upload_scope(10), body_events(b"abc", complete=False), stalled=where == "write")
    adapter = adapt(app, prebuffer=0, window=5000)

    async def main() -> None:
        tasks.append(asyncio.ensure_future(adapter(connection.scope, connection.receive, connection.send)))
        await reached(inside)
        if where == "write":
            await connection.until(lambda: connection.send_calls > 0)
        if where == "read":
            await connection.until(lambda: connection.receiving > 0)

    tasks: list[Any] = []
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_default_executor())
    for task in tasks:
        task._log_destroy_pending = False
    tasks.clear()
    loop.close()
    go_on.set()
    assert done.wait(TIMEOUT)
    gc.collect()  # the pending task goes here, not in the next test
    assert len(outcome) == 1


# The application raises


@pytest.mark.parametrize(
    "error",
    [
        StopIteration("x"),
        StopAsyncIteration("x"),
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        asyncio.CancelledError(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("where", ["call", "iteration", "close"])
def test_exceptions_that_would_harm_the_loop_are_wrapped(
    adapt: Adapt, loop: Loop, error: BaseException, where: str
) -> None:
    """SystemExit would end the server, StopIteration cannot pass a coroutine, CancelledError means something else."""

    class Failing:
        def __iter__(self) -> Iterator[bytes]:
            return self

        def __next__(self) -> bytes:
            if where == "iteration":
                raise error
            raise StopIteration

        def close(self) -> None:
            if where == "close":
                raise error

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if where == "call":
            raise error
        start_response("200 OK", list(PLAIN))
        return Failing()

    adapter = adapt(app)
    if where == "iteration" and isinstance(error, StopIteration):
        assert loop.get(adapter).complete  # that is how an iterator ends
        return
    connection = Connection(http_scope())
    with pytest.raises(AppProtocolError, match=type(error).__name__) as caught:
        loop.serve(adapter, connection)
    assert caught.value.__cause__ is error
    assert bool(connection.sent) == (where == "close")
    assert adapter.pool.threads == 1, "the thread outlives the exception"


@pytest.mark.parametrize("where", ["call", "iteration"])
def test_error_before_the_headers_leaves_the_response_to_the_server(
    adapt: Adapt, loop: Loop, where: str
) -> None:
    """ASGI "HTTP": an exception before http.response.start makes the server answer 500 and log."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if where == "call":
            raise LookupError("mine")
        start_response("200 OK", list(PLAIN))

        def body() -> Iterator[bytes]:
            raise LookupError("mine")
            yield

        return body()

    connection = Connection(http_scope())
    with pytest.raises(LookupError, match="mine"):
        loop.serve(adapt(validator(app)), connection)
    assert connection.sent == []


def test_error_in_the_middle_does_not_look_like_an_end(adapt: Adapt, loop: Loop) -> None:
    """A truncated response must not end properly: the server closes the connection on the exception."""
    app = Streams(lambda: [b"a", b"b", LookupError("mine")])
    connection = Connection(http_scope())
    with pytest.raises(LookupError):
        loop.serve(adapt(validator(app)), connection)
    assert connection.body == b"ab"
    assert not connection.complete
    assert app.response.closed == 1


def test_error_in_close_is_raised_after_a_complete_response(adapt: Adapt, loop: Loop) -> None:
    """The client has its response; the server logs."""
    app = Streams(lambda: [b"a"], close_raises=LookupError("in close"))
    connection = Connection(http_scope())
    with pytest.raises(LookupError, match="in close"):
        loop.serve(adapt(app), connection)
    assert connection.complete


def test_error_in_iteration_is_not_hidden_by_an_error_in_close(adapt: Adapt, loop: Loop) -> None:
    """Python's own chaining keeps both."""
    app = Streams(lambda: [b"a", KeyError("first")], close_raises=LookupError("second"))
    with pytest.raises(LookupError, match="second") as caught:
        loop.get(adapt(app))
    assert isinstance(caught.value.__context__, KeyError)


def test_application_that_swallows_the_disconnect_is_told_again(adapt: Adapt, loop: Loop) -> None:
    """write() raises every time, so a loop around a bare except cannot run unnoticed into a gone connection."""
    refused: list[type] = []
    go_on = threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", list(PLAIN))
        write(b"x")
        assert go_on.wait(TIMEOUT)
        for _ in range(3):
            try:
                write(b"y")
            except OSError as error:
                refused.append(type(error))
        return [b"z"]

    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(validator(app)), connection):
            await connection.until(lambda: connection.body == b"x" and connection.receiving > 0)
            connection.leave()
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            go_on.set()

    loop.run(main)
    assert refused == [ClientDisconnected] * 3
    assert connection.error is None


def test_failed_request_leaves_no_reference_cycle(adapt: Adapt) -> None:
    """Environ and body of a failed request go with their last reference, not at the garbage collector's leisure."""
    import weakref

    class Marker:
        pass

    seen: list[weakref.ref[Marker]] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        marker = environ["marker"] = Marker()
        seen.append(weakref.ref(marker))
        raise LookupError

    adapter = adapt(app)

    async def main() -> None:
        connection = Connection(http_scope(extensions={"http.response.early_hint": {}}))
        try:
            await adapter(connection.scope, connection.receive, connection.send)
        except LookupError as error:
            error.__traceback__ = None

    gc.disable()
    try:
        asyncio.run(main())
        assert seen[0]() is None
    finally:
        gc.enable()
