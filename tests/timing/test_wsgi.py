from __future__ import annotations

import gc
import io
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from wsgiref.util import FileWrapper

import pytest

from bridgekit.timing import Outcome, RequestTiming, WSGITimingMiddleware
from bridgekit.timing.measuring.current import KEY
from tests.timing.clients import FakeClock, WSGIClient, environ_of

TEXT = [("Content-Type", "text/plain")]


def answering(body: Any, headers: list[tuple[str, str]] = TEXT) -> Any:
    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", headers)
        return body

    return app


def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
    return lambda data: None


def test_a_wrapped_iterator_has_no_length() -> None:
    """Servers compute Content-Length from the first chunk where the length is 1."""
    result = WSGITimingMiddleware(answering(iter([b"a", b"b"])))(environ_of(), start_response)
    assert not hasattr(result, "__len__")
    result.close()  # type: ignore[attr-defined]


def test_a_wrapped_list_keeps_its_length() -> None:
    """Without it, wsgiref and waitress would no longer send the Content-Length that they compute."""
    result = WSGITimingMiddleware(answering([b"hello"]))(environ_of(), start_response)
    assert len(result) == 1  # type: ignore[arg-type]
    result.close()  # type: ignore[attr-defined]


def test_the_servers_file_wrapper_comes_back_as_it_is() -> None:
    """PEP 3333, "Optional Platform-Specific File Handling": the server looks at the type."""
    seen: list[RequestTiming] = []
    closed: list[bool] = []

    class File(io.BytesIO):
        def close(self) -> None:
            closed.append(True)
            super().close()

    wrapper = FileWrapper(File(b"content"))
    environ = environ_of() | {"wsgi.file_wrapper": FileWrapper}
    app = WSGITimingMiddleware(answering(wrapper, [*TEXT, ("Content-Length", "7")]), exporters=[seen.append])
    result: Any = app(environ, start_response)
    assert result is wrapper
    assert seen == []
    result.close()
    assert closed == [True]
    assert (seen[0].bytes_out, seen[0].outcome) == (7, Outcome.OK)


def test_a_file_wrapper_that_takes_no_hook_ends_at_once() -> None:
    seen: list[RequestTiming] = []

    class Sealed:
        __slots__ = ()

        def __init__(self, file: Any) -> None: ...

        def __iter__(self) -> Iterator[bytes]:
            return iter([b"content"])

    sealed = Sealed(None)
    environ = environ_of() | {"wsgi.file_wrapper": Sealed}
    assert WSGITimingMiddleware(answering(sealed), exporters=[seen.append])(environ, start_response) is sealed
    assert seen[0].outcome is Outcome.OK


def test_an_iterable_that_is_dropped_is_recorded() -> None:
    """A server that neither reads on nor closes breaks PEP 3333; the request does not stay in flight for ever."""
    seen: list[RequestTiming] = []
    app = WSGITimingMiddleware(answering(iter([b"a", b"b"])), exporters=[seen.append])
    result: Any = app(environ_of(), start_response)
    iterator = iter(result)
    next(iterator)
    del result, iterator
    gc.collect()
    assert [r.outcome for r in seen] == [Outcome.CLIENT_GONE]
    assert app.recorder.in_flight == set()


def test_one_that_is_never_touched_is_recorded_as_well() -> None:
    seen: list[RequestTiming] = []
    app = WSGITimingMiddleware(answering([b"a"]), exporters=[seen.append])
    app(environ_of(), start_response)
    gc.collect()
    assert [r.outcome for r in seen] == [Outcome.CLIENT_GONE]


@pytest.mark.parametrize(
    ("method", "headers", "outcome"),
    [
        ("GET", [("Content-Length", "1")], Outcome.OK),
        ("GET", [("Content-Length", "2")], Outcome.CLIENT_GONE),
        ("HEAD", [], Outcome.OK),
    ],
)
def test_a_server_may_stop_when_nothing_is_missing(method: str, headers: Any, outcome: Outcome) -> None:
    """PEP 3333, "Handling the Content-Length Header": it need not read on when it has enough."""
    seen: list[RequestTiming] = []
    app = WSGITimingMiddleware(answering(iter([b"a", b"b"]), [*TEXT, *headers]), exporters=[seen.append])
    result: Any = app(environ_of(method), start_response)
    next(iter(result))
    result.close()
    assert [r.outcome for r in seen] == [outcome]


def test_the_body_of_the_application_is_closed_once() -> None:
    closed: list[bool] = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"a"])

        def close(self) -> None:
            closed.append(True)

    WSGIClient(FakeClock()).call(WSGITimingMiddleware(answering(Body())))
    assert closed == [True]


def test_a_close_that_raises_is_not_hidden() -> None:
    seen: list[RequestTiming] = []

    class Body(list[bytes]):
        def close(self) -> None:
            raise ValueError("in close")

    app = WSGITimingMiddleware(answering(Body([b"a"])), exporters=[seen.append])
    with pytest.raises(ValueError, match="in close"):
        WSGIClient(FakeClock(), validates=False).call(app)
    assert [r.outcome for r in seen] == [Outcome.OK]


def test_wrapped_twice_there_is_one_record() -> None:
    inner: list[RequestTiming] = []
    outer: list[RequestTiming] = []
    app = WSGITimingMiddleware(
        WSGITimingMiddleware(answering([b"a"]), exporters=[inner.append]), exporters=[outer.append]
    )
    WSGIClient(FakeClock()).call(app)
    assert (len(inner), len(outer)) == (0, 1)


def test_the_end_is_recorded_once_whichever_thread_comes_first() -> None:
    """A server may close from another thread than it reads in."""
    for _ in range(50):
        seen: list[RequestTiming] = []
        app = WSGITimingMiddleware(answering(iter([b"a"])), exporters=[seen.append])
        environ = environ_of()
        result: Any = app(environ, start_response)
        live = environ[KEY]
        barrier = threading.Barrier(3)

        def end(work: Any, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            work()

        works = [live.end_early, lambda live=live: live.finish(complete=True), result.close]
        threads = [threading.Thread(target=end, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(seen) == 1


@pytest.mark.parametrize(
    ("mount", "path", "measured"),
    [
        ("", "/healthz", False),
        ("/static", "/a.css", False),
        ("", "/healthz2", True),
        ("/app", "/healthz", True),
    ],
)
def test_excluded_paths_are_not_measured(mount: str, path: str, measured: bool) -> None:
    """The whole path counts, mount point included."""
    seen: list[RequestTiming] = []
    app = WSGITimingMiddleware(answering([b"a"]), exporters=[seen.append], exclude=["/healthz", "/static/*"])
    WSGIClient(FakeClock()).call(app, environ_of(path=path, SCRIPT_NAME=mount))
    assert bool(seen) is measured


def test_what_is_written_after_the_end_does_not_change_the_record() -> None:
    seen: list[RequestTiming] = []
    kept: list[Any] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        kept.append(start_response)
        kept.append(start_response("200 OK", [("Content-Type", "text/plain")]))
        return [b"hello"]

    client = WSGIClient(FakeClock(), validates=False)
    client.call(WSGITimingMiddleware(app, exporters=[seen.append]))
    late, write = kept
    write(b"late")
    late("500 Oh", [("Content-Type", "text/html")])
    assert client.chunks == [b"hello", b"late"]
    assert (seen[0].status, seen[0].bytes_out, seen[0].kind) == (200, 5, "plain")


def test_backpressure_is_measured_on_request() -> None:
    seen: list[RequestTiming] = []
    clock = FakeClock()

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", list(TEXT))
        for _ in range(3):
            clock.advance(1)
            yield b"x"

    WSGIClient(clock, send_seconds=0.25).call(
        WSGITimingMiddleware(app, exporters=[seen.append], clock=clock, send_time=True)
    )
    assert (seen[0].send_time, seen[0].duration) == (0.75, 3.75)


@pytest.mark.parametrize(
    "read",
    [
        lambda stream: stream.read(),
        lambda stream: [stream.readline(2), stream.readline(), stream.read()],
        lambda stream: stream.readlines(),
        lambda stream: list(stream),
        lambda stream: [stream.read(4), stream.read(100)],
    ],
    ids=["read", "readline", "readlines", "iteration", "pieces"],
)
def test_every_way_to_read_is_counted(read: Any) -> None:
    seen: list[RequestTiming] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        read(environ["wsgi.input"])
        start_response("200 OK", list(TEXT))
        return []

    environ = environ_of("POST", body=b"one\ntwo\nthree")
    WSGIClient(FakeClock(), validates=False).call(WSGITimingMiddleware(app, exporters=[seen.append]), environ)
    assert seen[0].bytes_in == 13


def test_the_servers_own_input_is_left_alone_without_a_body() -> None:
    environ = environ_of()
    stream = environ["wsgi.input"]
    WSGIClient(FakeClock(), validates=False).call(WSGITimingMiddleware(answering([])), environ)
    assert environ["wsgi.input"] is stream


def test_what_the_servers_input_has_besides_can_be_reached() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        assert environ["wsgi.input"].getvalue() == b"abc"
        start_response("200 OK", list(TEXT))
        return []

    WSGIClient(FakeClock(), validates=False).call(WSGITimingMiddleware(app), environ_of("POST", body=b"abc"))


@pytest.mark.parametrize(
    ("protocol", "version"), [("HTTP/1.0", "1.0"), ("HTTP/1.1", "1.1"), ("HTTP/2.0", "2"), ("HTTP/2", "2")]
)
def test_the_http_version_is_spelled_as_in_asgi(protocol: str, version: str) -> None:
    seen: list[RequestTiming] = []
    app = WSGITimingMiddleware(answering([]), exporters=[seen.append])
    WSGIClient(FakeClock()).call(app, environ_of(SERVER_PROTOCOL=protocol))
    assert seen[0].http_version == version


def test_the_path_is_decoded_text_with_its_mount() -> None:
    """PEP 3333, "Unicode Issues"."""
    seen: list[RequestTiming] = []
    app = WSGITimingMiddleware(answering([]), exporters=[seen.append])
    WSGIClient(FakeClock()).call(app, environ_of(path="/über", SCRIPT_NAME="/shop"))
    assert seen[0].path == "/shop/über"


def test_an_environ_that_lacks_what_it_must_have_breaks_nothing() -> None:
    """Hand-made ones in tests, mostly; the application never asked for it either."""
    seen: list[RequestTiming] = []
    app = WSGITimingMiddleware(answering([b"a"]), exporters=[seen.append])
    assert list(app({}, start_response)) == [b"a"]
    (timing,) = seen
    assert (timing.method, timing.path, timing.scheme, timing.http_version) == ("GET", "", "http", "1.1")


def test_a_status_that_is_no_number_is_none() -> None:
    seen: list[RequestTiming] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("oh no", list(TEXT))
        return []

    WSGIClient(FakeClock(), validates=False).call(WSGITimingMiddleware(app, exporters=[seen.append]))
    assert seen[0].status is None
