"""How long a request took, and why: one record for every request, the same on both protocols.

`ASGITimingMiddleware` and `WSGITimingMiddleware` measure; exporters (`bridgekit.timing.exporters`) take the finished `RequestTiming`.
"""

from __future__ import annotations

from bridgekit.timing.asgi import ASGITimingMiddleware
from bridgekit.timing.record import Kind, Outcome, RequestTiming, SpanTiming
from bridgekit.timing.routes import set_route
from bridgekit.timing.server_timing import ServerTiming
from bridgekit.timing.spans import carry_request, span
from bridgekit.timing.wsgi import WSGITimingMiddleware

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
