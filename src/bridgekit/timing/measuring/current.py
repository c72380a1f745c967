"""The request that is being measured here, found from any thread or task that carries its context.

Putting a request into its context costs half as much as all the rest of the measuring (every `ContextVar.set` copies a part of
the context), and only spans and routes named from within ever look there. So nothing is put there until the modules of those are
imported, which is when they call `enable`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

from bridgekit.timing.interface import Shared
from bridgekit.timing.measuring.reported import ReportedTiming

KEY = "bridgekit.timing"
"""Where the live record stands in a scope and in an environ (docs/design.md, "How timing crosses an adapter")."""

enabled = False
"""Whether anybody looks for requests in their context; drivers read it as ``_context.enabled``."""

recorders: WeakSet[Shared] = WeakSet()
"""All there are, to know what is in flight."""

# Set once, by the outermost wrapper, to a mutable record: a value set later, further in, would not come out of
# BaseHTTPMiddleware's task or of a worker thread (Kludex/starlette#1678); a change to a shared record does.
live_in_context: ContextVar[ReportedTiming | None] = ContextVar("bridgekit.timing", default=None)

logger = logging.getLogger("bridgekit.timing")


def enable() -> None:
    """From now on, requests are put into their contexts; those that run already cannot be, and a warning counts them."""
    global enabled
    if enabled:
        return
    enabled = True
    missed = sum(len(recorder.in_flight) for recorder in tuple(recorders))
    if missed:
        logger.warning(
            "span, set_route and carry_request do not know of the %d request(s) that were running when they were first "
            "imported: import them where the module begins, not in a function",
            missed,
        )


def current() -> ReportedTiming | None:
    """The live record of the request around this code, or None outside of one and after its end."""
    live = live_in_context.get()
    return None if live is None or live.finished else live


def enter(live: ReportedTiming) -> ReportedTiming | None:
    """Put a request into this context; give back the one that it is made in the middle of, for `leave`."""
    around = live_in_context.get()
    live_in_context.set(live)
    return None if around is None or around.finished or around is live else around


def leave(around: ReportedTiming) -> None:
    """Give the context back to the request around the one that ends."""
    # Not reset(token): that raises where a coroutine is closed in another context than its own.
    if not around.finished:
        live_in_context.set(around)


def outer_record(source: Any) -> Any:
    """What measures the request of a scope or environ further out, also through an adapter of another library; None if nothing does.

    a2wsgi's leaves the other side's dictionary, asgiref's carries the context. Those that do neither (uvicorn's) cannot be seen through.
    """
    found = source.get(KEY)
    if found is None:
        other = source.get("asgi.scope") or source.get("wsgi_environ")
        found = other.get(KEY) if isinstance(other, Mapping) else None
    if found is None and enabled and (around := current()) is not None and is_same_request(around, source):
        found = around
    return found if is_live(found) else None


def is_same_request(around: ReportedTiming, environ: Any) -> bool:
    """Whether an environ is what an adapter made of the scope that is measured around it, and not of a request made in the middle."""
    scope = around.source
    if around.interface != "asgi" or "REQUEST_METHOD" not in environ or scope is None:
        return False
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return bool(
        scope.get("method") == environ["REQUEST_METHOD"]
        and scope["path"].encode("utf-8", "surrogateescape").decode("latin-1") == path
        and scope.get("query_string", b"").decode("latin-1") == environ.get("QUERY_STRING", "")
    )


def is_live(found: object) -> bool:
    """Whether what stands at `KEY` measures a request that is still running (a scope may be used twice in tests)."""
    return found is not None and not getattr(found, "finished", False)
