import os

from .web import MIDDLEWARE as _stack


def _cached(stack, *, first, last):
    """Between the two halves of Django's cache middleware."""
    stack[:] = [first] + stack + [last]


if os.getenv("CACHE"):
    _cached(
        _stack,
        first="django.middleware.cache.UpdateCacheMiddleware",
        last="django.middleware.cache.FetchFromCacheMiddleware",
    )
