from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

import pytest

from bridgekit.adapters.asgi_to_wsgi.response_messages import (
    ResponseState,
    decode_headers,
    early_hint,
    status_line,
)
from bridgekit.exceptions import AppProtocolError


def started(method: str = "GET", status: int = 200, headers: Any = ()) -> ResponseState:
    state = ResponseState(method)
    state.start({"type": "http.response.start", "status": status, "headers": headers})
    return state


def body(data: Any, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


@pytest.mark.parametrize(
    ("status", "line"),
    [(200, "200 OK"), (HTTPStatus.NOT_FOUND, "404 Not Found"), (299, "299 Unknown"), (999, "999 Unknown")],
)
def test_a_status_line_has_a_reason(status: int, line: str) -> None:
    """PEP 3333: a status string of the form "999 Message here"."""
    assert status_line(status) == line


@pytest.mark.parametrize("status", ["200", None, 100, 1000, 20.0])
def test_a_status_that_is_none_is_refused(status: object) -> None:
    with pytest.raises(AppProtocolError, match="status must be an int"):
        status_line(status)


@pytest.mark.parametrize(
    "name", ["connection", "Keep-Alive", "transfer-encoding", "Upgrade", "te", "trailer"]
)
def test_hop_by_hop_headers_do_not_pass(name: str) -> None:
    """PEP 3333, "Other HTTP Features": a fatal error in a server, so the adapter takes them out."""
    assert decode_headers([(name.encode(), b"x"), (b"x-a", b"1")]) == ([("x-a", "1")], None)


def test_header_bytes_are_latin_1_text_and_repeated_ones_are_kept() -> None:
    headers = [
        (b"set-cookie", b"a=\xe9 "),
        [b"set-cookie", bytearray(b"b=2")],
        (bytearray(b"x-m"), memoryview(b"3")),
        (bytearray(b"x-n"), b"4"),
    ]
    assert decode_headers(headers)[0] == [
        ("set-cookie", "a=\xe9"),
        ("set-cookie", "b=2"),
        ("x-m", "3"),
        ("x-n", "4"),
    ]


@pytest.mark.parametrize("value", [b"a\r\nb: c", b"a\nb", b"a\x00"])
def test_line_breaks_in_a_header_value_are_refused(value: bytes) -> None:
    """RFC 9110 5.5: response splitting."""
    with pytest.raises(AppProtocolError, match="x-a contains CR, LF or NUL"):
        decode_headers([(b"x-a", value)])


@pytest.mark.parametrize(
    "header", [("x-a", b"1"), (b"x-a", "1"), (b"x a", b"1"), (b"", b"1"), b"x", (b"x",), None]
)
def test_what_is_no_header_is_refused(header: Any) -> None:
    with pytest.raises(AppProtocolError):
        decode_headers([header])


def test_headers_may_be_absent() -> None:
    """ASGI, Response Start: "Optional; if missing defaults to an empty list"."""
    state = ResponseState("GET")
    state.start({"type": "http.response.start", "status": 204})
    assert (state.status, state.headers) == ("204 No Content", [])


@pytest.mark.parametrize("data", [b"abc", bytearray(b"abc"), memoryview(b"abc")])
def test_a_body_is_any_bytes(data: object) -> None:
    state = started()
    piece = state.body(body(data))
    assert (type(piece), piece, state.complete) == (bytes, b"abc", True)


def test_a_body_may_be_absent() -> None:
    state = started()
    assert state.body({"type": "http.response.body"}) == b""
    assert state.complete


def test_text_is_no_body() -> None:
    with pytest.raises(AppProtocolError, match="must be bytes, not str"):
        started().body(body("abc"))


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_some_responses_have_no_body(method: str, status: int) -> None:
    """RFC 9110 6.4.1."""
    state = started(method, status, [(b"content-length", b"3")])
    assert state.body(body(b"abc")) == b""


def test_messages_out_of_order_are_refused() -> None:
    with pytest.raises(AppProtocolError, match=r"before http\.response\.start"):
        ResponseState("GET").body(body(b""))
    state = started()
    with pytest.raises(AppProtocolError, match="a second time"):
        state.start({"type": "http.response.start", "status": 200})
    state.body(body(b""))
    with pytest.raises(AppProtocolError, match="after the response was complete"):
        state.body(body(b""))


def test_a_body_beyond_its_length_is_clipped_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    state = started(headers=[(b"Content-Length", b"3")])
    with caplog.at_level(logging.ERROR):
        pieces = [state.body(body(data, more=True)) for data in (b"ab", b"cd", b"ef")]
    assert pieces == [b"ab", b"c", b""]
    assert [record.message for record in caplog.records] == [
        "the response's body is longer than its Content-Length of 3: clipped"
    ]


def test_a_body_short_of_its_length_is_an_error() -> None:
    """A client on a kept connection would wait for the rest for ever."""
    state = started(headers=[(b"content-length", b"3")])
    with pytest.raises(AppProtocolError, match="after 2 of the 3 bytes"):
        state.body(body(b"ab"))
    assert not state.complete


def test_a_length_that_is_no_number_is_refused() -> None:
    with pytest.raises(AppProtocolError, match="content-length is not a number"):
        started(headers=[(b"content-length", b"3, 3")])


def test_a_file_is_a_whole_body() -> None:
    state = started()
    state.file()
    assert state.complete
    state = started()
    state.body(body(b"a", more=True))
    with pytest.raises(AppProtocolError, match="pathsend after"):
        state.file()


def test_a_files_length_is_declared_and_checked() -> None:
    assert started(headers=[]).file_headers(10) == [("Content-Length", "10")]
    declared = started(headers=[(b"content-length", b"3")])
    assert declared.file_headers(3) == [("content-length", "3")]
    with pytest.raises(AppProtocolError, match="has 10 bytes, but its Content-Length is 3"):
        declared.file_headers(10)


def test_a_second_other_length_is_refused() -> None:
    """RFC 9112 6.3: whoever believes the other one finds a response in the middle of the body."""
    with pytest.raises(AppProtocolError, match="content-length 3 and 4: send one"):
        started(headers=[(b"content-length", b"3"), (b"Content-Length", b"4")])


def test_the_same_length_a_second_time_is_sent_once() -> None:
    state = started(headers=[(b"content-length", b"3"), (b"Content-Length", b"3")])
    assert (state.headers, state.declared) == ([("content-length", "3")], 3)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_body_has_no_length(status: int) -> None:
    """RFC 9110 8.6. HEAD keeps it: there it is the length of what GET would send."""
    state = started("GET", status, [(b"content-length", b"3"), (b"etag", b"x")])
    assert (state.headers, state.declared) == ([("etag", "x")], None)
    assert started("HEAD", 200, [(b"content-length", b"3")]).headers == [("content-length", "3")]


def test_an_end_that_was_refused_counts_for_nothing() -> None:
    """An application that hears that its body is too short may send all of it: the bytes that were refused have not left."""
    state = started(headers=[(b"content-length", b"2")])
    with pytest.raises(AppProtocolError, match="ended after 1 of the 2 bytes"):
        state.body(body(b"a"))
    assert (state.body(body(b"ab")), state.complete) == (b"ab", True)


@pytest.mark.parametrize("link", [b"</a>\r\nX: y", b"</a>\n", b"\x00", "</a>", 5])
def test_early_hints_that_would_be_other_lines_are_refused(link: Any) -> None:
    """Servers write them as they are given."""
    with pytest.raises(AppProtocolError, match="early_hint"):
        early_hint(link)


def test_an_early_hint_is_latin_1_text() -> None:
    assert early_hint(memoryview(b"</\xe9>")) == "</\xe9>"


def test_a_length_of_thousands_of_digits_is_told_as_any_other() -> None:
    """Python would refuse to read it, in words of its own."""
    with pytest.raises(AppProtocolError, match="not a number"):
        decode_headers([(b"content-length", b"9" * 5000)])


@pytest.mark.parametrize("name", [b"x\r\n", b"\nx", b"x\x0b"])
def test_only_blanks_are_taken_off_a_headers_name(name: bytes) -> None:
    with pytest.raises(AppProtocolError, match="not a token"):
        decode_headers([(name, b"a")])
