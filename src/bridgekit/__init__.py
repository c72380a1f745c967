"""Cross between WSGI and ASGI correctly, and see what crossing costs.

The names are loaded when they are first used (PEP 562): ``bridgekit check`` needs no adapter, and an adapter neither the
timing, Django nor the checker.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "ASGITimingMiddleware": "bridgekit.timing",
    "ASGIToWSGI": "bridgekit.adapters.asgi_to_wsgi",
    "RequestTiming": "bridgekit.timing",
    "WSGITimingMiddleware": "bridgekit.timing",
    "WSGIToASGI": "bridgekit.adapters.wsgi_to_asgi",
    "span": "bridgekit.timing",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(home), name)
    return value


def __dir__() -> list[str]:
    return __all__
