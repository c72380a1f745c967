from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, async_to_sync, sync_to_async
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.client import ClientHandler
from django.utils import translation

import bridgekit.django
from bridgekit.concurrency.own_loop import loop_iterator
from bridgekit.django.handlers import late_calls, old_connections
from bridgekit.django.handlers.wsgi import AsyncOnLoop, OneLoopWSGIHandler
from tests.django.handlers import async_site
from tests.django.handlers.async_site import events, seen, variable
from tests.helpers.own_process import beside_time
from tests.helpers.waiting import until
from tests.helpers.wsgi_client import Exchange, environ_of, get

SITE = "tests.django.handlers.async_site"
WAIT = 10.0
ROOT = Path(__file__).parents[3]

Handler = Callable[[], Any]


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    seen.clear()
    events.clear()
    for name in ("responded", "done", "entered", "cancelled", "closed", "go"):
        events[name] = threading.Event()
    with override_settings(ROOT_URLCONF=SITE, ALLOWED_HOSTS=["*"], USE_TZ=True, MIDDLEWARE=[]):
        yield


@pytest.fixture(params=[WSGIHandler, OneLoopWSGIHandler], ids=["django", "bridgekit"])
def either(request: pytest.FixtureRequest) -> Any:
    """Django's handler and ours: what a test says holds of both."""
    return request.param


def in_fresh_context(call: Callable[[], Any]) -> Any:
    """Nothing that a request leaves in its context reaches other tests."""
    return contextvars.Context().run(call)


def ask(app: Any, view: str) -> Any:
    return in_fresh_context(lambda: get(app, f"/{view}"))


def test_the_function_in_the_place_of_django_s() -> None:
    app = bridgekit.django.get_wsgi_application()
    assert isinstance(app, WSGIHandler)
    assert ask(app, "sync").status == "200 OK"


def test_every_async_view_runs_on_one_loop_in_one_thread() -> None:
    first, second = (ask(OneLoopWSGIHandler(), "where").body for _ in range(2))
    assert first == second
    assert b'"bridgekit-asyncio"' in first


def test_a_client_of_the_module_works_from_request_to_request() -> None:
    async_site.queue = None
    app = OneLoopWSGIHandler()
    assert [ask(app, "shared_client").status for _ in range(3)] == ["200 OK"] * 3


def test_thread_sensitive_calls_run_in_the_request_s_own_thread(either: Handler) -> None:
    assert f'"sync_thread": {threading.get_ident()}'.encode() in ask(either(), "where").body


def test_from_the_loop_into_the_thread_and_back_again(either: Handler) -> None:
    ask(either(), "nested")
    assert seen["nested"] == (True, threading.get_ident())


def test_the_view_sees_what_is_set_outside_and_sets_what_is_seen_there(either: Handler) -> None:
    with override_settings(MIDDLEWARE=[f"{SITE}.SyncOutside"]):
        ask(either(), "variables")
    assert seen["inside"] == ("outside", "outside", "de")
    assert seen["in thread"] == ("outside", "outside")
    assert seen["outside"] == ("view's thread", "view", "fr")


def test_the_next_request_sees_nothing_of_the_one_before() -> None:
    """In the same thread, as on a server; each in a context of its own."""
    app = OneLoopWSGIHandler()
    ask(app, "variables")
    seen.clear()
    ask(app, "variables")
    assert seen["inside"][:2] == ("unset", "unset")


def test_requests_leave_no_variable_of_their_views_in_the_server_s_thread() -> None:
    """Another user's request is next there."""
    app = OneLoopWSGIHandler()

    def serve() -> None:
        for path in ("/variables", "/stream", "/fail"):
            get(app, path)
            seen.setdefault("after", []).append((variable.get(), getattr(async_site.local, "value", "unset")))

    with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=False):
        thread = threading.Thread(target=serve)
        thread.start()
        thread.join(WAIT)
    assert seen["after"] == [("unset", "unset")] * 3


def test_what_a_view_sets_is_seen_outside_until_the_response_is_closed() -> None:
    app = OneLoopWSGIHandler()

    def serve() -> tuple[str, str]:
        with Exchange(app, environ_of(path="/variables")) as exchange:
            exchange.answer()
            during = variable.get()
        return during, variable.get()

    assert in_fresh_context(serve) == ("view's thread", "unset")


def test_receivers_of_the_end_see_what_an_async_view_has_set(either: Handler) -> None:
    """As what a sync view has set: they are called by `HttpResponseBase.close`."""

    def look(**named: Any) -> None:
        seen["finished"] = (variable.get(), async_site.local.value, translation.get_language())

    request_finished.connect(look, weak=False)
    try:
        ask(either(), "variables")
    finally:
        request_finished.disconnect(look)
    assert seen["finished"] == ("view's thread", "view", "fr")


def responses() -> set[int]:
    """Which there are in memory."""
    return {id(one) for one in gc.get_objects() if type(one) is HttpResponse}


def test_a_response_leaves_no_circle_behind() -> None:
    app = OneLoopWSGIHandler()
    gc.collect()
    before = responses()  # of other tests, whose futures nobody has looked at yet
    gc.disable()
    try:
        ask(app, "variables")
        # The loop's thread has answered, and may not have left the frame in which it did.
        until(lambda: not responses() - before)
    finally:
        gc.enable()


def test_a_request_leaves_no_mark_of_a_loop_in_the_server_s_thread() -> None:
    app = OneLoopWSGIHandler()

    def serve() -> None:
        ask(app, "where")
        seen["marks"] = dict(vars(SyncToAsync.threadlocal))

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join(WAIT)
    assert seen["marks"] == {}


def test_an_exception_of_the_view_is_answered_as_django_does(
    either: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=False, DEBUG=True):
        answer = ask(either(), "fail")
    assert answer.status == "500 Internal Server Error"
    assert b"no such thing" in answer.body
    assert b"async_site.py" in answer.body
    assert b"loop_call.py" not in answer.body
    # Of Django's logger alone: a garbage collection may log what another test's loop has left.
    (record,) = [record for record in caplog.records if record.name == "django.request"]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


def test_a_404_of_the_view(either: Handler) -> None:
    assert ask(either(), "missing").status == "404 Not Found"


def test_system_exit_of_the_view_reaches_the_server_and_the_loop_goes_on(either: Handler) -> None:
    app = either()
    with pytest.raises(SystemExit):
        ask(app, "leave")
    assert ask(app, "where").status == "200 OK"


def test_an_asynchronous_exception_hook_sees_the_exception_that_is_handled(either: Handler) -> None:
    with override_settings(MIDDLEWARE=[f"{SITE}.AsyncExceptionHook"]):
        assert ask(either(), "fail").body == b"no such thing True"


def test_neighbouring_async_middleware_run_in_one_task() -> None:
    with override_settings(MIDDLEWARE=[f"{SITE}.AsyncOnly", f"{SITE}.AlsoAsyncOnly"]):
        assert ask(OneLoopWSGIHandler(), "sync").body == str(threading.get_ident()).encode()
    first, second = seen["tasks"]
    assert first is second


def test_an_async_middleware_and_an_async_view_share_the_loop() -> None:
    with override_settings(MIDDLEWARE=[f"{SITE}.AsyncOnly"]):
        body = ask(OneLoopWSGIHandler(), "where").body
    assert str(id(seen["tasks"][0].get_loop())).encode() in body


def test_an_async_middleware_cancels_the_view_inside_it(either: Handler) -> None:
    with override_settings(MIDDLEWARE=[f"{SITE}.Impatient"]):
        assert ask(either(), "wait").body == b"gave up"
    assert events["cancelled"].wait(WAIT)


def test_a_task_that_outlives_the_request_gets_a_thread_for_its_sync_calls() -> None:
    """Django's own ends such tasks with the view."""
    assert ask(OneLoopWSGIHandler(), "later").status == "200 OK"
    events["responded"].set()
    assert events["done"].wait(WAIT)
    assert seen["late"] != threading.get_ident()


def test_late_calls_end_their_thread_when_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_calls, "IDLE_SECONDS", 0.0)
    executor = late_calls.late_calls()
    thread = executor.submit(threading.current_thread).result(WAIT)
    thread.join(WAIT)
    assert not thread.is_alive()
    assert executor.submit(threading.current_thread).result(WAIT) is not thread


def test_a_late_call_is_answered_though_a_connection_cannot_be_closed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(old_connections, "thread_has_none", lambda: False)
    monkeypatch.setattr(old_connections, "close_old_connections", fails)
    executor = late_calls.late_calls()
    assert [executor.submit(lambda: 42).result(WAIT) for _ in range(2)] == [42] * 2
    assert "a database connection could not be closed" in caplog.text


def test_a_thread_that_runs_a_loop_is_refused_as_by_asgiref(either: Handler) -> None:
    app = either()

    async def ask_here() -> Any:
        return get(app, "/where")

    with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the coroutine that is never awaited
        with pytest.raises(RuntimeError, match="same thread as an async event loop"):
            asyncio.run(ask_here())
        gc.collect()


def test_under_sync_to_async_the_view_runs_on_the_loop_further_out(either: Handler) -> None:
    """As asgiref has it: a test that waits for its client shares its loop with the view."""
    app = either()

    async def ask_from_a_thread() -> Any:
        body = (await sync_to_async(ask)(app, "where")).body
        return str(id(asyncio.get_running_loop())).encode() in body

    assert asyncio.run(ask_from_a_thread())


def test_inside_async_to_sync_sync_code_runs_in_the_thread_that_waits(either: Handler) -> None:
    app = either()

    async def ask_from_a_thread() -> Any:
        return (await sync_to_async(ask)(app, "where")).body

    assert f'"sync_thread": {threading.get_ident()}'.encode() in async_to_sync(ask_from_a_thread)()


def test_a_closed_loop_that_asgiref_has_noted_is_passed_over() -> None:
    asyncio.run(sync_to_async(lambda: None)())

    def serve() -> None:
        noted = SyncToAsync.threadlocal
        noted.main_event_loop, noted.main_event_loop_pid = asyncio.new_event_loop(), os.getpid()
        noted.main_event_loop.close()
        seen["body"] = ask(OneLoopWSGIHandler(), "where").body

    thread = threading.Thread(target=serve)
    thread.start()
    thread.join(WAIT)
    assert b"bridgekit-asyncio" in seen["body"]


def test_a_stream_is_given_on_as_it_is_made() -> None:
    with Exchange(OneLoopWSGIHandler(), environ_of(path="/stream")) as exchange:
        assert seen == {}
        here = f"{threading.get_ident()}\n".encode()
        assert next(exchange.pieces) == b"0 " + here
        assert 2 not in seen["made"]
        assert list(exchange.pieces) == [b"1 " + here, b"2 " + here]
    assert seen["ended in"] == threading.get_ident()


def test_a_stream_runs_ahead_of_the_server_by_its_window_at_most() -> None:
    with Exchange(OneLoopWSGIHandler(), environ_of(path="/endless")) as exchange:
        for _ in range(100):
            assert len(next(exchange.pieces)) == 16384
        assert 100 <= seen["made"] <= 100 + loop_iterator.WINDOW // 16384 + 1
    assert events["closed"].is_set()


def test_closing_a_stream_runs_its_finally_in_the_closing_thread() -> None:
    with Exchange(OneLoopWSGIHandler(), environ_of(path="/stream")) as exchange:
        next(exchange.pieces)
    assert seen["ended in"] == threading.get_ident()


def test_a_stream_that_is_never_iterated_never_begins() -> None:
    with Exchange(OneLoopWSGIHandler(), environ_of("HEAD", "/stream")) as exchange:
        assert exchange.status == "200 OK"
    assert seen == {}


def test_a_stream_that_the_server_drops_is_ended() -> None:
    """PEP 3333 wants close() called; a server that fails may not get to it."""
    app = OneLoopWSGIHandler()
    response: Any = app(environ_of(path="/endless"), lambda *given: lambda data: None)
    next(iter(response))
    del response
    gc.collect()
    assert events["closed"].wait(WAIT)


def test_a_stream_that_will_not_end_is_left_alone_with_a_word(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loop_iterator, "CLOSE_SECONDS", 0.05)
    with Exchange(OneLoopWSGIHandler(), environ_of(path="/stubborn")) as exchange:
        next(exchange.pieces)
    assert "goes on" in caplog.text
    events["go"].set()


def test_what_a_stream_raises_reaches_the_server_after_its_pieces() -> None:
    with Exchange(OneLoopWSGIHandler(), environ_of(path="/broken_stream")) as exchange:
        assert next(exchange.pieces) == b"first"
        with pytest.raises(LookupError, match="no second"):
            next(exchange.pieces)


def test_what_is_thrown_into_the_waiting_thread_cancels_the_view() -> None:
    """A worker's timeout: gunicorn's handler raises SystemExit in the thread that serves."""
    app = OneLoopWSGIHandler()
    raised = threading.Event()

    def time_out(*given: Any) -> None:
        if not raised.is_set():
            raised.set()
            raise SystemExit(1)

    def alarm() -> None:
        """Again and again, as gunicorn's arbiter: a signal that comes just before the thread sleeps on its lock wakes nobody."""
        events["entered"].wait(WAIT)
        while not raised.wait(0.05):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR2)

    before = signal.signal(signal.SIGUSR2, time_out)
    try:
        threading.Thread(target=alarm).start()
        with pytest.raises(SystemExit):
            ask(app, "wait")
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert events["cancelled"].wait(WAIT)


def test_atomic_requests_refuse_async_views_as_in_django(either: Handler) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True):
            with pytest.raises(RuntimeError, match="ATOMIC_REQUESTS with async views"):
                ask(either(), "where")


def test_django_s_test_client_over_the_parts_of_the_handler() -> None:
    """Its handler is no `OneLoopWSGIHandler`; the two methods go with it, too."""

    class Handler(AsyncOnLoop, ClientHandler):
        pass

    client = Client()
    client.handler = Handler()
    assert b"bridgekit-asyncio" in in_fresh_context(lambda: client.get("/where")).content


SCRIPT = """
import os, sys, threading
from django.conf import settings
settings.configure(SECRET_KEY="k", ALLOWED_HOSTS=["*"], ROOT_URLCONF="tests.django.handlers.async_site")
from bridgekit.django import get_wsgi_application
from tests.helpers.wsgi_client import get
app = get_wsgi_application()
get(app, "/sync")
assert threading.active_count() == 1, threading.enumerate()
"""


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT + script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert beside_time(done.stderr) == ""
    return done.stdout


def test_a_project_without_async_code_gets_no_loop_thread() -> None:
    """And what it has ended with: the process ends at once, whatever is left on the loop."""
    assert run("get(app, '/where')\nprint(threading.active_count())") == "2\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork() here")
def test_a_forked_worker_gets_a_loop_of_its_own() -> None:
    script = """
import warnings; warnings.simplefilter("ignore", DeprecationWarning)  # fork() beside threads
get(app, "/where")
child = os.fork()
if not child:
    ok = get(app, "/where").status == "200 OK" and threading.active_count() == 2
    os._exit(0 if ok else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), get(app, "/where").status)
"""
    assert run(script) == "0 200 OK\n"
