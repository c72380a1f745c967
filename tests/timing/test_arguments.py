"""What wrappers, spans and Server-Timing are given is judged where it is given, or works."""

from __future__ import annotations

import functools
import logging
import re
import time
from typing import Any

import pytest

from bridgekit.timing import (
    ASGITimingMiddleware,
    Outcome,
    RequestTiming,
    ServerTiming,
    WSGITimingMiddleware,
    carry_request,
    set_route,
    span,
)
from bridgekit.timing.exporters.json_lines import JSONLinesExporter
from bridgekit.timing.exporters.logging import LoggingExporter
from bridgekit.timing.exporters.memory import MemoryExporter
from bridgekit.timing.exporters.sampling import SamplingExporter
from bridgekit.timing.server_timing import everyone, loopback
from tests.helpers.loosely import loosely
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient, environ_of, scope_of


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x"})


def wsgi(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"x"]


async def asks(*arguments: Any) -> bool:
    return False


def no_argument() -> None: ...


def two_arguments(one: Any, two: Any) -> None: ...


class AsyncCallable:
    async def __call__(self, timing: Any) -> None: ...


class WithArguments:
    def __init__(self, needed: Any) -> None: ...

    def __call__(self, timing: Any) -> None: ...


WRONG_OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"exporters": None}, "exporters must be a list of exporters, not the NoneType"),
    ({"exporters": "bridgekit.timing.exporters.memory.MemoryExporter"}, "must be a list"),
    ({"exporters": {"memory": MemoryExporter()}}, "must be a list"),
    ({"exporters": MemoryExporter()}, re.escape("write exporters=[exporter]")),
    ({"exporters": ["shop.exporter"]}, "give the object itself, not its name"),
    ({"exporters": [7]}, "an exporter must be a function of a RequestTiming"),
    ({"exporters": [no_argument]}, "is called with a RequestTiming, and no_argument"),
    ({"exporters": [two_arguments]}, "is called with a RequestTiming, and two_arguments"),
    ({"exporters": [asks]}, "nobody awaits"),
    ({"exporters": [functools.partial(asks, 1)]}, "nobody awaits"),
    ({"exporters": [AsyncCallable()]}, "nobody awaits"),
    ({"exporters": [WithArguments]}, "WithArguments, which cannot be made without arguments"),
    ({"server_timing": True}, "does not say who sees the header"),
    ({"server_timing": "everyone"}, "must be a ServerTiming or a function of the request"),
    ({"server_timing": ServerTiming}, "allow must be a function of the request, not the class ServerTiming"),
    ({"server_timing": asks}, "nobody awaits"),
    ({"server_timing": no_argument}, "called with the request"),
    ({"exclude": None}, "must be a list of paths"),
    ({"exclude": [b"/x"]}, "must be a string, not the bytes"),
    ({"exclude": [re.compile("/x")]}, "must be a string, not the Pattern"),
    ({"route": "/users/{id}"}, "route must be a function of the scope or environ"),
    ({"route": asks}, "nobody awaits"),
    ({"route": no_argument}, "called with the scope or environ"),
    ({"queue_time": "no"}, "queue_time must be True or False"),
    ({"traceparent": 1}, "traceparent must be True or False"),
    ({"send_time": None}, "send_time must be True or False"),
    ({"cpu_time": "yes"}, "cpu_time must be True or False"),
    ({"clock": time.perf_counter}, "clock must return whole nanoseconds, as time.perf_counter_ns does"),
    ({"wall_clock": time.time}, "wall_clock must return whole nanoseconds"),
    ({"clock": 5}, "clock must be a function of no argument"),
]


@pytest.mark.parametrize(("options", "message"), WRONG_OPTIONS)
@pytest.mark.parametrize(("wrapper", "app"), [(ASGITimingMiddleware, asgi), (WSGITimingMiddleware, wsgi)])
def test_an_option_that_cannot_work_is_refused(
    wrapper: Any, app: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        wrapper(app, **options)


class ASGIClass:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class WSGIClass:
    def __call__(self, environ: Any, start_response: Any) -> Any: ...


@pytest.mark.parametrize(
    ("wrapper", "app", "message"),
    [
        (ASGITimingMiddleware, wsgi, "app is a WSGI application, not an ASGI application"),
        (ASGITimingMiddleware, WSGIClass(), "app is a WSGI application"),
        (ASGITimingMiddleware, WSGITimingMiddleware(wsgi), "app is a WSGI application"),
        (WSGITimingMiddleware, asgi, "app is an ASGI application, not a WSGI application"),
        (WSGITimingMiddleware, ASGIClass(), "app is an ASGI application"),
        (WSGITimingMiddleware, ASGITimingMiddleware(asgi), "app is an ASGI application"),
        (ASGITimingMiddleware, no_argument, "Is it a factory"),
        (WSGITimingMiddleware, no_argument, "Is it a factory"),
        (ASGITimingMiddleware, None, "must be an ASGI application, that is a callable"),
        (WSGITimingMiddleware, "shop:app", "import it, and give the object"),
        (WSGITimingMiddleware, time, "name the application in it"),
    ],
)
def test_what_is_no_application_is_refused(wrapper: Any, app: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        wrapper(app)


def anything(*args: Any, **kwargs: Any) -> Any: ...


class PlainASGIWrapper:
    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        return self.app(scope, receive, send)


@pytest.mark.parametrize("app", [anything, functools.partial(anything), PlainASGIWrapper(asgi), asgi])
def test_what_may_be_an_application_is_taken(app: Any) -> None:
    """Nothing is refused of which it is not certain, and nothing is called to find out."""
    ASGITimingMiddleware(app)


def headers_shown(server_timing: Any, client: str) -> list[list[str]]:
    asgi_client, wsgi_client = ASGIClient(FakeClock()), WSGIClient(FakeClock())
    asgi_client.call(ASGITimingMiddleware(asgi, server_timing=server_timing), scope_of(client=(client, 1)))
    wsgi_client.call(WSGITimingMiddleware(wsgi, server_timing=server_timing), environ_of(REMOTE_ADDR=client))
    return [[name for name, _ in found.headers] for found in (asgi_client, wsgi_client)]


@pytest.mark.parametrize("client", ["127.0.0.1", "192.0.2.1"])
def test_a_function_of_the_request_says_who_sees_the_header(client: str) -> None:
    """Short for ``ServerTiming(allow=...)``: ready-made ones and one's own."""
    for shown in (headers_shown(everyone, client), headers_shown(lambda request: True, client)):
        assert all("server-timing" in names for names in shown)
    for names in headers_shown(loopback, client):
        assert ("server-timing" in names) is (client == "127.0.0.1")
    for nobody in (None, False):
        assert all("server-timing" not in names for names in headers_shown(nobody, client))


def test_an_exporters_class_is_made_without_arguments(caplog: pytest.LogCaptureFixture) -> None:
    """Calling the class with each record would make an object of it and record nothing."""
    caplog.set_level(logging.INFO)
    ASGIClient(FakeClock()).call(ASGITimingMiddleware(asgi, exporters=[loosely(LoggingExporter)]))
    WSGIClient(FakeClock()).call(WSGITimingMiddleware(wsgi, exporters=[loosely(LoggingExporter)]))
    ASGIClient(FakeClock()).call(
        ASGITimingMiddleware(asgi, exporters=[SamplingExporter(loosely(LoggingExporter), 1.0)])
    )
    assert [record.name for record in caplog.records] == ["bridgekit.timing.requests"] * 3


def test_a_wrapper_around_its_like_says_who_gets_the_records(caplog: pytest.LogCaptureFixture) -> None:
    """One request, one record: the inner one's exporters get none, and nobody should have to find that out."""
    inner, outer = MemoryExporter(), MemoryExporter()
    wrapped = ASGITimingMiddleware(ASGITimingMiddleware(asgi, exporters=[inner]), exporters=[outer])
    assert "only the outer one's exporters get records" in caplog.text
    ASGIClient(FakeClock()).call(wrapped)
    assert (len(inner), len(outer)) == (0, 1)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"allow": 7}, TypeError, "allow must be a function of the request"),
        ({"allow": True}, TypeError, "allow must be a function of the request"),
        ({"allow": asks}, TypeError, "nobody awaits"),
        ({"allow": two_arguments}, TypeError, "called with the request"),
        ({"allow": everyone, "timing_allow_origin": ["https://a.example"]}, TypeError, "must be a string"),
        ({"allow": everyone, "max_bytes": "2048"}, TypeError, re.escape("convert it: max_bytes=int(...)")),
        ({"allow": everyone, "max_bytes": 20}, ValueError, "at least 128"),
        ({"allow": everyone, "traceparent": "yes"}, TypeError, "True or False"),
    ],
)
def test_server_timing_is_judged_when_it_is_made(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """An async predicate would count as yes, for everybody."""
    with pytest.raises(error, match=message):
        ServerTiming(**options)


def test_spans_and_routes_are_judged_when_they_are_named() -> None:
    with pytest.raises(TypeError, match=re.escape('write @span("name")')):
        span(no_argument)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="name must be a string"):
        span(7)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="description must be a string"):
        span("db", None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes the function, without calling it"):
        carry_request(loosely(None))
    with pytest.raises(TypeError, match="template must be a string"):
        set_route(None)  # type: ignore[arg-type]


def test_a_records_outcome_is_one_of_those_that_there_are() -> None:
    assert RequestTiming("GET", "/", None, 200, "ok", 0.1).outcome is Outcome.OK  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fine"):
        RequestTiming("GET", "/", None, 200, "fine", 0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LoggingExporter(loosely(7)), TypeError, "logger must be a logger or its name"),
        (lambda: LoggingExporter(level="LOUD"), ValueError, "level must be one of"),
        (lambda: LoggingExporter(level=loosely(None)), TypeError, "level must be a whole number"),
        (lambda: LoggingExporter(slow=loosely("0.5")), TypeError, re.escape("convert it: slow=float(...)")),
        (lambda: LoggingExporter(slow=True), TypeError, "slow must be a number"),
        (
            lambda: LoggingExporter(slow=1, only_slow=loosely("no")),
            TypeError,
            "only_slow must be True or False",
        ),
        (lambda: MemoryExporter(loosely("10")), TypeError, re.escape("convert it: size=int(...)")),
        (lambda: MemoryExporter(0), ValueError, "at least 1"),
        (lambda: JSONLinesExporter("/nowhere/at/all.jsonl"), ValueError, "its folder must exist"),
        (lambda: JSONLinesExporter("/"), ValueError, "cannot be a file"),
        (lambda: JSONLinesExporter(loosely(None)), TypeError, "a path or an open text stream"),
        (lambda: SamplingExporter(LoggingExporter(), loosely("0.1")), TypeError, "rate must be a number"),
        (lambda: SamplingExporter(LoggingExporter(), 10), ValueError, "from 0 to 1"),
        (lambda: SamplingExporter(loosely(7), 0.1), TypeError, "function of a RequestTiming"),
        (
            lambda: SamplingExporter(LoggingExporter(), 0.1, slow=loosely("1")),
            TypeError,
            "slow must be a number",
        ),
        (
            lambda: SamplingExporter(LoggingExporter(), 0.1, chance=loosely(0.5)),
            TypeError,
            "chance must be a function",
        ),
    ],
)
def test_an_exporters_arguments_are_judged_when_it_is_made(
    make: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make()


def test_a_stream_of_bytes_takes_no_lines(tmp_path: Any) -> None:
    with (tmp_path / "records").open("wb") as stream:
        with pytest.raises(TypeError, match="takes bytes: open it as text"):
            JSONLinesExporter(stream)


def test_a_logging_level_may_be_named() -> None:
    assert LoggingExporter(level="debug").level == logging.DEBUG
