"""What the adapters' tests share: kinds of event loop, and a factory that lets no thread survive a test."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.typing import ASGIApp, WSGIApp
from tests.helpers.asgi_driver import LOOPS, TIMEOUT, Loop


@pytest.fixture(params=LOOPS, ids=str)
def loop(request: pytest.FixtureRequest) -> Loop:
    """Every kind of event loop that bridgekit runs on."""
    kind: Loop = request.param
    return kind


@pytest.fixture
def adapt() -> Iterator[Callable[..., WSGIToASGI]]:
    """Builds adapters; afterwards, no thread of theirs may be busy."""
    made: list[WSGIToASGI] = []

    def make(app: WSGIApp, **options: Any) -> WSGIToASGI:
        made.append(WSGIToASGI(app, **options))
        return made[-1]

    yield make
    for adapter in made:
        threads = [worker.thread for worker in list(adapter.pool._workers)]
        adapter.pool.shutdown(wait_seconds=TIMEOUT)
        stranded = [thread.name for thread in threads if thread is not None and thread.is_alive()]
        assert not stranded, f"threads are still busy after the test: {stranded}"
        assert adapter.pool.threads == 0
        assert adapter.pool.waiting == 0
    made.clear()
    gc.collect()


@pytest.fixture(params=["asyncio", "uvloop", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """Every kind of event loop that bridgekit starts in a thread of its own."""
    name: str = request.param
    pytest.importorskip(name)
    return name


@pytest.fixture
def bridge(backend: str) -> Iterator[Callable[..., ASGIToWSGI]]:
    """Makes adapters without lifespan, and shuts them down."""
    made: list[ASGIToWSGI] = []

    def make(app: ASGIApp, **options: Any) -> ASGIToWSGI:
        made.append(ASGIToWSGI(app, **{"backend": backend, "lifespan": "off"} | options))
        return made[-1]

    yield make
    for adapter in made:
        adapter.shutdown()


def worker_threads() -> list[threading.Thread]:
    """The adapters' threads that are alive."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("bridgekit-worker")]
