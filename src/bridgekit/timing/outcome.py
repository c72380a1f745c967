"""How a request ended, and what sort of exchange it was."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a request ended. Exactly one holds."""

    OK = "ok"
    """Complete, status below 400 (or a websocket closed in order)."""
    CLIENT_ERROR = "client_error"
    """Complete, status 400 to 499."""
    SERVER_ERROR = "server_error"
    """Complete, status 500 or above."""
    EXCEPTION = "exception"
    """The application raised before its response began."""
    STREAM_EXCEPTION = "stream_exception"
    """The application raised after its response began: the client got a truncated body."""
    INCOMPLETE = "incomplete"
    """The application returned without completing its response, though nobody knows of a client that left."""
    CLIENT_GONE = "client_gone"
    """The client left before the last byte was handed over."""
    CANCELLED = "cancelled"
    """Ended from outside: a cancelled task, or another exception that is not an `Exception` (`SystemExit`)."""


class Kind(StrEnum):
    """What sort of exchange it was: only `PLAIN` ones say something about latency by their duration."""

    PLAIN = "plain"
    """The body was handed over in one piece, as a sized collection, or as a file."""
    STREAM = "stream"
    """The body came in several pieces: its duration depends on the producer and on the client's speed."""
    EVENT_STREAM = "event_stream"
    """Server-sent events (``text/event-stream``): lives as long as the client likes."""
    WEBSOCKET = "websocket"
    """A whole websocket session."""
