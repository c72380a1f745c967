"""The one-line fix for hidden hops on stock Django."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


class SingleHopMiddleware:
    """Does nothing, in sync mode only; the last line of MIDDLEWARE.

    `BaseHandler.load_middleware` (django/core/handlers/base.py) builds the chain from the view outwards and lets every middleware that
    can be sync follow a sync one inside it. With this one innermost, Django's `MiddlewareMixin` classes run
    sync, all in one thread, and none of them crosses to a thread for each of its hooks: startproject's stack makes 4 hops
    a request in place of 15.

    The price: a thread is held while an async view runs, as under WSGI. It is the one that `ThreadSensitiveContext` of Django's
    `ASGIHandler` keeps for the request in any case, from its first hop to its end: no request takes one more.

    :param get_response: what Django hands to each middleware.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the view."""
        return self.get_response(request)
