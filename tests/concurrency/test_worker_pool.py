from __future__ import annotations

import gc
import logging
import subprocess
import sys
import textwrap
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bridgekit.concurrency.worker_pool import RETIRE, PoolSaturated, WorkerPool
from tests.helpers.waiting import until

TIMEOUT = 20.0

MakePool = Callable[..., WorkerPool]


@pytest.fixture
def pool_of() -> Iterator[MakePool]:
    """Builds pools; afterwards every thread of theirs must end."""
    made: list[WorkerPool] = []

    def make(max_workers: int = 4, **options: Any) -> WorkerPool:
        made.append(WorkerPool(max_workers=max_workers, **options))
        return made[-1]

    yield make
    for pool in made:
        threads = threads_of(pool)
        pool.shutdown(wait_seconds=TIMEOUT)
        assert not [thread for thread in threads if thread.is_alive()]
        assert pool.threads == 0


def threads_of(pool: WorkerPool) -> list[threading.Thread]:
    return [worker.thread for worker in list(pool._workers) if worker.thread is not None]


class Busy:
    """A job that stays in its thread until it is let go."""

    def __init__(self) -> None:
        self.running = threading.Event()
        self.go_on = threading.Event()
        self.done = threading.Event()

    def __call__(self) -> None:
        self.running.set()
        assert self.go_on.wait(TIMEOUT)
        self.done.set()


def occupy(pool: WorkerPool, number: int) -> list[Busy]:
    jobs = [Busy() for _ in range(number)]
    for job in jobs:
        pool.submit(job)
    for job in jobs:
        assert job.running.wait(TIMEOUT)
    return jobs


def let_go(jobs: list[Busy]) -> None:
    for job in jobs:
        job.go_on.set()
    for job in jobs:
        assert job.done.wait(TIMEOUT)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"max_workers": 0}, "max_workers must be at least 1"),
        ({"max_workers": 1, "max_queue": -1}, "max_queue must be 0 or more"),
        ({"max_workers": 1, "idle_seconds": -0.1}, "idle_seconds must be 0 or more"),
    ],
)
def test_senseless_sizes_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        WorkerPool(**options)


def test_no_thread_before_the_first_job(pool_of: MakePool) -> None:
    before = threading.active_count()
    pool = pool_of()
    assert pool.threads == 0
    assert threading.active_count() == before


def test_every_job_is_run_once(pool_of: MakePool) -> None:
    pool = pool_of(max_workers=3)
    count, done, lock = [0], threading.Event(), threading.Lock()

    def job() -> None:
        with lock:
            count[0] += 1
            if count[0] == 5000:
                done.set()

    def submitter() -> None:
        for _ in range(1000):
            pool.submit(job)

    submitters = [threading.Thread(target=submitter) for _ in range(5)]
    for thread in submitters:
        thread.start()
    for thread in submitters:
        thread.join(TIMEOUT)
    assert done.wait(TIMEOUT)
    assert pool.threads <= 3
    assert count == [5000]


def test_jobs_that_block_each_get_a_thread(pool_of: MakePool) -> None:
    """The token: whatever blocks, the next job starts, up to the limit."""
    pool = pool_of(max_workers=8)
    jobs = occupy(pool, 8)
    assert pool.threads == 8
    let_go(jobs)


def test_no_more_threads_than_allowed(pool_of: MakePool) -> None:
    pool = pool_of(max_workers=2)
    jobs = occupy(pool, 2)
    late = Busy()
    pool.submit(late)
    assert (pool.threads, pool.waiting) == (2, 1)
    assert not late.running.is_set()
    let_go(jobs)
    let_go([late])


def test_an_idle_thread_is_used_again(pool_of: MakePool) -> None:
    """Jobs one after the other need one thread."""
    pool = pool_of(max_workers=8)
    for _ in range(50):
        done = threading.Event()
        pool.submit(done.set)
        assert done.wait(TIMEOUT)
        until(lambda: len(pool._idle) == pool.threads)
    assert pool.threads == 1


def test_full_pool_refuses(pool_of: MakePool) -> None:
    pool = pool_of(max_workers=2, max_queue=1)
    jobs = occupy(pool, 2)
    waiting = Busy()
    pool.submit(waiting)
    with pytest.raises(PoolSaturated):
        pool.submit(Busy())
    assert pool.withdraw(waiting)
    pool.submit(waiting)
    let_go(jobs)
    let_go([waiting])


def test_a_job_that_runs_cannot_be_withdrawn(pool_of: MakePool) -> None:
    pool = pool_of(max_workers=1)
    (job,) = occupy(pool, 1)
    assert not pool.withdraw(job)
    assert not pool.withdraw(Busy())
    let_go([job])


def test_withdrawn_job_is_never_run(pool_of: MakePool) -> None:
    pool = pool_of(max_workers=1)
    jobs = occupy(pool, 1)
    withdrawn, after = Busy(), Busy()
    pool.submit(withdrawn)
    pool.submit(after)
    assert pool.withdraw(withdrawn)
    let_go(jobs)
    let_go([after])
    assert not withdrawn.running.is_set()


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(1), KeyboardInterrupt(), StopIteration()])
def test_thread_outlives_what_a_job_raises(
    pool_of: MakePool, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    pool = pool_of(max_workers=1)

    def job() -> None:
        raise error

    pool.submit(job)
    (busy,) = occupy(pool, 1)
    assert pool.threads == 1
    logged = [record for record in caplog.records if record.exc_info and record.exc_info[1] is error]
    assert [record.levelno for record in logged] == [logging.ERROR]
    let_go([busy])


def test_idle_threads_retire(pool_of: MakePool) -> None:
    pool = pool_of(max_workers=4, idle_seconds=0.01)
    jobs = occupy(pool, 4)
    threads = threads_of(pool)
    let_go(jobs)
    for thread in threads:
        thread.join(TIMEOUT)
    assert pool.threads == 0
    assert not any(thread.is_alive() for thread in threads)
    let_go_again = occupy(pool, 1)
    let_go(let_go_again)


def test_retiring_never_loses_a_job(pool_of: MakePool) -> None:
    """A thread whose idle time ends in the moment it is chosen takes the job all the same."""
    pool = pool_of(max_workers=2, idle_seconds=0)
    for _ in range(500):
        done = threading.Event()
        pool.submit(done.set)
        assert done.wait(TIMEOUT)


def test_what_a_job_leaves_is_called_when_its_thread_is_free(pool_of: MakePool) -> None:
    """So that whoever hears of it finds a thread that need not be started."""
    pool = pool_of(max_workers=4)
    names: list[str] = []
    for _ in range(20):
        heard = threading.Event()

        def job(heard: threading.Event = heard) -> Callable[[], None]:
            names.append(threading.current_thread().name)
            return heard.set

        pool.submit(job)
        assert heard.wait(5)
    assert len(set(names)) == 1


def test_a_job_may_end_its_thread(pool_of: MakePool) -> None:
    ended: list[str] = []
    done = threading.Event()

    def put_away() -> None:
        ended.append(threading.current_thread().name)
        done.set()

    pool = pool_of(max_workers=1, on_retire=put_away)
    names: list[str] = []
    second = threading.Event()

    def first_job() -> Any:
        names.append(threading.current_thread().name)
        return RETIRE

    def second_job() -> None:
        names.append(threading.current_thread().name)
        second.set()

    pool.submit(first_job)
    pool.submit(second_job)
    assert done.wait(5)
    assert second.wait(5)
    assert ended == names[:1]
    assert names[0] != names[1]


def test_shutdown_ends_idle_threads_and_waits_for_busy_ones(pool_of: MakePool) -> None:
    pool = pool_of(max_workers=3)
    jobs = occupy(pool, 3)
    let_go(jobs[:1])
    until(lambda: len(pool._idle) == 1)
    idle = pool._idle[0].thread
    assert idle is not None
    pool.shutdown()
    idle.join(TIMEOUT)
    assert not idle.is_alive()
    busy = threads_of(pool)
    let_go(jobs[1:])
    for thread in busy:
        thread.join(TIMEOUT)
    assert pool.threads == 0


def test_shutdown_runs_what_is_queued(pool_of: MakePool) -> None:
    """A graceful end: whoever was taken in is served."""
    pool = pool_of(max_workers=1)
    jobs = occupy(pool, 1)
    queued = Busy()
    pool.submit(queued)
    pool.shutdown()
    let_go(jobs)
    let_go([queued])


def test_pool_opens_again_after_shutdown(pool_of: MakePool) -> None:
    pool = pool_of()
    let_go(occupy(pool, 1))
    pool.shutdown(wait_seconds=TIMEOUT)
    assert pool.threads == 0
    let_go(occupy(pool, 2))


def test_shutdown_twice_and_from_a_job(pool_of: MakePool) -> None:
    pool = pool_of(max_workers=1)
    done = threading.Event()

    def job() -> None:
        pool.shutdown(wait_seconds=TIMEOUT)  # does not wait for itself
        done.set()

    pool.submit(job)
    assert done.wait(TIMEOUT)
    pool.shutdown()
    pool.shutdown()


def test_shutdown_and_submit_race_without_losing_a_job(pool_of: MakePool) -> None:
    pool = pool_of(max_workers=2)
    stop = threading.Event()

    def closer() -> None:
        while not stop.is_set():
            pool.shutdown()

    thread = threading.Thread(target=closer)
    thread.start()
    try:
        for _ in range(1000):
            done = threading.Event()
            pool.submit(done.set)
            assert done.wait(TIMEOUT), "the job was lost"
    finally:
        stop.set()
        thread.join(TIMEOUT)


def test_finished_job_is_not_kept_alive(pool_of: MakePool) -> None:
    """The idle thread must not hold the last request's environ."""
    pool = pool_of(max_workers=1)
    (job,) = occupy(pool, 1)
    let_go([job])
    until(lambda: len(pool._idle) == 1)
    reference = weakref.ref(job)
    del job
    gc.collect()
    assert reference() is None


def test_what_a_job_left_to_be_called_is_not_kept_alive(pool_of: MakePool) -> None:
    """Nor what hangs on it: a response, and the context of its request."""
    pool = pool_of(max_workers=1)

    class Response:
        heard = threading.Event()

        def tell(self) -> None:
            self.heard.set()

    kept = [Response()]
    reference = weakref.ref(kept[0])
    pool.submit(lambda: kept.pop().tell)
    assert Response.heard.wait(TIMEOUT)
    until(lambda: len(pool._idle) == 1)
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("moment", ["before", "after"])
def test_finalizer_inside_the_pool_does_not_deadlock(pool_of: MakePool, moment: str) -> None:
    """The garbage collector may run anywhere, so also where the pool holds its lock; and what it finds may be the
    pool's owner, whose finalizer shuts the pool down.
    """
    pool = pool_of(max_workers=1)
    (job,) = occupy(pool, 1)
    (thread,) = threads_of(pool)

    class Collecting(list[Any]):
        def append(self, item: Any) -> None:
            if moment == "before":
                pool.shutdown()
            super().append(item)
            if moment == "after":
                pool.shutdown()

    pool._idle = Collecting()
    let_go([job])
    thread.join(TIMEOUT)
    assert not thread.is_alive()
    assert pool._idle == []


def test_failing_to_start_a_thread_is_raised_where_none_exists(
    pool_of: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pool_of()

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            pool.submit(Busy())
        assert (pool.threads, pool.waiting) == (0, 0)
    let_go(occupy(pool, 1))


def test_failing_to_start_another_thread_leaves_the_job_to_the_others(
    pool_of: MakePool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pool = pool_of()
    jobs = occupy(pool, 1)

    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    late = Busy()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        pool.submit(late)
    assert "cannot start another worker thread" in caplog.text
    let_go(jobs)
    let_go([late])


def in_a_process(source: str) -> str:
    """Run a program of its own; its output."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_child_of_a_fork_starts_afresh() -> None:
    """After a fork in a busy parent the child has no thread, and a pool that works (fork copies one thread only)."""
    out = in_a_process(
        """
        import os, threading
        from bridgekit.concurrency.worker_pool import WorkerPool
        pool = WorkerPool(max_workers=1)
        running, go_on = threading.Event(), threading.Event()
        pool.submit(lambda: (running.set(), go_on.wait(30)))
        running.wait(30)
        pool.submit(lambda: None)  # waits in the parent's queue
        pid = os.fork()
        if pid == 0:
            assert (pool.threads, pool.waiting) == (0, 0)
            done = threading.Event()
            pool.submit(done.set)
            os._exit(0 if done.wait(30) else 7)
        _, status = os.waitpid(pid, 0)
        go_on.set()
        print(os.waitstatus_to_exitcode(status))
        """
    )
    assert out == "0\n"


def test_fork_inside_of_a_job() -> None:
    """subprocess, multiprocessing and the like fork in the worker's own thread."""
    out = in_a_process(
        """
        import os, threading
        from bridgekit.concurrency.worker_pool import WorkerPool
        pool = WorkerPool(max_workers=2)
        codes, done = [], threading.Event()
        def job():
            pid = os.fork()
            if pid == 0:
                inner = threading.Event()
                pool.submit(inner.set)
                os._exit(0 if inner.wait(30) else 7)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            done.set()
        pool.submit(job)
        done.wait(30)
        print(codes)
        """
    )
    assert out == "[0]\n"


def test_exit_does_not_wait_for_a_blocked_thread() -> None:
    out = in_a_process(
        """
        import threading
        from bridgekit.concurrency.worker_pool import WorkerPool
        pool = WorkerPool(max_workers=2)
        running = threading.Event()
        pool.submit(lambda: (running.set(), threading.Event().wait()))
        running.wait(30)
        print("leaving")
        """
    )
    assert out == "leaving\n"


def test_exit_ends_idle_threads() -> None:
    out = in_a_process(
        """
        import atexit, threading
        def report():
            print([t.name for t in threading.enumerate() if "bridgekit" in t.name])
        atexit.register(report)  # runs after bridgekit's own, which is registered later
        from bridgekit.concurrency.worker_pool import WorkerPool
        pool = WorkerPool(max_workers=2)
        done = threading.Event()
        pool.submit(done.set)
        done.wait(30)
        """
    )
    assert out == "[]\n"


def test_dropped_pool_is_collected(pool_of: MakePool) -> None:
    """Once its threads have retired nothing holds a pool."""
    pool = WorkerPool(max_workers=1, idle_seconds=0.01)
    done = threading.Event()
    pool.submit(done.set)
    assert done.wait(TIMEOUT)
    (thread,) = threads_of(pool) or [threading.Thread()]
    if thread.ident is not None:
        thread.join(TIMEOUT)
    reference = weakref.ref(pool)
    del pool, thread
    gc.collect()
    assert reference() is None
