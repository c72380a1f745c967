"""A WSGI application that does what it is told, one request at a time, and a server that misbehaves when it is told to."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Iterable
from typing import Any

from bridgekit.typing import Environ, Message, Scope, StartResponse
from tests.helpers.asgi_driver import TIMEOUT, Connection

__all__ = ["Exchange", "Play"]

Step = tuple[Any, ...]


class Play:
    """The application's side of one request. Written in its thread; read by others when `ended` or for waiting."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
        self.entered = self.returned = 0
        self.closed = 0
        self.done = 0
        """How many steps are over."""
        self.ended = False
        self.declared: int | None = None
        self.started = False
        self.given = b""
        self.read = b""
        self.raised: BaseException | None = None
        """Its own exception, or one that a call of the adapter's has raised in it."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        self.entered += 1
        self.environ, self.start_response = environ, start_response
        iterable = None
        try:
            step = self._until("returns", "body", "raises")
            if step[0] == "raises":
                raise LookupError(self.token)
            if not self.started:
                self._start(None)
            iterable = _Body(self)
            self.returned += 1
            if step[0] == "returns":
                self.steps.put(("returns",))  # the iteration ends at once
            return iterable
        except BaseException as error:
            self.raised = error
            raise
        finally:
            del self.start_response
            if iterable is None:
                self.ended = True

    def _until(self, *kinds: str) -> Step:
        """Do what is told until it is one of these."""
        while True:
            step = self.steps.get(timeout=TIMEOUT)
            if step[0] in kinds:
                self.done += 1
                return step
            self._do(step)
            self.done += 1

    def _do(self, step: Step) -> None:
        kind, *rest = step
        if kind == "starts" and not self.started:
            self._start(*rest)
        elif kind == "writes" and self.started:
            self.write(*rest)
        elif kind == "reads":
            self.read += self.environ["wsgi.input"].read(*rest)

    def _start(self, declared: int | None) -> None:
        headers = [] if declared is None else [("Content-Length", str(declared))]
        self.write: Callable[[bytes], object] = self._noting(self.start_response("200 OK", headers))
        self.declared, self.started = declared, True

    def _noting(self, write: Callable[[bytes], object]) -> Callable[[bytes], object]:
        def noted(data: bytes) -> None:
            self.given += data
            write(data)

        return noted


class _Body:
    def __init__(self, play: Play) -> None:
        self.play = play

    def __iter__(self) -> _Body:
        return self

    def __next__(self) -> bytes:
        play = self.play
        assert not play.closed, "iterated after close()"
        try:
            kind, *rest = play._until("body", "returns", "raises")
            if kind == "raises":
                raise LookupError(play.token)
        except BaseException as error:
            play.raised = error
            raise
        if kind == "returns":
            raise StopIteration
        play.given += rest[0]
        return rest[0]

    def close(self) -> None:
        self.play.closed += 1
        self.play.ended = True


class Exchange(Connection):
    """The server's side of one request.

    :param whole: what the client is about to send; it is brought in pieces.
    """

    def __init__(self, scope: Scope, play: Play, whole: bytes, *, has_body: bool) -> None:
        super().__init__(scope, [] if has_body else None)
        self.play = play
        self.whole = whole
        self.brought = 0 if has_body else len(whole)
        self.complete_body = not has_body
        self.fate = "none"
        self.failure: BaseException = OSError()
        self.disturbed = False
        """Whether its fate has struck."""
        self.task: asyncio.Task[None]
        self.misuse: list[BaseException] = []

    def bring_piece(self, size: int, *, last: bool) -> None:
        if self.complete_body:
            return
        piece = self.whole[self.brought : None if last else self.brought + size]
        self.brought += len(piece)
        self.complete_body = last
        self.bring({"type": "http.request", "body": piece, "more_body": not last})

    def break_sending(self, error: BaseException) -> None:
        self._send_fails_at, self._send_error = self.send_calls, error

    def stall(self) -> None:
        self._stalled = True

    async def send(self, message: Message) -> None:
        try:
            await super().send(message)
        except AssertionError as error:
            self.misuse.append(error)
            raise
