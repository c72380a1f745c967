"""What reaches the client, on every server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.raw_http import RawClient, Response, TruncatedBody, request
from tests.helpers.server_process import ServerProcess


def test_status_and_headers_arrive(probe: ServerProcess) -> None:
    response = request(probe.address, "GET", "/cookies")
    assert response.head.get_all("set-cookie") == ["a=1", "b=2"]
    assert response.head.get("x-name") == "caf\xe9"


def test_the_length_of_a_known_body_is_told(probe: ServerProcess) -> None:
    response = request(probe.address, "GET", "/environ")
    assert response.head.get("content-length") == str(len(response.body))


def bodiless(probe: ServerProcess, method: str, target: str) -> Response:
    """The response, and proof that the connection is in order after it."""
    with RawClient(probe.address) as client:
        client.send_head(method, target)
        response = client.read_response()
        client.send_head("GET", "/")
        assert client.read_response().text == "hello"
    return response


@pytest.mark.parametrize("code", ["204", "304"])
@pytest.mark.parametrize("path", ["/status", "/wrong-body"])
def test_204_and_304_have_no_body(probe: ServerProcess, code: str, path: str) -> None:
    """RFC 9110, section 6.4.1."""
    response = bodiless(probe, "GET", f"{path}?code={code}")
    assert (response.status, response.body) == (int(code), b"")


@pytest.mark.parametrize("target", ["/", "/download?size=1000000", "/file", "/environ"])
def test_head_has_the_headers_and_no_body(probe: ServerProcess, target: str) -> None:
    """RFC 9110, section 9.3.2."""
    response = bodiless(probe, "HEAD", target)
    assert (response.status, response.body) == (200, b"")


def test_a_body_longer_than_its_length_is_clipped(probe: ServerProcess) -> None:
    with RawClient(probe.address) as client:
        client.send_head("GET", "/sized?length=4")
        assert client.read_response().body == b"0123"


DAPHNE_STOPS_LOOKING = (
    "after an error in mid-response daphne no longer looks at its applications' results: this response and every "
    "later error hang, a native ASGI application's too"
)


def test_a_body_shorter_than_its_length_does_not_look_complete(
    probe: ServerProcess, server_name: str
) -> None:
    if server_name == "daphne":
        pytest.skip(DAPHNE_STOPS_LOOKING)
    with pytest.raises((TruncatedBody, ConnectionError)):
        request(probe.address, "GET", "/short")
    assert request(probe.address).text == "hello"


def test_a_body_known_to_be_short_is_an_error(probe: ServerProcess) -> None:
    """Nothing has been sent yet, so the client can be told."""
    assert request(probe.address, "GET", "/sized?length=20").status == 500


def test_an_error_before_the_response_is_a_500_and_in_the_log(probe: ServerProcess) -> None:
    response = request(probe.address, "GET", "/fail")
    assert response.status == 500
    assert b"LookupError" not in response.body
    probe.wait_for_log("LookupError: the probe fails before its response")


def test_an_error_in_the_response_truncates_it_and_is_in_the_log(
    server_name: str, probe: ServerProcess
) -> None:
    """A body that ended early must never be ended properly: the client could not tell."""
    if server_name == "daphne":
        pytest.skip(DAPHNE_STOPS_LOOKING)
    with RawClient(probe.address) as client:
        client.send_head("GET", "/fail-late")
        pieces = client.iter_body(client.read_head())
        assert next(pieces) == b"begun"
        with pytest.raises((TruncatedBody, ConnectionError)):
            list(pieces)
    probe.wait_for_log("LookupError: the probe fails in its response")


def test_an_answer_before_the_upload_is_sent(probe: ServerProcess, server_name: str) -> None:
    """An application that refuses a body is heard at once."""
    if server_name == "daphne":
        pytest.skip("daphne calls the application only when it has the whole request")
    with RawClient(probe.address) as client:
        client.send_head("POST", "/ignore", [("Content-Length", "10000000")])
        client.send(b"x")
        assert client.read_head().status == 413
    assert request(probe.address).text == "hello"


@pytest.mark.parametrize("offset", [0, 1_000_001])
def test_a_file_is_sent_from_its_position(probe: ServerProcess, probe_file: Path, offset: int) -> None:
    """PEP 3333, "Optional Platform-Specific File Handling": from the current position to the end."""
    response = request(probe.address, "GET", f"/file?offset={offset}")
    assert response.body == probe_file.read_bytes()[offset:]
