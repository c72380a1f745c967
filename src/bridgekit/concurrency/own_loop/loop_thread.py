"""One event-loop thread per process and backend, started when first needed and shared by all who hold a borrow on it.

A thread does not survive ``fork()``, and servers fork after they have imported the application: so nothing here happens at
import, and everything is looked up under the number of the present process.
"""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import importlib
import logging
import os
import select
import selectors
import threading
from typing import Any, Literal, Protocol, TypeAlias

from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.forks import in_forked_child
from bridgekit.concurrency.own_loop.greenlets import isolate_running_loops, threads_are_greenlets
from bridgekit.concurrency.own_loop.loops import AnyioLoop, AsyncioLoop, OwnedLoop, Work

logger = logging.getLogger("bridgekit.concurrency")

EXIT_SECONDS = 20.0
"""How long a process that ends waits for its loop threads to end on their own. Below the 30 s after which gunicorn kills a
worker and systemd most services."""

BackendName: TypeAlias = Literal["asyncio", "uvloop", "trio"]


class Session(Protocol):
    """Who waits in another thread for something to happen on the loop."""

    def stop(self) -> None:
        """The loop has ended; nothing more will happen on it."""


class LoopThread:
    """A thread that runs an event loop for ever."""

    def __init__(self, name: BackendName) -> None:
        # Whoever needs the thread first is a request, or code around one. What the loop's own callbacks run in is kept as
        # long as the loop, so it must not be a copy of that request's context; greenlets, and threads where Python is told
        # so (thread_inherit_context), begin with a copy as well.
        nobodys = contextvars.Context()
        self.loop = nobodys.run(_new_loop, name)
        self.alive = True
        self.sessions: set[Session] = set()
        self.borrows: set[Borrow] = set()
        self._started = threading.Event()
        self._ended = threading.Event()
        self._failure: BaseException | None = None
        self.ident = 0
        """What `threading.get_ident` gives in this thread."""
        # A daemon, so that the interpreter reaches the exit handler that ends it.
        self._thread = threading.Thread(target=self._run, name=f"bridgekit-{name}", daemon=True)
        try:
            nobodys.run(self._thread.start)
        except RuntimeError:  # the system starts no thread; the next request asks again
            self.loop.discard()
            raise
        self._started.wait()
        if self._failure is not None:
            raise RuntimeError(f"the {name} event loop did not start") from self._failure

    def _run(self) -> None:
        self.ident = threading.get_ident()
        try:
            if threads_are_greenlets():
                isolate_running_loops()
            self.loop.run(self._started.set)
        except BaseException as error:
            self._failure = error
            logger.exception("the event loop's thread ended")
        finally:
            self.alive = False
            self._started.set()
            self._ended.set()
            for session in list(self.sessions):
                session.stop()

    def join(self, seconds: float) -> bool:
        """Wait for the thread's end; false if it did not come within ``seconds``."""
        return self._ended.wait(seconds)


class Borrow:
    """The right to a running loop thread. The thread ends after the last one was given back.

    :param closing: runs on the loop before the borrow ends, whether it is given back or the process ends.
    """

    def __init__(self, thread: LoopThread, closing: Work) -> None:
        self.thread = thread
        self._closing: Work | None = closing
        self.ended = threading.Event()

    def give_back(self) -> None:
        """Run ``closing`` and end the borrow. Never blocks and takes no lock: finalizers call this, in any thread."""
        try:
            self.thread.loop.post(self._close)
        except LoopGone:
            self.ended.set()

    def _close(self) -> None:
        closing, self._closing = self._closing, None
        if closing is None:
            return

        async def close() -> None:
            try:
                await closing()
            except Exception:
                logger.exception("closing failed")
            finally:
                _state().drop(self)

        self.thread.loop.spawn(close, contextvars.Context())


class _ProcessState:
    """The loop threads of one process."""

    def __init__(self) -> None:
        # Created when first needed and not at import: gevent replaces the threading module's locks in between.
        self._lock = threading.RLock()
        self._threads: dict[BackendName, LoopThread] = {}
        atexit.register(_at_exit, self, os.getpid())

    def take(self, name: BackendName, closing: Work) -> Borrow:
        with self._lock:
            thread = self._threads.get(name)
            if thread is None or not thread.alive:
                thread = self._threads[name] = LoopThread(name)
            borrow = Borrow(thread, closing)
            thread.borrows.add(borrow)
            return borrow

    def drop(self, borrow: Borrow) -> None:
        """On the loop: end ``borrow``, and the thread with its last one."""
        thread = borrow.thread
        with self._lock:
            thread.borrows.discard(borrow)
            if not thread.borrows:
                for name in [name for name, known in self._threads.items() if known is thread]:
                    del self._threads[name]
                thread.loop.stop()
        borrow.ended.set()

    def close(self) -> None:
        """Give every borrow back and wait for the threads to end."""
        with self._lock:
            threads = list(self._threads.values())
        for thread in threads:
            for held in list(thread.borrows):
                held.give_back()
        for thread in threads:
            if thread.alive and not thread.join(EXIT_SECONDS):
                logger.error("the event loop's thread did not end within %g seconds", EXIT_SECONDS)


_states: dict[int, _ProcessState] = {}
_inherited: list[_ProcessState] = []
"""States of the parent, kept for ever: closing their loops here would take file descriptors out of the epoll that parent
and child share."""


def _state() -> _ProcessState:
    pid = os.getpid()
    state = _states.get(pid)
    return state if state is not None else _states.setdefault(pid, _ProcessState())


def _after_fork_in_child() -> None:
    _inherited.extend(_states.values())
    _states.clear()


in_forked_child(_after_fork_in_child)


def _at_exit(state: _ProcessState, pid: int) -> None:
    # A forked child inherits its parent's exit handlers, and must leave the parent's threads alone.
    if os.getpid() == pid:
        state.close()


def borrow(name: BackendName, closing: Work) -> Borrow:
    """A borrow on this process's loop thread for ``name``, which is started if it does not run.

    :raises RuntimeError: when the loop cannot run here; the message says why.
    """
    return _state().take(name, closing)


def _new_loop(name: BackendName) -> OwnedLoop:
    if name != "asyncio" and threads_are_greenlets():
        raise RuntimeError(
            f"backend={name!r} cannot run under gevent's monkey patching: use backend='asyncio'"
        )
    if name == "trio":
        return AnyioLoop("trio")
    if name == "uvloop":
        try:
            uvloop: Any = importlib.import_module("uvloop")  # optional, so types cannot be relied on either
        except ImportError as error:
            raise RuntimeError("backend='uvloop' needs uvloop: pip install uvloop") from error
        return AsyncioLoop(uvloop.new_event_loop())
    if threads_are_greenlets() or not hasattr(select, "epoll"):
        return AsyncioLoop(asyncio.new_event_loop())
    selector = selectors.EpollSelector()
    return AsyncioLoop(asyncio.SelectorEventLoop(selector), selector.fileno())
