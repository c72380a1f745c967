"""Cross between WSGI and ASGI correctly, and see what crossing costs.

The names are loaded when they are first used (PEP 562): ``bridgekit check`` needs no adapter, and an adapter neither the
timing, Django nor the checker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridgekit._lazy import lazily

if TYPE_CHECKING:
    from bridgekit.adapters.asgi_to_wsgi.adapter import ASGIToWSGI
    from bridgekit.adapters.wsgi_to_asgi.adapter import WSGIToASGI
    from bridgekit.timing import ASGITimingMiddleware, RequestTiming, WSGITimingMiddleware, span
else:  # hidden from type checkers: they would believe in every name
    __getattr__ = lazily(
        __name__,
        {
            "ASGITimingMiddleware": "bridgekit.timing",
            "ASGIToWSGI": "bridgekit.adapters.asgi_to_wsgi.adapter",
            "RequestTiming": "bridgekit.timing",
            "WSGITimingMiddleware": "bridgekit.timing",
            "WSGIToASGI": "bridgekit.adapters.wsgi_to_asgi.adapter",
            "span": "bridgekit.timing",
        },
    )

__all__ = [
    "ASGITimingMiddleware",
    "ASGIToWSGI",
    "RequestTiming",
    "WSGITimingMiddleware",
    "WSGIToASGI",
    "span",
]


def __dir__() -> list[str]:
    return __all__
