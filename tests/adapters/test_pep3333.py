"""PEP 3333 clause by clause; each docstring quotes its clause by section."""

from __future__ import annotations

import io
import itertools
import logging
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

import pytest

from bridgekit import WSGIToASGI
from bridgekit.exceptions import AppProtocolError
from bridgekit.typing import Environ, StartResponse, WSGIApp
from tests.helpers.asgi_driver import (
    TIMEOUT,
    Connection,
    Loop,
    body_events,
    http_scope,
    serving,
    upload_scope,
)
from tests.helpers.wsgi_apps import PLAIN, Streams, answers, reports

Adapt = Callable[..., WSGIToASGI]


@pytest.fixture
def loop(request: pytest.FixtureRequest) -> Loop:
    """The clauses do not depend on the loop; `test_wsgi_to_asgi_*` runs on every one."""
    from tests.helpers.asgi_driver import LOOPS

    return LOOPS[0]


# Specification Details


def test_application_is_called_with_two_positional_arguments(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: "It must be invoked with two positional arguments"."""
    seen: list[Any] = []

    def app(*args: Any, **kwargs: Any) -> Iterable[bytes]:
        seen.append((len(args), kwargs))
        args[1]("200 OK", list(PLAIN))
        return [b"x"]

    assert loop.get(adapt(app)).status == 200
    assert seen == [(2, {})]


def test_environ_is_a_builtin_dict_that_the_application_may_change(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: "must be a builtin Python dictionary (not a subclass ...), and the application is
    allowed to modify the dictionary in any way it desires".
    """
    seen: list[type] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(type(environ))
        environ.clear()
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    assert loop.get(adapt(app)).body == b"x"
    assert seen == [dict]


def test_every_request_has_an_environ_of_its_own(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: the dictionary is given to the application to modify, so no other request may see it."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        environ["mine"] = environ.get("mine", 0) + 1
        return [b"%d" % environ["mine"]]

    adapter = adapt(app)
    assert [loop.get(adapter).body, loop.get(adapter).body] == [b"1", b"1"]


def test_start_response_is_called_positionally(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: start_response "must be invoked using positional arguments"; two or three of them."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("201 Made", list(PLAIN), None)
        return [b"x"]

    assert loop.get(adapt(validator(app))).status == 201


def test_start_response_returns_a_write_callable(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: "must return a write(body_data) callable that takes one positional parameter"."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", list(PLAIN))
        write(b"one ")
        write(b"two ")
        return [b"three"]

    response = loop.get(adapt(validator(app)))
    assert response.body == b"one two three"
    assert response.complete


def test_iterables_of_every_kind_are_sent(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: "must return an iterable yielding zero or more bytestrings ... a list of bytestrings,
    or by the application being a generator function ... or a class whose instances are iterable".
    """

    class Iterated:
        def __iter__(self) -> Iterator[bytes]:
            return iter((b"a", b"b"))

    class OldSequence:
        def __getitem__(self, index: int) -> bytes:
            return (b"a", b"b")[index]

    kinds: list[Any] = [
        [b"a", b"b"],
        (b"a", b"b"),
        iter([b"a", b"b"]),
        (x for x in (b"a", b"b")),
        Iterated(),
        OldSequence(),
        {b"a": 1, b"b": 2},
        [b"ab"],
        (b"ab",),
        io.BytesIO(b"ab"),
    ]
    for kind in kinds:

        def app(environ: Environ, start_response: StartResponse, kind: Any = kind) -> Iterable[bytes]:
            start_response("200 OK", list(PLAIN))
            return kind  # type: ignore[no-any-return]

        response = loop.get(adapt(app))
        assert (response.body, response.complete) == (b"ab", True), kind


def test_class_as_application(adapt: Adapt, loop: Loop) -> None:
    """The Application/Framework Side: the iterable may be an instance of the application's class."""

    class App:
        def __init__(self, environ: Environ, start_response: StartResponse) -> None:
            self.start_response = start_response

        def __iter__(self) -> Iterator[bytes]:
            self.start_response("200 OK", list(PLAIN))
            yield b"from a class"

    assert loop.get(adapt(App)).body == b"from a class"


def test_list_subclass_is_iterated_by_its_own_rules(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: the server iterates; what a list subclass holds is not what it yields."""

    class Lines(list[bytes]):
        def __iter__(self) -> Iterator[bytes]:
            for line in list.__iter__(self):
                yield line + b"\n"

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        return Lines([b"x"])

    assert loop.get(adapt(app)).body == b"x\n"


def test_bytes_are_sent_unbuffered_one_by_one(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: "transmit the yielded bytestrings to the client in an unbuffered fashion, completing
    the transmission of each bytestring before requesting another one" (or, Buffering and Streaming, continuing it
    while the application produces the next).
    """
    import anyio

    from tests.helpers.asgi_driver import serving

    go_on = threading.Event()
    app = Streams(lambda: [b"first", go_on, b"last"])
    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(validator(app)), connection):
            await connection.until(lambda: connection.body == b"first")
            go_on.set()
        await anyio.lowlevel.checkpoint()

    loop.run(main)
    assert connection.body == b"first.last"


def test_close_is_called_after_normal_end(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: "If the iterable returned by the application has a close() method, the server or gateway
    must call that method upon completion of the current request".
    """
    app = Streams(lambda: [b"a", b"b"])
    assert loop.get(adapt(validator(app))).body == b"ab"
    assert app.response.closed == 1


def test_close_is_called_for_a_list_with_close(adapt: Adapt, loop: Loop) -> None:
    """Specification Details, close(): the shortcut for one-item lists is no way around it."""
    closed: list[int] = []

    class Closing(list[bytes]):
        def close(self) -> None:
            closed.append(1)

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        return Closing([b"x"])

    assert loop.get(adapt(app)).body == b"x"
    assert closed == [1]


def test_close_is_called_after_an_error_in_the_iterable(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: close() "whether the request was completed normally, or terminated early due to an
    application error during iteration".
    """
    app = Streams(lambda: [b"a", ZeroDivisionError("in the middle")])
    with pytest.raises(ZeroDivisionError):
        loop.get(adapt(validator(app)))
    assert app.response.closed == 1


def test_everything_runs_in_one_thread(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: call, iteration and close() are one flow; thread-locals of frameworks hang on that."""
    app = Streams(lambda: [b"a", b"b", b"c"])
    loop.get(adapt(validator(app)))
    assert len(app.response.threads) == 1


def test_iterable_with_a_length_of_one_gets_a_content_length(adapt: Adapt, loop: Loop) -> None:
    """Handling the Content-Length Header: with only one bytestring the server can determine the length itself."""
    response = loop.get(adapt(answers(b"hello")))
    assert response.header(b"content-length") == b"5"


@pytest.mark.parametrize("kind", [list, tuple])
def test_given_content_length_is_not_doubled(adapt: Adapt, loop: Loop, kind: Callable[..., Any]) -> None:
    """Handling the Content-Length Header: the application's own header stands."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [*PLAIN, ("Content-Length", "5")])
        return kind([b"hello"])  # type: ignore[no-any-return]

    assert loop.get(adapt(validator(app))).header(b"content-length") == b"5"


# environ Variables


def test_required_cgi_variables_are_native_strings(adapt: Adapt, loop: Loop) -> None:
    """environ Variables: "a value of any type other than str is not allowed" for a CGI-defined variable."""
    app, seen = reports(dict)
    loop.get(adapt(app), "/path", query_string=b"a=1", http_version="2")
    (environ,) = seen
    for name in (
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "PATH_INFO",
        "QUERY_STRING",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "REMOTE_ADDR",
        "REMOTE_PORT",
        "HTTP_HOST",
        "REQUEST_URI",
        "RAW_URI",
    ):
        assert type(environ[name]) is str, name
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["SCRIPT_NAME"] == ""
    assert environ["PATH_INFO"] == "/path"
    assert environ["QUERY_STRING"] == "a=1"
    assert environ["SERVER_PROTOCOL"] == "HTTP/2"


def test_server_name_and_port_are_never_empty(adapt: Adapt, loop: Loop) -> None:
    """environ Variables: "SERVER_NAME and SERVER_PORT can never be empty strings, and so are always required"."""
    app, seen = reports(lambda environ: (environ["SERVER_NAME"], environ["SERVER_PORT"]))
    adapter = adapt(app)
    servers: list[Any] = [None, ..., ("", None), ("/run/app.sock", None), [], iter(()), ("", "")]
    for server in servers:
        loop.get(adapter, server=server, headers=[])
        assert all(seen[-1]), server


def test_content_type_and_length_have_no_prefix(adapt: Adapt, loop: Loop) -> None:
    """environ Variables: CONTENT_TYPE and CONTENT_LENGTH are "the contents of any Content-Type [-Length] fields"."""
    app, seen = reports(dict)
    connection = Connection(
        upload_scope(2, headers=[(b"content-type", b"text/x")]),
        body_events(b"ab"),
    )
    loop.serve(adapt(app), connection)
    assert (seen[0]["CONTENT_TYPE"], seen[0]["CONTENT_LENGTH"]) == ("text/x", "2")
    assert "HTTP_CONTENT_LENGTH" not in seen[0]


def test_required_wsgi_variables_are_there(adapt: Adapt, loop: Loop) -> None:
    """environ Variables: the table of required wsgi.* variables."""
    app, seen = reports(dict)
    loop.get(adapt(app), scheme="https")
    (environ,) = seen
    assert environ["wsgi.version"] == (1, 0)
    assert environ["wsgi.url_scheme"] == "https"
    assert environ["wsgi.multithread"] is True
    assert environ["wsgi.multiprocess"] in (True, False)
    assert environ["wsgi.run_once"] is False


def test_wsgi_errors_is_a_text_stream(adapt: Adapt, loop: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    """Input and Error Streams: wsgi.errors supports flush(), write(str), writelines(seq) and is "text mode"."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.errors"].write("one line\n")
        environ["wsgi.errors"].writelines(["and ", "another\n"])
        environ["wsgi.errors"].flush()
        start_response("200 OK", list(PLAIN))
        return [b""]

    loop.get(adapt(validator(app)))
    captured = capsys.readouterr()
    assert captured.err.startswith("one line\nand another\n")
    assert captured.out == ""


def test_path_is_latin1_of_the_original_bytes(adapt: Adapt, loop: Loop) -> None:
    """Unicode Issues: native strings hold "only code points representable in ISO-8859-1", the bytes as they came."""
    app, seen = reports(lambda environ: environ["PATH_INFO"])
    loop.get(adapt(app), "/café/�", raw_path=b"/caf%C3%A9/%E9")
    assert seen == ["/caf\xc3\xa9/\xe9"]


# Input and Error Streams


def test_input_ends_at_content_length(adapt: Adapt, loop: Loop) -> None:
    """Input and Error Streams: "A server should not attempt to read beyond the specified Content-Length, and should
    simulate an end-of-file condition if the application attempts to read past that point".
    """
    app, seen = reports(lambda environ: environ["wsgi.input"].read(1000))
    adapter = adapt(app)
    loop.serve(adapter, Connection(upload_scope(4), body_events(b"abcd", b"SURPLUS")))
    loop.serve(adapter, Connection(upload_scope(4), body_events(b"abcdSURPLUS")))
    loop.serve(adapt(app, prebuffer=0), Connection(upload_scope(4), body_events(b"ab", b"cdSUR", b"PLUS")))
    assert seen == [b"abcd", b"abcd", b"abcd"]


@pytest.mark.parametrize("streamed", [False, True])
def test_input_supports_the_required_methods(adapt: Adapt, loop: Loop, streamed: bool) -> None:
    """Input and Error Streams: read(size), readline(), readlines(hint), __iter__()."""
    body = b"one\ntwo\nthree\nfour\nfive"

    def methods(environ: Environ) -> list[Any]:
        stream = environ["wsgi.input"]
        return [stream.read(2), stream.readline(), next(iter(stream)), stream.readlines(1), list(stream)]

    app, seen = reports(methods)
    adapter = adapt(app, prebuffer=0 if streamed else 1000)
    loop.post(adapter, body[:6], body[6:])
    assert seen == [[b"on", b"e\n", b"two\n", [b"three\n"], [b"four\n", b"five"]]]


def test_unread_input_does_no_harm(adapt: Adapt, loop: Loop) -> None:
    """Input and Error Streams: an application need not read its input."""
    adapter = adapt(answers(b"x"), prebuffer=0)
    assert loop.post(adapter, b"a" * 10, b"b" * 10).body == b"x"


# The start_response() Callable


def test_status_without_reason_phrase_is_accepted(adapt: Adapt, loop: Loop) -> None:
    """The start_response() Callable: "a string of the form '999 Message here'"; many apps leave the message out."""
    assert loop.get(adapt(answers(b"x", status="299"))).status == 299


@pytest.mark.parametrize(
    "status", [200, b"200 OK", "OK", "20 OK", "2000 OK", "200OK", "", "1٠0 OK", "100 Continue"]
)
def test_illegal_status_is_an_error(adapt: Adapt, loop: Loop, status: Any) -> None:
    """The start_response() Callable: "status ... a string consisting of a Status-Code and a Reason-Phrase"."""
    with pytest.raises(AppProtocolError, match="status"):
        loop.get(adapt(answers(b"x", status=status)))


@pytest.mark.parametrize(
    "header",
    [
        ("X-Split", "a\r\nSet-Cookie: b"),
        ("X-Nul", "a\x00b"),
        ("X-Lf", "a\nb"),
        ("X Name", "a"),
        ("X-Name:", "a"),
        ("X-Na\nme", "a"),
        ("", "a"),
        ("X-Ü", "a"),
        ("X-Bytes", b"a"),
        (b"X-Bytes", "a"),
        ("X-Int", 1),
        ("X-None", None),
        ("X-Snowman", "☃"),
        ("X-Alone",),
        "Xy: z",
        None,
    ],
)
def test_illegal_header_is_an_error(adapt: Adapt, loop: Loop, header: Any) -> None:
    """The start_response() Callable: "a list of (header_name, header_value) tuples ... must not include control
    characters, including carriage returns or linefeeds".
    """
    with pytest.raises(AppProtocolError, match="header"):
        loop.get(adapt(answers(b"x", headers=[header])))


def test_tabs_in_values_are_kept(adapt: Adapt, loop: Loop) -> None:
    """RFC 9110 5.5 allows a tab in a value, although PEP 3333 counts it among the control characters."""
    response = loop.get(adapt(answers(b"x", headers=[("X-Tab", "a\tb")])))
    assert response.header(b"x-tab") == b"a\tb"


def test_latin1_values_are_sent_as_they_are(adapt: Adapt, loop: Loop) -> None:
    """Unicode Issues: header values are latin-1 in native strings."""
    response = loop.get(adapt(answers(b"x", headers=[("X-Name", "caf\xe9")])))
    assert response.header(b"x-name") == b"caf\xe9"


def test_duplicate_headers_keep_their_order(adapt: Adapt, loop: Loop) -> None:
    """The start_response() Callable: response_headers is a list; two cookies are two headers."""
    headers = [("Set-Cookie", "b=1"), ("Vary", "x"), ("Set-Cookie", "a=2")]
    response = loop.get(adapt(answers(b"x", headers=headers)))
    assert response.headers[:3] == [(b"set-cookie", b"b=1"), (b"vary", b"x"), (b"set-cookie", b"a=2")]


def test_headers_are_not_sent_before_the_first_piece(adapt: Adapt, loop: Loop) -> None:
    """The start_response() Callable: "must not actually transmit the response headers. Instead, it must store them
    ... until after the first iteration of the application return value that yields a non-empty bytestring".
    """

    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", list(PLAIN))
        yield b""
        yield b""
        try:
            raise LookupError
        except LookupError:
            start_response("404 Gone", list(PLAIN), sys.exc_info())  # type: ignore[arg-type]
        yield b"not found"

    response = loop.get(adapt(validator(app)))
    assert (response.status, response.body) == (404, b"not found")


def test_empty_write_does_not_send_the_headers(adapt: Adapt, loop: Loop) -> None:
    """The start_response() Callable: "non-empty bytestring", and it says so for write(), too."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))(b"")
        try:
            raise LookupError
        except LookupError:
            start_response("404 Gone", list(PLAIN), sys.exc_info())  # type: ignore[arg-type]
        return [b"x"]

    assert loop.get(adapt(validator(app))).status == 404


def test_start_response_may_be_called_from_the_iterable(adapt: Adapt, loop: Loop) -> None:
    """Specification Details: "the start_response() invocation ... must invoke before the iterable yields its first
    body bytestring"; "Servers must not assume that start_response() has been called before they begin iterating".
    """

    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("202 Later", list(PLAIN))
        yield b"late"

    assert loop.get(adapt(app)).status == 202


def test_start_response_after_an_empty_piece(adapt: Adapt, loop: Loop) -> None:
    """Middleware Handling of Block Boundaries: an empty bytestring before start_response holds the place."""

    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        yield b""
        start_response("202 Later", list(PLAIN))
        yield b"late"

    response = loop.get(adapt(app))
    assert (response.status, response.body) == (202, b"late")


@pytest.mark.parametrize("body", [[], [b""], [b"x"], (x for x in (b"x",))])
def test_start_response_never_called_is_an_error(adapt: Adapt, loop: Loop, body: Any) -> None:
    """Specification Details: the application "must" call start_response; there is nothing to send without it."""
    with pytest.raises(AppProtocolError, match="start_response"):
        loop.get(adapt(lambda environ, start_response: body))


def test_second_call_without_exc_info_is_an_error(adapt: Adapt, loop: Loop) -> None:
    """The start_response() Callable: "it is a fatal error to call start_response without the exc_info argument if
    start_response has already been called within the current invocation of the application".
    """

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        start_response("201 OK", list(PLAIN))
        return [b"x"]

    with pytest.raises(AppProtocolError, match="second time"):
        loop.get(adapt(app))


def test_exc_info_before_output_replaces_the_headers(adapt: Adapt, loop: Loop) -> None:
    """The start_response() Callable: with exc_info, "if no output has been written when an exception occurs, the call
    to start_response will return normally, and the application will return an error body".
    """

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [*PLAIN, ("X-First", "1"), ("Content-Length", "1000")])
        try:
            raise LookupError
        except LookupError:
            start_response("500 Oops", list(PLAIN), sys.exc_info())  # type: ignore[arg-type]
        return [b"sorry"]

    assert loop.get(adapt(validator(app))).body == b"sorry"
    response = loop.get(adapt(app))
    assert (response.status, response.body) == (500, b"sorry")
    assert response.header(b"x-first") is None
    assert response.header(b"content-length") == b"5"


def test_exc_info_on_the_first_call_is_a_normal_response(adapt: Adapt, loop: Loop) -> None:
    """The start_response() Callable, exc_info: an error page is a complete response, nothing is raised."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            raise LookupError
        except LookupError:
            start_response("500 Oops", list(PLAIN), sys.exc_info())  # type: ignore[arg-type]
        return [b"sorry"]

    assert loop.get(adapt(validator(app))).status == 500


@pytest.mark.parametrize("chunk_first", ["write", "yield"])
def test_exc_info_after_output_is_raised_in_the_application(
    adapt: Adapt, loop: Loop, chunk_first: str
) -> None:
    """The start_response() Callable: "if exc_info is provided, and no HTTP headers have been output yet ... However,
    if the headers have been sent, start_response must raise an error, and should re-raise using the exc_info tuple".
    """
    reraised: list[BaseException] = []

    def fail(start_response: StartResponse) -> None:
        try:
            raise LookupError("the cause")
        except LookupError:
            try:
                start_response("500 Oops", list(PLAIN), sys.exc_info())  # type: ignore[arg-type]
            except LookupError as error:
                reraised.append(error)
                raise

    def generator(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", list(PLAIN))
        yield b"output"
        fail(start_response)

    def writer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))(b"output")
        fail(start_response)
        return []

    connection = Connection(http_scope())
    with pytest.raises(LookupError, match="the cause"):
        loop.serve(adapt(validator(writer if chunk_first == "write" else generator)), connection)
    assert len(reraised) == 1
    assert (connection.status, connection.body) == (200, b"output")
    assert not connection.complete, "a response that broke off must not look complete"


def test_empty_exc_info_tuple_counts_as_given(adapt: Adapt, loop: Loop) -> None:
    """The start_response() Callable: sys.exc_info() outside of a handler is (None, None, None); nothing to raise."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN), (None, None, None))
        return [b"x"]

    assert loop.get(adapt(app)).status == 200


# Handling the Content-Length Header


def test_body_longer_than_content_length_is_cut(
    adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    """Handling the Content-Length Header: if the application "attempts to write more data ... the server should
    stop iterating/raise an error"; a byte more would be taken for the next response.
    """
    app = answers(b"abc", b"def", b"ghi", headers=[*PLAIN, ("Content-Length", "4")])
    response = loop.get(adapt(validator(app)))
    assert (response.body, response.complete) == (b"abcd", True)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "longer than its Content-Length of 4" in caplog.text


def test_iteration_stops_at_the_content_length(adapt: Adapt, loop: Loop) -> None:
    """Handling the Content-Length Header: the server "should stop iterating over the response when enough data has
    been sent"; an iterable without end would hold its thread for ever, with no client left to tell it. It is asked once
    more, since a generator that ends has its last lines behind the last piece.
    """
    asked: list[int] = []
    closed: list[bool] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [*PLAIN, ("Content-Length", "6")])
        try:
            for number in itertools.count():
                asked.append(number)
                yield b"abc"
        finally:
            closed.append(True)

    response = loop.get(adapt(validator(app)))
    assert (response.body, response.complete) == (b"abcabc", True)
    assert (asked, closed) == ([0, 1, 2], [True])


@pytest.mark.parametrize(
    ("method", "status", "length"),
    [
        ("GET", "200 OK", 4),
        ("GET", "200 OK", None),
        ("HEAD", "200 OK", 4),
        ("GET", "204 No Content", None),
        ("GET", "304 Not Modified", 4),
    ],
)
def test_a_generator_comes_to_its_end(
    adapt: Adapt, loop: Loop, method: str, status: str, length: int | None
) -> None:
    """Native servers iterate to the end: ``yield b"done"; commit()`` commits."""
    steps: list[str] = []
    pieces = [b"do", b"ne"] if status.startswith("200") else [b"done"]
    headers = [] if length is None else [("Content-Length", str(length))]

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, [*(PLAIN if status.startswith("200") else []), *headers])
        try:
            yield from pieces
            steps.append("commit")
        finally:
            steps.append("close")

    response = loop.get(adapt(app), method=method)
    assert response.complete
    assert response.body == (b"done" if (method, status) == ("GET", "200 OK") else b"")
    assert steps == ["commit", "close"]


def test_the_last_byte_does_not_wait_for_what_comes_behind_it(adapt: Adapt, loop: Loop) -> None:
    """The response is complete while the application is still at its last lines."""
    go_on = threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [*PLAIN, ("Content-Length", "4")])
        yield b"done"
        assert go_on.wait(TIMEOUT)

    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(app), connection):
            await connection.until(lambda: connection.complete)
            assert not connection.ended
            go_on.set()

    loop.run(main)
    assert connection.error is None


def test_what_a_generator_raises_behind_its_last_byte_is_raised(adapt: Adapt, loop: Loop) -> None:
    """The client has its response; the server logs."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [*PLAIN, ("Content-Length", "4")])
        yield b"done"
        raise LookupError("no commit")

    connection = Connection(http_scope())
    with pytest.raises(LookupError, match="no commit"):
        loop.serve(adapt(app), connection)
    assert connection.complete


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("chunks", [[b""], [], [b"", b""]])
def test_responses_without_body_have_no_content_length(
    adapt: Adapt, loop: Loop, status: str, chunks: list[bytes]
) -> None:
    """RFC 9110 8.6: it must not be sent with 204 and may be left out with 304. A proxy hands on what its origin said;
    uvicorn's httptools connection then waited for 100 bytes.
    """
    app = answers(*chunks, status=status, headers=[("ETag", '"x"'), ("Content-Length", "100")])
    response = loop.get(adapt(app))
    assert response.headers == [(b"etag", b'"x"')]
    assert (response.body, response.complete) == (b"", True)


def test_a_content_length_said_twice_is_sent_once(adapt: Adapt, loop: Loop) -> None:
    """RFC 9110 8.6 has equal ones merged; some servers refuse them."""
    app = answers(b"abcd", headers=[*PLAIN, ("Content-Length", "4"), ("content-length", "4")])
    response = loop.get(adapt(app))
    assert (response.header(b"content-length"), response.body) == (b"4", b"abcd")


def test_exc_info_may_be_given_by_name(adapt: Adapt, loop: Loop) -> None:
    """The start_response() Callable: arguments are positional, but applications name this one, and servers take it."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            raise ValueError("the application's own")
        except ValueError:
            start_response("500 Oops", list(PLAIN), exc_info=sys.exc_info())  # type: ignore[call-arg]  # on purpose
        return [b"page"]

    assert loop.get(adapt(app)).status == 500


@pytest.mark.parametrize("chunks", [[b"abc"], [b"a", b"bc"], []])
def test_body_shorter_than_content_length_is_reported(adapt: Adapt, loop: Loop, chunks: list[bytes]) -> None:
    """Handling the Content-Length Header: "if the application does not provide enough data to meet its stated
    Content-Length, the server should close the connection and log or otherwise report an error".
    """
    connection = Connection(http_scope())
    app = answers(*chunks, headers=[*PLAIN, ("Content-Length", "4")])
    with pytest.raises(AppProtocolError, match="of the 4 bytes"):
        loop.serve(adapt(app), connection)
    assert not connection.complete


@pytest.mark.parametrize("lengths", [["4", "5"], ["x"], ["-1"], ["1e3"], [""], ["٤"]])
def test_illegal_content_length_is_an_error(adapt: Adapt, loop: Loop, lengths: list[str]) -> None:
    """Handling the Content-Length Header: the header is one number."""
    app = answers(b"abcd", headers=[*PLAIN, *(("Content-Length", length) for length in lengths)])
    with pytest.raises(AppProtocolError):
        loop.get(adapt(app))


@pytest.mark.parametrize("chunks", [[b"abcd"], [b"ab", b"cd"]])
@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No"), ("GET", "304 No")])
def test_responses_without_body(
    adapt: Adapt, loop: Loop, chunks: list[bytes], method: str, status: str
) -> None:
    """Other HTTP Features: the server sees to HTTP's rules; HEAD, 204 and 304 have no content (RFC 9110 6.4.1)."""
    response = loop.get(adapt(answers(*chunks, status=status)), method=method)
    assert (response.body, response.complete) == (b"", True)
    assert response.header(b"content-length") is None


def test_head_keeps_the_content_length(adapt: Adapt, loop: Loop) -> None:
    """RFC 9110 8.6: a HEAD response's Content-Length is that of the GET."""
    app = answers(b"", headers=[*PLAIN, ("Content-Length", "1000")])
    assert loop.get(adapt(app), method="HEAD").header(b"content-length") == b"1000"


# Buffering and Streaming, The write() Callable


def test_write_and_iterable_are_in_order(adapt: Adapt, loop: Loop) -> None:
    """The write() Callable: "bytestrings yielded by the iterable after write() ... in the order produced"."""

    def app(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        write = start_response("200 OK", list(PLAIN))
        write(b"1")
        return _more(write)

    def _more(write: Callable[[bytes], object]) -> Iterator[bytes]:
        yield b"2"
        write(b"3")
        yield b"4"
        write(b"5")

    assert loop.get(adapt(app)).body == b"12345"


@pytest.mark.parametrize("piece", ["text", bytearray(b"x"), memoryview(b"x"), None, 1])
@pytest.mark.parametrize("how", ["one", "many", "write"])
def test_piece_that_is_not_bytes_is_an_error(adapt: Adapt, loop: Loop, piece: Any, how: str) -> None:
    """A Note On String Types: body is "bytestrings", in Python 3 `bytes`."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", list(PLAIN))
        if how == "write":
            write(piece)
        return [piece] if how == "one" else iter([b"", piece])

    with pytest.raises(AppProtocolError, match=f"gave {type(piece).__name__} as body"):
        loop.get(adapt(app))


@pytest.mark.parametrize(
    ("body", "says"), [(None, "NoneType"), ("text", "str"), (b"bytes", "int"), (7, "int")]
)
def test_body_that_is_no_iterable_of_bytes_is_an_error(
    adapt: Adapt, loop: Loop, body: Any, says: str
) -> None:
    """Specification Details: "must return an iterable yielding zero or more bytestrings"."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        return body  # type: ignore[no-any-return]

    with pytest.raises(AppProtocolError, match=says):
        loop.get(adapt(app))


# Other HTTP Features


def test_hop_by_hop_headers_are_left_out(adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    """Other HTTP Features: applications are "forbidden from using" hop-by-hop features; the connection is the
    server's. Left out with a warning, as gunicorn does, rather than answered 500 as wsgiref does.
    """
    headers = [
        ("Connection", "keep-alive"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "h2"),
        ("X-Kept", "1"),
    ]
    response = loop.get(adapt(answers(b"x", headers=headers)))
    assert [name for name, _ in response.headers] == [b"x-kept", b"content-length"]
    assert "Connection, Transfer-Encoding, Upgrade" in caplog.text


# Thread Support, Optional Platform-Specific File Handling


def test_requests_run_at_the_same_time(adapt: Adapt, loop: Loop) -> None:
    """Thread Support: wsgi.multithread is true, so two requests must be able to run at once."""
    import anyio

    from tests.helpers.asgi_driver import TIMEOUT, serve_whole

    together = threading.Barrier(3, timeout=TIMEOUT)

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        together.wait()
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    adapter = adapt(validator(app), max_workers=3)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(serve_whole, adapter, Connection(http_scope()))

    loop.run(main)
    assert not together.broken


def test_file_wrapper_is_an_iterable_with_close(adapt: Adapt, loop: Loop) -> None:
    """Optional Platform-Specific File Handling: file_wrapper(file, block_size) "must return an iterable"; it has a
    close() if the file has one, and returning it is the same as iterating.
    """
    file = io.BytesIO(b"x" * 5000)

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        wrapper = environ["wsgi.file_wrapper"](file, 1000)
        assert [len(block) for block in wrapper] == [1000] * 5
        file.seek(0)
        return wrapper  # type: ignore[no-any-return]

    assert loop.get(adapt(validator(app))).body == b"x" * 5000
    assert file.closed


def test_file_wrapper_without_close(adapt: Adapt, loop: Loop) -> None:
    """Optional Platform-Specific File Handling: "should include a close() ... if the filelike has one"."""

    class Filelike:
        def __init__(self) -> None:
            self.read = io.BytesIO(b"data").read

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        wrapper = environ["wsgi.file_wrapper"](Filelike())
        assert not hasattr(wrapper, "close")
        return wrapper  # type: ignore[no-any-return]

    assert loop.get(adapt(app)).body == b"data"


def test_wrapped_wrapper_is_iterated(adapt: Adapt, loop: Loop) -> None:
    """Optional Platform-Specific File Handling: middleware may put its own iterable around the wrapper."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        return map(bytes.upper, environ["wsgi.file_wrapper"](io.BytesIO(b"abc" * 10), 7))

    assert loop.get(adapt(app)).body == b"ABC" * 10


def test_non_callable_application_is_refused_at_once() -> None:
    """Specification Details: "The application object must accept two positional arguments"."""
    app: Any = "not an app"
    with pytest.raises(TypeError, match="callable, not the str"):
        WSGIToASGI(app)


def test_middleware_of_the_standard_library(adapt: Adapt, loop: Loop) -> None:
    """Middleware: Components that Play Both Sides; wsgiref's demo application through its validator."""
    from wsgiref.simple_server import demo_app

    app: WSGIApp = validator(demo_app)
    response = loop.get(adapt(app), "/demo")
    assert response.status == 200
    assert b"PATH_INFO = '/demo'" in response.body


def test_streamed_input_that_falls_short_is_an_error(adapt: Adapt, loop: Loop) -> None:
    """Input and Error Streams: an end before the Content-Length is no end of file; it must not look complete."""

    def read(environ: Environ) -> object:
        with pytest.raises(OSError, match="ended after 6 of its 10 bytes"):
            environ["wsgi.input"].read(-1)
        return True

    app, seen = reports(read)
    loop.serve(adapt(app, prebuffer=0), Connection(upload_scope(10), body_events(b"abc", b"def")))
    assert seen == [True]
