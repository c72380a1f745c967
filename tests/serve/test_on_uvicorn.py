"""uvicorn's own command, with the application imported before its loop runs. On a running server: `tests/servers`."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

import pytest

uvicorn_server = pytest.importorskip("uvicorn.server")

from bridgekit.serve import on_uvicorn  # noqa: E402  # where uvicorn is
from bridgekit.serve.on_uvicorn import WORKER_CANNOT_START, run_with_application  # noqa: E402


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What is done, in order: the application loaded, with the exit code of a failure, and the loop run for a server."""
    done: list[tuple[str, Any]] = []
    monkeypatch.setattr(on_uvicorn, "load", lambda failure: done.append(("load", failure)))
    monkeypatch.setattr(on_uvicorn, "run", lambda server, sockets: done.append(("run", (server, sockets))))
    return done


def test_the_application_is_loaded_before_the_loop_runs(steps: list[tuple[str, Any]]) -> None:
    """In a coroutine `asyncio.run` at import is an error, and Django refuses queries in ``ready()``."""
    server: Any = object()
    run_with_application(server, None)
    assert steps == [("load", 2), ("run", (server, None))]


def test_a_worker_that_cannot_load_it_ends_so_that_it_is_not_started_again(
    steps: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """uvicorn's supervisor starts a worker again that ends with any other code."""
    monkeypatch.setattr(multiprocessing, "parent_process", object)
    run_with_application(object(), None)  # type: ignore[arg-type]  # test data
    assert steps[0] == ("load", WORKER_CANNOT_START)
    main: Any = pytest.importorskip("uvicorn.main")
    assert main.STARTUP_FAILURE == WORKER_CANNOT_START


def test_no_loop_runs_for_an_application_that_cannot_be_loaded(
    steps: list[tuple[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(failure: int) -> None:
        raise SystemExit(failure)

    monkeypatch.setattr(on_uvicorn, "load", load)
    with pytest.raises(SystemExit) as ended:
        run_with_application(object(), None)  # type: ignore[arg-type]  # test data
    assert ended.value.code == 2
    assert steps == []


def test_who_imports_the_module_leaves_uvicorn_as_it_is() -> None:
    """It is run as a program; only then, and in the processes that this one spawns, uvicorn's server is another."""
    original: Callable[..., Any] = uvicorn_server.Server.run
    assert original is not run_with_application
    assert run_with_application.__wrapped__ is original  # type: ignore[attr-defined]  # what functools.wraps sets
