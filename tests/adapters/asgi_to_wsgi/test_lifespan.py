"""The lifespan that `ASGIToWSGI` runs (ASGI specification, "Lifespan Protocol")."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import anyio.to_thread
import pytest

from bridgekit import ASGIToWSGI
from bridgekit.exceptions import AppProtocolError, LifespanFailed
from bridgekit.typing import Receive, Scope, Send
from tests.helpers.wsgi_client import get


class App:
    """Answers the lifespan and says what ``scope["state"]`` has."""

    def __init__(self) -> None:
        self.events: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(scope, receive, send)
            return
        self.events.append("request")
        body = repr(scope.get("state")).encode()
        scope.get("state", {})["request"] = 1
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        )
        await send({"type": "http.response.body", "body": body})

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "lifespan.startup"
        scope["state"]["db"] = "open"
        self.events.append("startup")
        await send({"type": "lifespan.startup.complete"})
        assert (await receive())["type"] == "lifespan.shutdown"
        self.events.append("shutdown")
        await send({"type": "lifespan.shutdown.complete"})


@pytest.fixture(params=["asyncio", "trio"])
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"backend": request.param}


@pytest.fixture
def made() -> Iterator[list[ASGIToWSGI]]:
    adapters: list[ASGIToWSGI] = []
    yield adapters
    for adapter in adapters:
        adapter.shutdown()


def test_startup_comes_before_the_first_request_and_shutdown_last(options: dict[str, Any]) -> None:
    app = App()
    adapter = ASGIToWSGI(app, **options)
    assert app.events == []
    get(adapter)
    get(adapter)
    adapter.shutdown()
    assert app.events == ["startup", "request", "request", "shutdown"]


def test_every_request_has_a_copy_of_the_state(options: dict[str, Any], made: list[ASGIToWSGI]) -> None:
    adapter = ASGIToWSGI(App(), **options)
    made.append(adapter)
    assert [get(adapter).body for _ in range(2)] == [b"{'db': 'open'}"] * 2


def test_a_hook_may_run_startup_earlier(options: dict[str, Any], made: list[ASGIToWSGI]) -> None:
    app = App()
    made.append(ASGIToWSGI(app, **options))
    made[0].startup()
    assert app.events == ["startup"]
    get(made[0])
    assert app.events == ["startup", "request"]


def test_off_runs_no_lifespan(options: dict[str, Any], made: list[ASGIToWSGI]) -> None:
    app = App()
    made.append(ASGIToWSGI(app, lifespan="off", **options))
    get(made[0])
    assert app.events == ["request"]


class Unaware(App):
    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("only http")


def test_an_application_without_lifespan_is_tolerated(
    options: dict[str, Any], made: list[ASGIToWSGI]
) -> None:
    made.append(ASGIToWSGI(Unaware(), **options))
    assert get(made[0]).status == "200 OK"


def test_an_application_that_takes_the_lifespan_for_a_request_is_tolerated(
    options: dict[str, Any], made: list[ASGIToWSGI]
) -> None:
    """Even if it goes on to wait for the end of it."""

    class Confused(App):
        async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
            with contextlib.suppress(AppProtocolError):
                await send({"type": "http.response.start", "status": 200, "headers": []})
            await anyio.sleep_forever()

    made.append(ASGIToWSGI(Confused(), **options))
    assert get(made[0]).status == "200 OK"


def test_an_application_that_answers_whatever_it_is_called_with_is_no_news(
    options: dict[str, Any], made: list[ASGIToWSGI], caplog: pytest.LogCaptureFixture
) -> None:
    """Many do not look at ``scope["type"]``. Servers say so at level INFO, and go on."""

    class Blind(App):
        async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.request(scope, receive, send)

        async def request(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})

    made.append(ASGIToWSGI(Blind(), **options))
    assert get(made[0]).status == "200 OK"
    made[0].shutdown()
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_on_insists_on_a_lifespan(options: dict[str, Any], made: list[ASGIToWSGI]) -> None:
    made.append(ASGIToWSGI(Unaware(), lifespan="on", **options))
    for _ in range(2):
        with pytest.raises(LifespanFailed, match=r"did not answer lifespan\.startup") as caught:
            get(made[0])
        assert isinstance(caught.value.__cause__, ValueError)


class Failing(App):
    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "Traceback: no database"})


@pytest.mark.parametrize("mode", ["auto", "on"])
def test_a_failed_startup_fails_every_request_and_says_why(
    options: dict[str, Any], made: list[ASGIToWSGI], mode: Any, caplog: pytest.LogCaptureFixture
) -> None:
    made.append(ASGIToWSGI(Failing(), lifespan=mode, **options))
    for _ in range(2):
        with pytest.raises(LifespanFailed, match="Traceback: no database"):
            get(made[0])
    assert [r.message for r in caplog.records] == ["lifespan startup failed: Traceback: no database"]
    with pytest.raises(LifespanFailed):
        made[0].startup()


def test_a_failed_startup_can_be_answered_here(options: dict[str, Any], made: list[ASGIToWSGI]) -> None:
    made.append(ASGIToWSGI(Failing(), raise_exceptions=False, **options))
    assert get(made[0]).status == "500 Internal Server Error"


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_a_startup_that_tries_to_end_the_process_does_not(
    options: dict[str, Any], made: list[ASGIToWSGI], kind: type[BaseException]
) -> None:
    class Exits(App):
        async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
            raise kind

    made.append(ASGIToWSGI(Exits(), lifespan="on", **options))
    with pytest.raises(LifespanFailed) as caught:
        get(made[0])
    assert isinstance(caught.value.__cause__, kind)


def test_a_lifespan_that_breaks_off_is_logged(
    options: dict[str, Any], made: list[ASGIToWSGI], caplog: pytest.LogCaptureFixture
) -> None:
    go_on = threading.Event()

    class Breaks(App):
        async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:

            await receive()
            await send({"type": "lifespan.startup.complete"})
            await anyio.to_thread.run_sync(go_on.wait)
            raise LookupError("broken")

    adapter = ASGIToWSGI(Breaks(), **options)
    assert get(adapter).status == "200 OK"
    go_on.set()
    adapter.shutdown()
    assert "LookupError: broken" in caplog.text


def test_a_shutdown_that_takes_too_long_is_cancelled(
    options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Slow(App):
        async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:

            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await anyio.sleep_forever()

    adapter = ASGIToWSGI(Slow(), shutdown_timeout=0.01, **options)
    get(adapter)
    adapter.shutdown()
    assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == [
        "lifespan shutdown took longer than 0.01 seconds; cancelled"
    ]


def test_after_shutdown_a_request_starts_anew(options: dict[str, Any]) -> None:
    app = App()
    adapter = ASGIToWSGI(app, **options)
    get(adapter)
    adapter.shutdown()
    get(adapter)
    adapter.shutdown()
    assert app.events == ["startup", "request", "shutdown"] * 2


def test_concurrent_first_requests_wait_for_one_startup(
    options: dict[str, Any], made: list[ASGIToWSGI]
) -> None:
    app = App()
    made.append(ASGIToWSGI(app, **options))
    threads = [threading.Thread(target=get, args=(made[0],)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert app.events == ["startup"] + ["request"] * 5
