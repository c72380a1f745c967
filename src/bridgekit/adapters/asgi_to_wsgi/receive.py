"""The request's body for an ASGI application: read from ``wsgi.input`` when it is asked for, by whoever may read it."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol

from bridgekit.adapters.asgi_to_wsgi.request_body import Reader, WSGIInput
from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.own_loop.helper_threads import run_in_helper
from bridgekit.concurrency.own_loop.loops import Cancellable, OwnedLoop, Waiter
from bridgekit.typing import Message

logger = logging.getLogger("bridgekit.adapters")

READ_TIMEOUT = 1.0
"""Seconds in which a client that is sending its body sends something of it. Another one has stopped."""


WATCH_INTERVAL = 1.0
"""Seconds between two questions whether a client is there that an application waits for to leave."""


def once_heard(loop: OwnedLoop, callback: Callable[[], None]) -> None:
    """On the loop: call ``callback`` when those have heard that the client has left who were woken in ``receive`` just now.

    A task that listened has ended in the loop's next step, and who waits for it was told in another. trio's callbacks are no steps.
    """

    def next_step() -> None:
        loop.later(0, after_it)

    def after_it() -> None:
        loop.soon(callback)

    loop.soon(next_step)


class BodyOwner(Protocol):
    """The request that the body belongs to."""

    lock: threading.Lock
    closed: bool
    """Whether the input is the server's again. Set with ``lock`` held."""

    @property
    def disconnected(self) -> bool:
        """Whether nobody is there any more to send or to receive."""

    def ask_request_thread(self) -> None:
        """Have the request's thread call `BodyFeed.read_here`."""

    def note_client_left(self) -> None:
        """Nobody is there any more to be answered, and the application is about to be told."""


class BodyFeed:
    """ASGI's ``receive`` for one request.

    :param owner: the request, until `let_go`: the two refer to each other, and only a garbage collection would find that.
    """

    failure: BaseException | None = None
    """What the server's input raised, while somebody may ask. This object is in its traceback."""

    truncated = False
    """Whether the body ended before its length: the client left, and the server raised nothing."""

    left = False
    """Whether the client was found to have left after its body."""

    _watch: Cancellable | None = None
    _reading: threading.Event | None = None
    _reported = _asked = _broken = False

    def __init__(self, owner: BodyOwner, body: WSGIInput, loop: OwnedLoop) -> None:
        self._owner: BodyOwner | None = owner
        self._input = body
        self._loop = loop
        self._pieces: list[Message] = []
        self._waiters: list[Waiter] = []

    # In the request's thread

    @property
    def busy(self) -> bool:
        """Whether another thread is still reading from the request's input. Asked with the request's lock held."""
        return self._reading is not None and not self._reading.is_set()

    def end(self, *, kept: bool) -> None:
        """After the request was closed: wait until nobody reads from the input any more.

        The server goes on to read from the same input: two readers would tear the next request apart. A client that sends
        no more for `READ_TIMEOUT` seconds is read from no longer: the server finds the end of the connection and gives it up.
        Sooner it must not be, for that client may be about to complete its body and to send its next request.

        :param kept: whether there may be a next request on the connection.
        """
        reading = self._reading  # an event per read of a helper thread
        if reading is not None and not reading.wait(READ_TIMEOUT if kept else 0):
            self._input.interrupt()
            reading.wait()

    def read_here(self) -> None:
        """Read a piece of the body in the thread of the request.

        :raises BaseException: what is no `Exception` and was thrown into the thread meanwhile.
        """
        failure = self._read(self._loop.post)
        if failure is not None and not isinstance(failure, Exception):
            try:
                raise failure
            finally:
                del failure  # a reference from a frame to its own traceback

    def _read(self, post: Callable[[Callable[[], None]], None]) -> BaseException | None:
        data, failure = b"", None
        try:
            data = self._input.read()
        except (
            BaseException
        ) as error:  # SystemExit, too, and a greenlet's timeout: the application must hear of it
            failure = error
        try:
            with contextlib.suppress(LoopGone):
                post(partial(self._fed, data, failure))
            return failure
        finally:
            del failure  # as above

    # On the loop

    async def receive(self) -> Message:
        """The next piece of the body, read now; after it, the client's leaving."""
        while True:
            owner = self._owner
            if self._broken or owner is None or owner.disconnected:
                return {"type": "http.disconnect"}
            if self._pieces:
                return self._pieces.pop(0)
            # While a read is under way, the state of the input is the reading thread's.
            if not self._asked and not self._reported:
                if self._input.ended:
                    self._reported = True
                    return {"type": "http.request", "body": b"", "more_body": False}
                self._request_read(owner)
                continue
            if self._reported and self._client_leaves(owner):
                continue
            del owner  # nobody's while it waits
            waiter = self._loop.waiter()
            self._waiters.append(waiter)
            try:
                await waiter
            finally:
                self._waited(waiter)

    def _client_leaves(self, owner: BodyOwner) -> bool:
        """Whether the client is gone, where the application waits for nothing else; if not, look again later.

        A server that waits for its application looks at no socket, and a long poll writes nothing that could fail: without this
        it holds its thread, and its application, for nobody.
        """
        if owner.closed:  # the socket is of the next request
            return False
        if self._input.client_has_left():
            self.left = self._broken = True
            owner.note_client_left()
            self._wake()
        elif self._watch is None:
            self._watch = self._loop.later(WATCH_INTERVAL, self._look_again)
        return self.left

    def _look_again(self) -> None:
        self._watch = None
        owner = self._owner
        if self._waiters and owner is not None and not owner.disconnected:
            self._client_leaves(owner)

    def _waited(self, waiter: Waiter) -> None:
        """Of a wait that was cancelled (as by Starlette's `is_disconnected`), and of the last, nothing stays behind."""
        with contextlib.suppress(ValueError):
            self._waiters.remove(waiter)
        if not self._waiters and self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def dismiss(self) -> None:
        """Nobody is there any more, and `receive` tells it."""
        self.failure = None
        self._wake()

    def _wake(self) -> None:
        """Let `receive` look again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.wake()

    def let_go(self) -> None:
        """The application has ended. A task that it has left behind hears that nobody is there."""
        self._owner = None
        self._wake()

    def _request_read(self, owner: BodyOwner) -> None:
        reader = self._input.reader
        self._asked = True
        if reader is Reader.LOOP:
            self._read(_at_once)
        elif reader is Reader.REQUEST:
            owner.ask_request_thread()
        else:
            reading = threading.Event()
            with owner.lock:
                if owner.closed:
                    self._broken = True
                    return
                self._reading = reading
            try:
                run_in_helper(partial(self._read_in_helper, reading))
            except RuntimeError:  # no thread can be started: whoever closes the request must not wait for it
                self._asked = False
                reading.set()
                raise

    def _read_in_helper(self, reading: threading.Event) -> None:
        def post(fed: Callable[[], None]) -> None:
            # First of all: the request may end by what the application does with this piece, and whoever finds a read
            # under way then would interrupt it.
            reading.set()
            self._loop.post(fed)

        self._read(post)

    def _fed(self, data: bytes, failure: BaseException | None) -> None:
        """A piece of the body was read, or could not be."""
        self._asked = False
        if failure is not None:
            owner = self._owner
            if owner is not None and not owner.disconnected:
                self.failure = failure
            logger.debug("reading the request's body failed", exc_info=failure)
        self.truncated = failure is None and not data and not self._input.ended
        if failure is not None or self.truncated:
            self._broken = True
        else:
            self._reported = self._input.ended
            self._pieces.append({"type": "http.request", "body": data, "more_body": not self._input.ended})
        self._wake()


def _at_once(fed: Callable[[], None]) -> None:
    fed()
