"""Middleware for settings.MIDDLEWARE."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

from bridgekit.django import conf
from bridgekit.django._exchange import DjangoExchange, report_route, request_of_request, route_of_request
from bridgekit.django._layers import LayerTimes, instrument
from bridgekit.django.single_hop import SingleHopMiddleware
from bridgekit.timing.measuring import current
from bridgekit.timing.measuring.current import KEY, enter, leave, outer_record
from bridgekit.timing.measuring.export import checked_exporters
from bridgekit.timing.measuring.paths import compile_exclusion
from bridgekit.timing.measuring.record_in_progress import LiveTiming
from bridgekit.timing.measuring.recorder import Recorder
from bridgekit.timing.measuring.reported import ReportedTiming
from bridgekit.timing.server_timing import RequestView, ServerTiming, everyone, loopback

__all__ = ["SingleHopMiddleware", "TimingMiddleware"]


class TimingMiddleware:
    """Measures requests inside Django; the first line of MIDDLEWARE.

    Sync under WSGI and async under ASGI, without a thread hop of its own: it is not a ``MiddlewareMixin``, which makes two.

    Where `ASGITimingMiddleware` or `WSGITimingMiddleware` is around Django, they measure, and this one tells them the route
    and the layers; alone it measures from here until Django closes the response (``HttpResponseBase.close``, django/http/response.py). Its
    settings begin with ``BRIDGEKIT_TIMING_``.

    :param get_response: what Django hands to each middleware.
    :raises ImproperlyConfigured: for settings that cannot be used.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        # Django imports the URLconf, and with it views that use spans, in the middle of the first request.
        current.enable()
        self._layers: LayerTimes | None = None
        self._load()
        self.get_response = get_response
        if self._wants_layers:
            self._layers = instrument(self)

    def __call__(self, request: Any) -> Any:
        """Measure one request, or give back the awaitable that does."""
        if self._generation != conf.generation():
            self._load()
        if self._excluded is not None and self._excluded(request.path):
            return self.get_response(request)
        source = getattr(request, "scope", request.META)
        live, around = outer_record(source), None
        if isinstance(live, DjangoExchange):
            return self.get_response(request)  # listed twice: the outer one does all of it
        if live is None:
            live = DjangoExchange()
            live.begin(self._recorder, request)
            source[KEY] = live
            if current.enabled:
                around = enter(live)
        if self._layers is not None:
            self._layers.start(request)
        if self._is_async:
            return self._measure_async(request, live, around)
        try:
            response = self.get_response(request)
        except BaseException as error:
            self._failed(live, error)
            raise
        finally:
            if around is not None:
                leave(around)
        return self._done(request, live, response)

    async def _measure_async(self, request: Any, live: Any, around: ReportedTiming | None) -> Any:
        try:
            response = await self.get_response(request)
        except BaseException as error:
            self._failed(live, error)
            raise
        finally:
            if around is not None:
                leave(around)
        return self._done(request, live, response)

    def _failed(self, live: Any, error: BaseException) -> None:
        if isinstance(live, DjangoExchange):
            live.fail(error)
        elif hasattr(live, "note_error"):
            live.note_error(error)

    def _done(self, request: Any, live: Any, response: Any) -> Any:
        if self._layers is not None and isinstance(live, LiveTiming):
            live.set_layers(self._layers.read(request))
        if not isinstance(live, DjangoExchange):
            report_route(live, request)
        else:
            live.follow(response)
            for name, value in self._recorder.headers_for(live):
                add_header(response, name, value)
        return response

    def _load(self) -> None:
        self._generation = conf.generation()
        options = conf.timing_options()
        show = options["show"]
        self._wants_layers = options["layers"]
        self._excluded = compile_exclusion(options["exclude"])
        self._recorder = Recorder(
            exporters=checked_exporters(options["exporters"]),
            request_of=request_of_request,
            route_of=route_of_request,
            server_timing=None
            if show is None
            else ServerTiming(allow=_asked_of_view(show), timing_allow_origin=options["allow_origin"]),
            queue_time=options["queue_time"],
            traceparent=options["traceparent"],
        )


def _asked_of_view(show: Callable[[Any], bool]) -> Callable[[RequestView], bool]:
    """The setting's function of Django's request as one of our view of it; under its own name, for the log."""
    if show in (everyone, loopback):  # ready-made ones take the view
        return show

    @functools.wraps(show)
    def allow(view: RequestView) -> bool:
        return show(view.source)

    return allow


def add_header(response: Any, name: str, value: str) -> None:
    """Add to a header, never over it: Django's responses hold one line per name."""
    there = response.headers.get(name)
    if there and name != "Timing-Allow-Origin":
        value = f"{there}, {value}"
    response.headers[name] = value
