"""Cross between WSGI and ASGI correctly, and see what crossing costs.

Importing this package loads neither Django nor the checker.
"""

from __future__ import annotations

from bridgekit.adapters.asgi_to_wsgi import ASGIToWSGI
from bridgekit.adapters.wsgi_to_asgi import WSGIToASGI
from bridgekit.timing import ASGITimingMiddleware, RequestTiming, WSGITimingMiddleware, span

__all__ = [
    "ASGITimingMiddleware",
    "ASGIToWSGI",
    "RequestTiming",
    "WSGITimingMiddleware",
    "WSGIToASGI",
    "span",
]
