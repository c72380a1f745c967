"""The request that is being measured here, found from any thread or task that carries its context."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridgekit.timing._live import LiveTiming

__all__ = ["KEY", "current", "is_live", "live_in_context"]

KEY = "bridgekit.timing"
"""Where the live record stands in a scope and in an environ (docs/design.md, "How timing crosses an adapter")."""

# Set once, by the outermost wrapper, to a mutable record: a value set later, further in, would not come out of
# BaseHTTPMiddleware's task or of a worker thread (Kludex/starlette#1678); a change to a shared record does.
live_in_context: ContextVar[LiveTiming | None] = ContextVar("bridgekit.timing", default=None)


def current() -> LiveTiming | None:
    """The live record of the request around this code, or None outside of one and after its end."""
    live = live_in_context.get()
    return None if live is None or live.finished else live


def is_live(found: object) -> bool:
    """Whether what stands at `KEY` measures a request that is still running (a scope may be used twice in tests)."""
    return found is not None and not getattr(found, "finished", False)
