"""A request's thread: borrowed from a bounded pool with its first sync work, and given back as soon as nothing can be lost on it.

It is the executor that asgiref finds for the request, so what a view calls by `sync_to_async` comes to the same thread. Unlike the
executor that `ThreadSensitiveContext` makes for each request, it starts no thread and ends none: threads persist, and with them
Django's database connections, whose age `close_old_connections` looks at when a thread is taken and when it is left.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from bridgekit.concurrency.worker_pool import RETIRE, WorkerPool
from bridgekit.django.handlers import open_work
from bridgekit.django.handlers.old_connections import put_away_old_connections

OnFree = Callable[[], None]
Job = Callable[[], OnFree | None]
"""What a job returns is called when its thread is free again, or before anything else is done in it."""


class Saturated(BaseException):
    """No thread for a request that has had none. No `Exception`: no layer can answer for it, only the handler."""


class _Submitted:
    """A call that asgiref hands over, as `concurrent.futures` has it."""

    __slots__ = ("args", "function", "future", "kwargs")

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.future: Future[Any] = Future()
        self.function = function
        self.args = args
        self.kwargs = kwargs

    def __call__(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.function(*self.args, **self.kwargs)
        except BaseException as error:  # as every executor: whoever waits gets it
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class RequestExecutor(Executor):
    """The thread of one request. Jobs run there one at a time, in the order in which they came.

    :param pool: lends the thread.
    :param queue: the most requests that may wait for one.
    :param max_wait: seconds that this one waits for its first thread.
    """

    # What most requests leave as it is stands here: an executor is made for each.

    on_first: Callable[[], object] | None = None
    """Run in the thread before the first job of the request."""
    on_loop = False
    """The request's outermost layers have begun on the loop, with what Django does before them."""
    taken = 0
    """How often a thread was taken."""
    keeps = 0
    """How many layers wait for the same thread again; changed in the thread alone, and read there."""
    sticky = False
    """The view has made a sync call: it and those to come are to find the same thread."""
    streaming = False
    """The response streams: a call keeps the thread for as long only as something that it began there is open."""
    finished = False
    """Django's receivers of ``request_finished`` have looked at the connections: nobody else needs to."""
    left: contextvars.Context | None = None
    """The context of a call whose end nobody waited for, since the client had gone: what its layers set is still in there."""
    tainted = False
    """What a layer left in the thread was not cleared away: no other request may meet it."""
    called = False
    """The view has made sync calls: what one of them begins another may end, or nobody."""
    _serving = False
    _parked = False
    _ended = False
    _wakeup: threading.Lock | None = None
    """What the thread is parked on, once it has been."""

    def __init__(self, pool: WorkerPool, queue: int, max_wait: float) -> None:
        self.pool = pool
        self.queue = queue
        self.max_wait = max_wait
        self.task = asyncio.current_task()
        """The request's own task."""
        self._lock = threading.Lock()
        self._jobs: deque[Job] = deque()

    @property
    def waits(self) -> bool:
        """Whether the request may have to wait for its first thread. Raises `Saturated` where too many wait already."""
        if self.taken:
            return False
        before = self.pool.load - self.pool.max_workers
        if before >= self.queue > 0 or before >= 0 == self.queue:
            raise Saturated
        return before >= 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a call of the application's in the request's thread; see `concurrent.futures.Executor.submit`."""
        submitted = _Submitted(fn, args, kwargs)
        self.called = True
        if not self.streaming:
            self.sticky = True
        if self.on_first is not None:
            first, self.on_first = self.on_first, None
            self.give(_Submitted(contextvars.copy_context().run, (first,), {}))
        self.give(submitted)
        return submitted.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing: the thread is the pool's. asgiref calls this where it believes the executor to be its own."""

    def give(self, job: Job) -> None:
        """Have ``job``, which must not raise, run in the thread. Callable from everywhere but the thread itself.

        :raises RuntimeError: when there is none, and the system can start none.
        """
        with self._lock:
            self._jobs.append(job)
            parked, self._parked = self._parked, False
            begins = not self._serving
            self._serving = True
        if parked:
            self._wake_up()
        elif begins:
            self._begin(job)

    def _begin(self, job: Job) -> None:
        """Take a thread. Where the system has none, it is asked again with the next job: Django's answer to this error is one."""
        try:
            self.pool.submit(self._serve)
        except RuntimeError:
            with self._lock:
                self._serving = False
                self._jobs.remove(job)
            raise

    def withdraw(self, job: Job) -> bool:
        """Take back a job that has not begun; false if it has."""
        with self._lock:
            try:
                self._jobs.remove(job)
            except ValueError:
                return False
            if not self._jobs and self._serving and self.pool.withdraw(self._serve):
                self._serving = False
        return True

    def end(self) -> None:
        """The request is over: the thread goes back to the pool as soon as it has nothing to do."""
        with self._lock:
            self._ended = True
            # A layer whose second half never came has left what it left.
            self.tainted = self.keeps > 0
            parked, self._parked = self._parked, False
        if parked:
            self._wake_up()

    def stream(self, *, in_one_go: bool) -> None:
        """What follows is a stream, which holds no thread but where something is open there.

        :param in_one_go: it is a sync one, which Django reads whole in the next call: a thread that is held is held for that.
        """
        with self._lock:
            self.streaming = True
            parked = self._parked and not in_one_go
            if parked:
                self._parked = False
        if parked:
            self._wake_up()

    def keep_for_stream(self, *, in_one_go: bool) -> None:
        """In the thread, where a sync view has made the stream: keep the thread for what the view has begun there."""
        if in_one_go or open_work.is_open():
            self.sticky = True

    def serve_until(self, done: Callable[[], bool]) -> None:
        """In the thread: do what else comes until ``done`` holds, which a job has to bring about."""
        while not done():
            job = self._pick(stay=True)
            assert job is not None
            on_free = job()
            if on_free is not None:
                on_free()

    def _serve(self) -> Any:
        """The pool's job: one stay in a thread."""
        self.taken += 1
        open_work.watch_this_thread()
        if self.taken > 1:
            put_away_old_connections()
        on_free: OnFree | None = None
        while (job := self._pick(stay=False)) is not None:
            if on_free is not None:
                on_free()
            on_free = job()
            if self.streaming:
                self.sticky = open_work.is_open()
        del job
        if self.called and open_work.has_transaction():
            # A call has entered ``atomic``, and none has left it: the next request would write into that transaction.
            self.tainted = True
        if not self.finished:
            # With CONN_MAX_AGE = 0 a connection ends with the request; the rest of this one is in no thread, or in another.
            put_away_old_connections()
        if not self.tainted:
            return on_free
        if on_free is not None:
            on_free()
        return RETIRE

    def _pick(self, *, stay: bool) -> Job | None:
        """What to do next: a job, or to wait for one, or None, to leave the thread."""
        with self._lock:
            if self._jobs:
                return self._jobs.popleft()
            if not stay and (self._ended or not (self.keeps or self.sticky)):
                self._serving = False
                return None
            if self._wakeup is None:
                self._wakeup = threading.Lock()
                self._wakeup.acquire()
            self._parked = True
            return self._wait

    def _wait(self) -> None:
        assert self._wakeup is not None
        self._wakeup.acquire()

    def _wake_up(self) -> None:
        assert self._wakeup is not None
        self._wakeup.release()
