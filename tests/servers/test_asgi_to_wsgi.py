"""`ASGIToWSGI` on real WSGI servers, driven over loopback."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import raw_http
from tests.helpers.raw_http import RawClient, TruncatedBody
from tests.helpers.server_process import ServerProcess, wait_until
from tests.helpers.wsgi_servers import WSGI_COMMANDS, serving_wsgi

TARGET = "tests.servers.apps.bridged_asgi:app"

ONE_AT_A_TIME = ("gunicorn-sync", "gunicorn-sync-preload", "uwsgi", "uwsgi-lazy", "wsgiref")
"""Servers that answer one request at a time in each process."""

RUNS_EXIT_HANDLERS = [name for name in WSGI_COMMANDS if name not in ("uwsgi-gevent", "uwsgi-threads")]
"""uWSGI ends a worker without Python's exit handlers, with threads now and then, with gevent always; the manual says so, and names the hooks."""

NO_CHUNKED = ("uwsgi", "uwsgi-gevent", "uwsgi-lazy", "uwsgi-threads", "wsgiref")
"""Servers that do not decode chunked request bodies."""


@pytest.fixture(scope="module", params=WSGI_COMMANDS)
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with serving_wsgi(request.param, TARGET) as process:
        object.__setattr__(process, "name", request.param)
        yield process


def name_of(server: ServerProcess) -> str:
    name: str = vars(server)["name"]
    return name


def test_one_request_after_another_is_answered(server: ServerProcess) -> None:
    for _ in range(3):
        assert raw_http.request(server.address).text == "hello"


def test_the_scope_is_complete(server: ServerProcess) -> None:
    answer = raw_http.request(
        server.address, "GET", "/sh%6Fw?q=%20&r=%E9", [("X-Two", "1"), ("Cookie", "a=b")]
    )
    shown = json.loads(answer.body)
    assert (shown["path"], shown["root_path"], shown["scheme"]) == ("/show", "", "http")
    assert shown["client"][0] == "127.0.0.1"
    if name_of(server) != "apache":  # it believes the Host header, which has no port here
        assert shown["server"][1] == server.port
    assert shown["query"] == "q=%20&r=%E9"
    assert (shown["headers"]["x-two"], shown["headers"]["cookie"]) == ("1", "a=b")
    raw = "/show" if name_of(server) in ("waitress", "cheroot", "wsgiref") else "/sh%6Fw"
    assert shown["raw_path"] in (raw, "/sh%6Fw")
    assert shown["state"] == {"pid": shown["pid"]}


@pytest.mark.parametrize("size", [10, 100_000, 3_000_000])
def test_uploads_arrive(server: ServerProcess, size: int) -> None:
    assert raw_http.request(server.address, "POST", "/count", body=b"x" * size).text == str(size)


def test_a_body_that_is_echoed_while_it_comes_is_unchanged(server: ServerProcess) -> None:
    # Apache hands the response on only after the whole upload: what lies between must fit into socket buffers.
    body = bytes(range(256)) * (200 if name_of(server) == "apache" else 2000)
    assert raw_http.request(server.address, "POST", "/echo", body=body).body == body


def test_chunked_uploads_arrive_or_are_refused(server: ServerProcess) -> None:
    """Never an empty body in place of the client's."""
    with RawClient(server.address) as client:
        client.send_head("POST", "/count", [("Transfer-Encoding", "chunked"), ("Connection", "close")])
        if name_of(server) in NO_CHUNKED:
            assert client.read_head().status == 411
            return
        for piece in (b"x" * 1000, b"y" * 70_000, b""):
            client.send_chunk(piece)
        assert client.read_response().text == "71000"


def test_no_request_of_a_kept_connection_is_lost(server: ServerProcess) -> None:
    """Each client sends the next upload when it has the answer to the one before, on one connection as long as it is kept."""
    body = b"x" * 200_000

    def client(_: int) -> list[str]:
        answers = []
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        with contextlib.closing(connection):
            for _ in range(50):
                connection.request("POST", "/count", body)
                answers.append(connection.getresponse().read().decode())
                if name_of(server).startswith("uwsgi"):  # it closes without saying so
                    connection.close()
        return answers

    with ThreadPoolExecutor(4) as threads:
        assert {each for answers in threads.map(client, range(4)) for each in answers} == {str(len(body))}


def test_a_client_that_leaves_in_its_upload_is_no_error(server: ServerProcess) -> None:
    """The application returns on ``http.disconnect``, as the specification asks."""
    if name_of(server) == "waitress":
        pytest.skip("it takes the body in before the application runs")
    before = server.log()  # other tests of the same server have applications that fail
    with RawClient(server.address) as client:
        client.send_head("POST", "/until-disconnect", [("Content-Length", "1000"), ("Connection", "close")])
        client.send(b"x" * 10)
    server.wait_for_log("until-disconnect returned", count=before.count("until-disconnect returned") + 1)
    assert raw_http.request(server.address).text == "hello"
    said = server.log()[len(before) :]
    assert "AppProtocolError" not in said
    assert "SystemError" not in said  # uWSGI's, for an error page that is given with exc_info


def test_a_malformed_chunk_is_answered_as_the_server_does_it(server: ServerProcess) -> None:
    if not name_of(server).startswith("gunicorn"):
        pytest.skip("others decode before the application runs, or not at all")
    with RawClient(server.address) as client:
        client.send_head("POST", "/until-disconnect", [("Transfer-Encoding", "chunked")])
        client.send(b"5\r\nhello\r\nzz\r\n")
        assert client.read_head().status == 400


def test_downloads_arrive(server: ServerProcess) -> None:
    assert len(raw_http.request(server.address, "GET", "/download?8").body) == 8 << 20


def test_events_leave_one_by_one(server: ServerProcess) -> None:
    with RawClient(server.address) as client:
        client.send_head("GET", "/events", [("Connection", "close")])
        head = client.read_head()
        assert head.status == 200
        times = [time.monotonic() for _ in client.iter_body(head)]
    assert len(times) >= 3 or name_of(server) == "waitress"
    assert times[-1] - times[0] > 0.15


def test_errors_are_answered_500_and_logged(server: ServerProcess) -> None:
    for path, error in (("/crash", "LookupError: before the response"), ("/leave", "SystemExit")):
        if name_of(server).startswith("uwsgi"):  # it has no error page: it closes
            with pytest.raises(TruncatedBody):
                raw_http.request(server.address, "GET", path)
        else:
            assert raw_http.request(server.address, "GET", path).status == 500
        server.wait_for_log(error)
    assert raw_http.request(server.address).text == "hello"


@pytest.mark.parametrize("name", ["gunicorn-gthread", "uwsgi", "uwsgi-threads", "waitress"])
def test_an_exception_is_answered_500_where_that_is_asked_for(name: str) -> None:
    with serving_wsgi(name, "tests.servers.apps.bridged_asgi:answering") as server:
        for method, page in (("GET", b"Internal Server Error\n"), ("HEAD", b"")):
            answer = raw_http.request(server.address, method, "/crash", [("Connection", "close")])
            assert (answer.status, answer.body) == (500, page)
            server.wait_for_log("LookupError: before the response")
        assert "SystemError" not in server.log()
        assert raw_http.request(server.address).text == "hello"


def test_an_error_in_the_middle_is_no_complete_response(server: ServerProcess) -> None:
    with RawClient(server.address) as client:
        client.send_head("GET", "/crash-later")
        head = client.read_head()
        try:
            body = client.read_body(head)
        except (TruncatedBody, ConnectionError, ValueError):
            body = None
    # HTTP/1.0 servers end every body by closing, and mod_wsgi's daemon ends it for Apache: there is no telling.
    if name_of(server) != "apache" and head.get("transfer-encoding") is not None:
        assert body is None
    server.wait_for_log("LookupError: in the response")


def test_background_work_does_not_hold_the_response(server: ServerProcess) -> None:
    """The work ends no sooner than another request tells it to, which comes after the response."""
    assert raw_http.request(server.address, "GET", "/background").text == "done"
    assert "background work ended" not in server.log()
    assert raw_http.request(server.address, "GET", "/release").text == "released"
    if name_of(server) == "uwsgi":
        # Without --enable-threads no thread runs between two requests.
        raw_http.request(server.address, "GET", "/events")
    server.wait_for_log("background work ended")
    server.wait_for_log("LookupError: after the response")


def test_requests_run_at_the_same_time(server: ServerProcess) -> None:
    """Each of the four is answered only while the three others are in the application."""
    if name_of(server) in ONE_AT_A_TIME:
        pytest.skip("the server answers one request at a time")
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(lambda _: raw_http.request(server.address, "GET", "/meet?4").text, range(4))
        )
    assert answers == ["met"] * 4


def test_clients_that_leave_leave_nothing_behind(server: ServerProcess) -> None:
    """50 clients of an endless stream."""
    before = census(server)
    for _ in range(50):
        with RawClient(server.address) as client:
            client.send_head("GET", "/forever")
            client.read_head()
            client.reset()
    wait_until(lambda: census(server)["tasks"] == 0, 15, lambda: f"{census(server)}\n{server.log()[-2000:]}")
    after = census(server)
    assert (after["tasks"], before["tasks"]) == (0, 0)
    if not name_of(server).startswith(
        ("werkzeug", "gunicorn-gevent")
    ):  # a thread or greenlet for each connection
        assert after["threads"] <= before["threads"] + 8


def census(server: ServerProcess) -> Any:
    return json.loads(raw_http.request(server.address, "GET", "/census").body)


def test_a_gibibyte_each_way_takes_no_memory() -> None:
    mebibyte = b"x" * (1 << 20)
    with serving_wsgi("gunicorn-gthread", TARGET) as server:
        raw_http.request(server.address, "POST", "/count", body=mebibyte)
        raw_http.request(server.address, "GET", "/download?4")
        with server.memory_growth() as growth, RawClient(server.address) as client:
            client.send_head("GET", "/download?1024", [("Connection", "close")])
            assert sum(map(len, client.iter_body(client.read_head()))) == 1 << 30
            assert growth() < 20 << 20
        with server.memory_growth() as growth, RawClient(server.address) as client:
            client.send_head("POST", "/count", [("Content-Length", str(1 << 30)), ("Connection", "close")])
            for _ in range(1024):
                client.send(mebibyte)
            assert client.read_response().text == str(1 << 30)
            assert growth() < 20 << 20


@pytest.mark.parametrize("name", ["gunicorn-gthread", "gunicorn-gevent", "waitress", "cheroot"])
def test_an_early_refusal_leaves_before_the_upload_has_ended(name: str) -> None:
    """Full duplex: the client has sent a part of its body, and waits."""
    with serving_wsgi(name, TARGET) as server, RawClient(server.address) as client:
        client.send_head("POST", "/too-large", [("Content-Length", "10000000"), ("Connection", "close")])
        client.send(b"x" * 8192)
        if name == "waitress":  # it reads the whole body before the application runs
            client.send(b"x" * (10_000_000 - 8192))
        assert client.read_response().status == 413


@pytest.mark.parametrize("name", ["gunicorn-sync", "gunicorn-gthread", "gunicorn-gevent", "werkzeug"])
def test_a_client_that_leaves_a_long_poll_frees_its_thread(name: str) -> None:
    """Where the server hands its socket over; it notices nothing itself while it waits for the application."""
    with serving_wsgi(name, TARGET) as server:
        with RawClient(server.address) as client:
            client.send_head("GET", "/long-poll", [("Connection", "close")])
            wait_until(lambda: "long poll begins" in server.log(), 20, server.log)
        wait_until(lambda: "long poll ends" in server.log(), 20, server.log)
        assert raw_http.request(server.address).text == "hello"
        assert "Traceback" not in server.log()
        assert "ERROR" not in server.log()


@pytest.mark.parametrize("name", RUNS_EXIT_HANDLERS)
def test_a_stopped_server_that_runs_exit_handlers_shuts_its_applications_down(name: str) -> None:
    """Once in the process that has served, by `atexit` alone: the servers' own hooks are not used."""
    with serving_wsgi(name, TARGET) as server:
        with RawClient(server.address) as client:
            client.send_head("GET", "/", [("Connection", "close")])
            assert client.read_response().text == "hello"
            assert client.at_eof()  # wsgiref swallows a Ctrl-C that comes while it finishes a request
        pids = [line.split()[-1] for line in server.log().splitlines() if "startup in" in line]
        assert len(pids) == 1
        if name.startswith("uwsgi"):  # it skips the exit handlers of a worker that has a request in hand
            wait_until(lambda: " GET / => " in server.log() and sleeps(pids[0]), 20, server.log)
        if name in ("wsgiref", "werkzeug", "cheroot", "waitress"):  # they know Ctrl-C only
            server.process.send_signal(signal.SIGINT)
            server.process.wait(20)
        else:
            server.stop()
        assert f"shutdown in {pids[0]}" in server.log()


def sleeps(pid: str) -> bool:
    """Whether the process's first thread waits for something (Linux's proc(5), "stat": the state follows the name)."""
    return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] == "S"


@pytest.mark.parametrize("name", ["gunicorn-gthread", "gunicorn-gevent"])
def test_another_event_loop_in_the_process_runs_on(name: str) -> None:
    with serving_wsgi(name, "tests.servers.apps.two_loops:app") as server:
        seen = [int(raw_http.request(server.address).text)]

        def went_on() -> bool:
            seen.append(int(raw_http.request(server.address).text))
            return seen[-1] > seen[0] + 5

        wait_until(
            went_on,
            20,
            lambda: f"the other loop stands still: {seen}",
        )
