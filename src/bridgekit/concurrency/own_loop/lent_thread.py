"""A thread that waits for an event loop and meanwhile runs what is handed to it.

It is an executor, and in form one of asgiref's ``CurrentThreadExecutor`` (asgiref/current_thread_executor.py): those look through the
executors around them for one that still waits, by the four names that begin with an underscore in `LentThread.__init__`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Job:
    """One call and the future of its result."""

    __slots__ = ("_call", "future")

    def __init__(self, call: Callable[[], Any]) -> None:
        self.future: Future[Any] = Future()
        self._call = call

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._call()
        except BaseException as error:  # SystemExit, too: whoever handed this in waits for it
            self.future.set_exception(error)
            del self  # the exception's traceback holds this frame
        else:
            self.future.set_result(result)


class LentThread(Executor):
    """Runs calls in the thread that is in `lend`, in the order in which they were submitted.

    :param outer: an executor of this kind or of asgiref's that gets what comes too late for this one.
    """

    jobs = 0
    """How many calls the thread has run."""

    def __init__(self, outer: Any = None) -> None:
        # A condition and not a bare lock, which would be cheaper: asgiref enters it and notifies it.
        self._work_ready = threading.Condition(threading.Lock())
        self._work_items: deque[Any] = deque()
        self._broken = False
        """Whether nothing more is run; guarded by ``_work_ready``."""
        self._old_executor = outer
        self.ident = threading.get_ident()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have ``fn`` called in the lent thread, or by one further out if this one waits no more.

        :raises RuntimeError: when called in that thread, which would wait for itself, or when none waits any more.
        """
        here = threading.get_ident()
        job = _Job(lambda: fn(*args, **kwargs))
        executor: Any = self
        while executor is not None:
            if getattr(executor, "ident", None) == here:
                raise RuntimeError("this is the thread that would run the call: it would wait for itself")
            with executor._work_ready:
                if not executor._broken:
                    executor._work_items.append(job)
                    executor._work_ready.notify()
                    return job.future
            executor = executor._old_executor
        raise RuntimeError("the thread that would run the call no longer waits")

    def lend(self, timeout: float | None = None) -> bool:
        """In the lent thread: run what is submitted until `_satisfied`; false after ``timeout`` seconds with nothing to do."""
        while True:
            with self._work_ready:
                while not self._satisfied():
                    if self._work_items:
                        break
                    if not self._work_ready.wait(timeout):
                        return False
                else:
                    return True
                job = self._work_items.popleft()
            self._run(job)
            del job

    def _run(self, job: Any) -> None:
        self.jobs += 1
        job.run()

    def _satisfied(self) -> bool:
        """Whether what the thread waits for is there. Called with the lock held."""
        return self._broken and not self._work_items

    def _settle(self) -> None:
        """From any thread: nothing more is run but what was submitted before."""
        with self._work_ready:
            self._broken = True
            self._work_ready.notify()

    def _abandon(self) -> None:
        """The thread leaves. What it has not run is cancelled: whoever waits for that must not wait for ever."""
        with self._work_ready:
            self._broken = True
            left, self._work_items = self._work_items, deque()
        for job in left:
            job.future.cancel()
