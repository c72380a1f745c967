"""How long a request took, and why: one record for every request, the same on both protocols.

`ASGITimingMiddleware` and `WSGITimingMiddleware` measure; exporters (`bridgekit.timing.exporters`) take the finished `RequestTiming`.

`span`, `carry_request` and `set_route` are loaded when they are first used (PEP 562): while nobody imports them, requests need not be
put into their contexts. Import them where your module begins, not in a function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridgekit._lazy import lazily
from bridgekit.timing.asgi import ASGITimingMiddleware
from bridgekit.timing.details import SpanTiming
from bridgekit.timing.outcome import Kind, Outcome
from bridgekit.timing.record import RequestTiming
from bridgekit.timing.server_timing import ServerTiming
from bridgekit.timing.wsgi import WSGITimingMiddleware

if TYPE_CHECKING:
    from bridgekit.timing.named_routes import set_route
    from bridgekit.timing.spans import carry_request, span
else:  # hidden from type checkers: they would believe in every name
    __getattr__ = lazily(
        __name__,
        {
            "carry_request": "bridgekit.timing.spans",
            "set_route": "bridgekit.timing.named_routes",
            "span": "bridgekit.timing.spans",
        },
    )

__all__ = [
    "ASGITimingMiddleware",
    "Kind",
    "Outcome",
    "RequestTiming",
    "ServerTiming",
    "SpanTiming",
    "WSGITimingMiddleware",
    "carry_request",
    "set_route",
    "span",
]


def __dir__() -> list[str]:
    return __all__
