"""Whose doing an end was: the application's, the client's, or somebody's who cancelled it."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType

from bridgekit.exceptions import ClientDisconnected
from bridgekit.timing.measuring.reported import ReportedTiming
from bridgekit.timing.outcome import Outcome

MAX_CHAIN = 16
"""How many causes and contexts of an exception are looked at."""


def outcome_of(live: ReportedTiming, *, complete: bool) -> Outcome:
    """How a request ended that did not simply go well."""
    error, status = live.error, live._status
    if live.gone:
        return Outcome.CLIENT_GONE
    if complete and status is not None:
        # An error besides a complete response is one that was answered (Starlette raises it again after its 500).
        return Outcome.OK if status < 400 else Outcome.CLIENT_ERROR if status < 500 else Outcome.SERVER_ERROR
    if error is None:
        return Outcome.INCOMPLETE
    if any(isinstance(e, ClientDisconnected) for e in chain(error)):
        return Outcome.CLIENT_GONE
    if not isinstance(error, Exception):
        return Outcome.CANCELLED
    return Outcome.EXCEPTION if status is None else Outcome.STREAM_EXCEPTION


def raised_in(error: BaseException, code: CodeType | None) -> bool:
    """Whether an `OSError` in the chain of `error` was raised inside the function of that code.

    ASGI 2.4 ("Disconnected Client - send exception") makes ``send`` raise an `OSError` for a client that has gone, but an
    application raises `OSError` for reasons of its own as well (a missing file, a broken upstream): only the
    traceback tells them apart.
    """
    if code is None:
        return False
    for link in chain(error):
        if isinstance(link, OSError):
            trace = link.__traceback__
            while trace is not None:
                if trace.tb_frame.f_code is code:
                    return True
                trace = trace.tb_next
    return False


def code_of(function: object) -> CodeType | None:
    """The code that runs when `function` is called, or None if it is not written in Python."""
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None:
        code = getattr(vars(type(function)).get("__call__"), "__code__", None)
    return code if isinstance(code, CodeType) else None


def chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, what it holds if it is a group, its causes and its contexts; bounded."""
    todo, seen = [error], 0
    while todo and seen < MAX_CHAIN:
        link = todo.pop()
        seen += 1
        yield link
        if isinstance(link, BaseExceptionGroup):
            todo.extend(link.exceptions)
        follow = link.__cause__ or link.__context__
        if follow is not None:
            todo.append(follow)
