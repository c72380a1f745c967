from __future__ import annotations

import threading
from functools import partial

import pytest

from bridgekit.concurrency.own_loop import helper_threads
from bridgekit.concurrency.own_loop.helper_threads import run_in_helper
from tests.helpers.loosely import void

WAIT = 10.0


def test_a_job_never_waits_for_another() -> None:
    """One that is blocked may be blocked for ever."""
    blocked, ran = threading.Event(), threading.Event()
    run_in_helper(lambda: void(blocked.wait(WAIT)))
    run_in_helper(ran.set)
    assert ran.wait(WAIT)
    blocked.set()


def note(used: list[threading.Thread], done: threading.Event) -> None:
    used.append(threading.current_thread())
    done.set()


def test_threads_are_used_again_and_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper_threads, "IDLE_SECONDS", 0.05)
    used: list[threading.Thread] = []
    for _ in range(20):
        done = threading.Event()
        run_in_helper(partial(note, used, done))
        assert done.wait(WAIT)
    assert len(set(used)) < 20
    for thread in set(used):
        thread.join(WAIT)
        assert not thread.is_alive()


def test_a_job_that_raises_is_logged_and_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> None:
        raise LookupError("why")

    run_in_helper(fails)
    done = threading.Event()
    run_in_helper(done.set)
    assert done.wait(WAIT)
    while "LookupError: why" not in caplog.text:
        done.wait(0.001)
