"""A pool of threads that are woken at most once per request.

Theory of operation. The executors of the standard library and of anyio wake a thread for every submission; with 32
requests arriving at once the threads then fight for the GIL. Here a submission wakes a thread only if none is on its way
already. A woken worker that finds more jobs waiting passes the token: it wakes (or starts) the next worker *before* it
runs its own job. So if the job blocks, the next worker takes over at once; if it does not, the first worker drains the
queue alone and nobody is woken in vain more than once.

The invariant that makes this safe, kept under `_lock`: while jobs are waiting, a worker is on its way (`_waking`) or
every worker that may exist is busy. Idle workers are kept as a stack, so the one with the warmest cache is used again
and the others reach their idle time and retire.
"""

from __future__ import annotations

import atexit
import contextvars
import logging
import threading
import weakref
from collections import deque
from collections.abc import Callable
from enum import Enum
from time import monotonic
from typing import Final

from bridgekit.concurrency.forks import in_forked_child

logger = logging.getLogger("bridgekit.concurrency")


class _Retire(Enum):
    RETIRE = "retire"


RETIRE: Final = _Retire.RETIRE
"""A job that returns this ends its thread: what the job left in it must not meet another one."""

OnFree = Callable[[], None]
"""What a job leaves to be called when its thread may be had again: whoever hears of it finds the thread free."""

Job = Callable[[], "_Retire | OnFree | None"]

EXIT_TIMEOUT = 1.0
"""Seconds that the interpreter's exit waits for workers to end; a blocked one is a daemon thread and is left."""


class PoolSaturated(Exception):
    """Every worker is busy and the queue is at its limit."""


class _Worker:
    """One thread of a pool, parked on a lock of its own while idle."""

    __slots__ = ("thread", "token")

    def __init__(self) -> None:
        self.token = threading.Lock()
        self.token.acquire()
        self.thread: threading.Thread | None = None


class WorkerPool:
    """Runs jobs in threads that are started on demand and retire when idle.

    No thread exists before the first `submit` of a process, and after a fork the child starts afresh.

    :param max_workers: the most threads at a time.
    :param max_queue: the most jobs that wait while every thread is busy; ``None`` for no limit.
    :param idle_seconds: how long a thread stays without work before it ends.
    :param name: prefix of the threads' names.
    :param on_retire: called in each thread when it ends.
    :raises ValueError: for a size below one, or a negative limit or time.
    """

    def __init__(
        self,
        *,
        max_workers: int,
        max_queue: int | None = None,
        idle_seconds: float = 30.0,
        name: str = "bridgekit-worker",
        on_retire: Callable[[], None] | None = None,
    ) -> None:
        if max_workers < 1:
            raise ValueError(f"max_workers must be at least 1, not {max_workers}")
        if max_queue is not None and max_queue < 0:
            raise ValueError(f"max_queue must be 0 or more, or None for no limit, not {max_queue}")
        if idle_seconds < 0:
            raise ValueError(f"idle_seconds must be 0 or more, not {idle_seconds}")
        self.max_workers = max_workers
        self.max_queue = max_queue
        self.idle_seconds = idle_seconds
        self.name = name
        self._on_retire = on_retire
        self._start_afresh()
        _pools.add(self)

    def _start_afresh(self) -> None:
        """Forget every thread and job: at construction, and in a forked child, where no thread survives."""
        # Reentrant, because the garbage collector may run while it is held, and call `shutdown` as the finalizer of
        # the pool's owner. What is done under it must bear that `_idle` is emptied at any point.
        self._lock = threading.RLock()
        self._jobs: deque[Job] = deque()
        self._idle: list[_Worker] = []
        self._workers: set[_Worker] = set()
        self._busy = 0
        self._waking = False
        self._closing = False
        self._started = 0

    @property
    def threads(self) -> int:
        """How many threads exist now, busy or idle."""
        return len(self._workers)

    @property
    def waiting(self) -> int:
        """How many jobs wait for a thread now."""
        return len(self._jobs)

    @property
    def load(self) -> int:
        """How many jobs run and wait now; below ``max_workers``, none waits for another."""
        return self._busy + len(self._jobs)

    def submit(self, job: Job) -> None:
        """Run ``job`` in a worker; returns at once. The job must not raise (what it raises is logged).

        :raises PoolSaturated: when every thread is busy and ``max_queue`` jobs wait.
        :raises RuntimeError: when the system can start no thread and none exists.
        """
        with self._lock:
            if (
                self.max_queue is not None
                and len(self._jobs) + self._busy >= self.max_workers + self.max_queue
            ):
                raise PoolSaturated
            self._closing = False
            self._jobs.append(job)
            if self._waking:
                return
            successor = self._next_worker()
        if successor is not None:
            try:
                self._send_off(successor)
            except RuntimeError:
                self.withdraw(job)
                raise

    def withdraw(self, job: Job) -> bool:
        """Take back a job that no worker has taken; false if it was taken already."""
        with self._lock:
            try:
                self._jobs.remove(job)
            except ValueError:
                return False
            return True

    def shutdown(self, *, wait_seconds: float = 0.0) -> None:
        """End the idle workers now and the busy ones after their job. A later `submit` opens the pool again.

        :param wait_seconds: how long to wait for the threads to end, in all.
        """
        with self._lock:
            self._closing = True
            leaving = list(self._workers)
            idle = []
            while self._idle:
                idle.append(self._idle.pop())
        for worker in idle:
            worker.token.release()
        deadline = monotonic() + wait_seconds
        for worker in leaving:
            thread = worker.thread
            if (
                thread is not None
                and thread is not threading.current_thread()
                and (left := deadline - monotonic()) > 0
            ):
                thread.join(left)

    def _next_worker(self) -> _Worker | None:
        """The worker to set on its way, if there is one to be had. Called with the lock held."""
        try:
            worker = self._idle.pop()
        except IndexError:
            if len(self._workers) >= self.max_workers:
                return None
            worker = _Worker()
            self._workers.add(worker)
        self._waking = True
        return worker

    def _send_off(self, worker: _Worker) -> None:
        """Wake a parked worker, or start the thread of a new one. Called without the lock."""
        if worker.thread is not None:
            worker.token.release()
            return
        self._started += 1
        worker.thread = threading.Thread(
            target=self._live, args=(worker,), name=f"{self.name}-{self._started}", daemon=True
        )
        try:
            # In an empty context: a thread may begin with a copy of its starter's (Python's flag thread_inherit_context,
            # and instrumentation does so, too), and this one would keep alive what the request has set that started it.
            contextvars.Context().run(worker.thread.start)
        except RuntimeError:
            with self._lock:
                self._workers.discard(worker)
                self._waking = False
                alone = not self._workers
            if alone:
                raise  # jobs of others stay: the next submission tries again, and their callers' patience is bounded
            logger.warning("cannot start another worker thread; %d remain", len(self._workers), exc_info=True)

    def _live(self, worker: _Worker) -> None:
        """The life of one thread."""
        try:
            self._work(worker)
        finally:
            if self._on_retire is not None:
                try:
                    self._on_retire()
                except Exception:
                    logger.exception("a worker thread could not clean up")

    def _work(self, worker: _Worker) -> None:
        """Job after job, until the thread is to end."""
        arriving = True
        done = 0
        on_free: OnFree | None = None
        while True:
            leaves = False
            # Not `with`, which costs three times as much. It alone is safe from a signal's exception between the two
            # steps, but those come to the main thread, which no worker is.
            self._lock.acquire()
            try:
                self._busy -= done
                done = 0
                if arriving:
                    self._waking = arriving = False
                if self._jobs:
                    job = self._jobs.popleft()
                    self._busy += 1
                    successor = self._next_worker() if self._jobs and not self._waking else None
                else:
                    leaves = self._closing or not self._lie_down(worker)
                    if leaves:
                        self._workers.discard(worker)
                    job, successor = None, None
            finally:
                self._lock.release()
            if on_free is not None:
                self._call_on_free(on_free)
                on_free = None
            if leaves:
                return
            if job is None:
                if not self._park(worker):
                    return
                arriving = True
                continue
            if successor is not None:
                self._pass_token(successor)
            last: object = None
            try:
                last = job()
            except BaseException:  # the thread must outlive any job, SystemExit included
                logger.exception("a job escaped with an exception")
            del job  # or the last request's environ would live as long as the idle thread
            done = 1
            if last is RETIRE:
                self._leave(worker)
                return
            if last is not None:
                on_free = last if callable(last) else None
                del last  # as the job: what it hangs on is the request's

    def _call_on_free(self, on_free: OnFree) -> None:
        try:
            on_free()
        except BaseException:  # as for a job
            logger.exception("a job's last call failed")

    def _leave(self, worker: _Worker) -> None:
        """A thread goes with its job done; whoever waits gets another one."""
        with self._lock:
            self._busy -= 1
            self._workers.discard(worker)
            successor = self._next_worker() if self._jobs and not self._waking else None
        if successor is not None:
            self._pass_token(successor)

    def _pass_token(self, successor: _Worker) -> None:
        try:
            self._send_off(successor)
        except RuntimeError:  # unreachable while this worker exists, but never at the price of its job
            logger.exception("cannot start another worker thread")

    def _lie_down(self, worker: _Worker) -> bool:
        """Put a worker on the stack; false when it must leave instead. Called with the lock held."""
        self._idle.append(worker)
        if not self._closing:
            return True
        self._no_longer_idle(worker)  # `shutdown` has just come in by a finalizer, before or after the append
        return False

    def _no_longer_idle(self, worker: _Worker) -> bool:
        """Take one worker off the stack; false when somebody did already. Called with the lock held."""
        try:
            self._idle.remove(worker)
        except ValueError:
            return False
        return True

    def _park(self, worker: _Worker) -> bool:
        """Wait for the token; false when the idle time is over and the worker has left the pool."""
        if worker.token.acquire(timeout=self.idle_seconds):
            return True
        with self._lock:
            if self._no_longer_idle(worker):
                self._workers.discard(worker)
                return False
        # Somebody took this worker off the stack in the same moment: the token is in the air.
        worker.token.acquire()
        return True


_pools: weakref.WeakSet[WorkerPool] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for pool in list(_pools):
        pool._start_afresh()


def _at_exit() -> None:
    for pool in list(_pools):
        pool.shutdown(wait_seconds=EXIT_TIMEOUT)


in_forked_child(_after_fork_in_child)
atexit.register(_at_exit)
