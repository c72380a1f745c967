"""Instrumentations put functions of their own in the place of Django's methods, before or after the handler is made."""

from __future__ import annotations

import asyncio
import functools
import inspect
import itertools
from typing import Any

import pytest
from django.core.handlers import base
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.dispatch import Signal
from django.http.response import HttpResponseBase

from bridgekit.django import _layers
from bridgekit.django.handlers.asgi import PooledASGIHandler
from bridgekit.django.middleware import TimingMiddleware
from bridgekit.testing import count_hops
from bridgekit.timing.exporters.memory import MemoryExporter
from tests.django.handlers import layers, views
from tests.django.handlers.driver import HANDLERS, ask, project
from tests.helpers.loosely import loosely
from tests.middleware_chain.kinds import KINDS, STARTPROJECT

PATCHED = [
    (BaseHandler, "load_middleware"),
    (BaseHandler, "get_response_async"),
    (BaseHandler, "make_view_atomic"),
    (BaseHandler, "resolve_request"),
    (BaseHandler, "process_exception_by_middleware"),
    (ASGIHandler, "__call__"),
    (ASGIHandler, "create_request"),
    (ASGIHandler, "run_get_response"),
    (ASGIHandler, "send_response"),
]


def counting(calls: list[str], name: str, original: Any) -> Any:
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def patched_async(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            return await original(*args, **kwargs)

        return patched_async

    @functools.wraps(original)
    def patched(*args: Any, **kwargs: Any) -> Any:
        calls.append(name)
        return original(*args, **kwargs)

    return patched


@pytest.mark.parametrize("url", ["plain/", "plain-async/", "fails/500/", "fails-async/500/", "stream-async/"])
@pytest.mark.parametrize("stack", [list(STARTPROJECT), [*STARTPROJECT, KINDS["SyncOnly"]], [KINDS["Both"]]])
def test_what_is_patched_is_called_as_often_as_under_django(
    stack: list[str], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    with project(views.__name__, stack):
        for handler in HANDLERS.values():
            calls: list[str] = []
            with monkeypatch.context() as patches:
                for owner, name in PATCHED:
                    patches.setattr(owner, name, counting(calls, name, getattr(owner, name)))
                answer = asyncio.run(ask(handler(), f"/{url}"))
            found.append((answer.status, answer.body, sorted(calls)))
    assert found[0] == found[1]


@pytest.mark.parametrize("url", ["plain/", "plain-async/"])
@pytest.mark.parametrize("stack", [[], list(STARTPROJECT), [KINDS["Both"]]])
def test_who_closes_responses_instead_of_django_closes_each(
    stack: list[str], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nothing else is patched: what the handler closes by itself is what Django's method would close."""
    calls: list[str] = []
    monkeypatch.setattr(HttpResponseBase, "close", counting(calls, "close", HttpResponseBase.close))
    with project(views.__name__, stack):
        for handler in HANDLERS.values():
            assert asyncio.run(ask(handler(), f"/{url}")).status == 200
    assert calls == ["close"] * len(HANDLERS)


@pytest.mark.parametrize("url", ["plain/", "plain-async/"])
def test_signals_are_sent_by_django_s_own_code(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wraps the receivers sees each of them."""
    found = []
    original = Signal._live_receivers  # type: ignore[attr-defined]  # not in the stubs
    with project(views.__name__, STARTPROJECT):
        for handler in HANDLERS.values():
            seen: list[str] = []

            def live(self: Signal, sender: Any, seen: list[str] = seen) -> Any:
                sync, asynchronous = original(self, sender)
                seen.extend(receiver.__qualname__ for receiver in sync)
                return sync, asynchronous

            with monkeypatch.context() as patches:
                patches.setattr(Signal, "_live_receivers", live)
                asyncio.run(ask(handler(), f"/{url}"))
            found.append(seen)
    assert found[0] == found[1]


class Wrapped:
    """A class around each middleware, as put there by what patches ``import_string``."""

    sync_capable = True

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped
        self.async_capable = getattr(wrapped, "async_capable", False)

    def __call__(self, get_response: Any) -> Any:
        instance = self.wrapped(get_response)

        if inspect.iscoroutinefunction(get_response):

            async def around_async(request: Any) -> Any:
                request.scope["passed"].append(type(instance).__name__)
                return await instance(request)

            return around_async

        def around(request: Any) -> Any:
            request.scope["passed"].append(type(instance).__name__)
            return instance(request)

        return around


@pytest.mark.parametrize("url", ["plain/", "plain-async/"])
def test_wrapped_layers_are_passed_in_their_order(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    original = loosely(base).import_string
    monkeypatch.setattr(base, "import_string", lambda path: Wrapped(original(path)))
    with project(views.__name__, [*STARTPROJECT[:3], KINDS["SyncOnly"], *STARTPROJECT[3:]]):
        for handler in HANDLERS.values():
            passed: list[str] = []
            answer = asyncio.run(ask(handler(), f"/{url}", passed=passed))
            found.append((answer.status, sorted(answer.headers), passed))
    assert found[0] == found[1]
    assert len(found[1][2]) == 8


@pytest.mark.parametrize("url", ["plain/", "plain-async/", "stream-async/"])
def test_layer_times_are_taken_as_under_django(url: str) -> None:
    found = []
    for handler in HANDLERS.values():
        exporter = MemoryExporter()
        with project(
            views.__name__,
            [f"{TimingMiddleware.__module__}.TimingMiddleware", *STARTPROJECT],
            BRIDGEKIT_TIMING_LAYERS=True,
            BRIDGEKIT_TIMING_EXPORTERS=[exporter],
        ):
            asyncio.run(ask(handler(), f"/{url}"))
        (record,) = exporter.records()
        assert all(layer.seconds > 0 for layer in record.layers)
        found.append((record.route, record.status, [layer.name for layer in record.layers]))
    assert found[0] == found[1]
    assert len(found[1][2]) == 8


TIMING = f"{TimingMiddleware.__module__}.TimingMiddleware"


@pytest.mark.parametrize(
    "stack",
    [[TIMING, *STARTPROJECT], [TIMING, TIMING, *STARTPROJECT], [TIMING, KINDS["Both"], *STARTPROJECT]],
)
@pytest.mark.parametrize(
    "url", ["plain/", "plain-async/", "fails/500/", "fails-async/500/", "nowhere/", "stream-async/"]
)
def test_measured_layers_cross_as_seldom_as_others(stack: list[str], url: str) -> None:
    """A stopwatch between two layers is no reason to run them one by one."""
    counted = []
    for measured in (False, True):
        with project(
            views.__name__,
            stack,
            BRIDGEKIT_TIMING_LAYERS=measured,
            BRIDGEKIT_TIMING_EXPORTERS=[MemoryExporter()],
        ):
            app: Any = PooledASGIHandler()
            with count_hops() as hops:
                asyncio.run(ask(app, f"/{url}"))
            counted.append(hops.hops)
    assert counted[0] == counted[1]


@pytest.mark.parametrize("query", ["", "?answer=1", "?raise=request", "?raise=response"])
@pytest.mark.parametrize("url", ["plain/", "plain-async/"])
def test_a_layer_s_time_is_its_own_whatever_way_it_is_left(
    url: str, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a clock that goes on by one whenever it is read: as many readings inside each boundary as under Django."""
    found = []
    raises = f"{layers.__name__}.Raises"
    for handler in HANDLERS.values():
        ticks = itertools.count()
        monkeypatch.setattr(_layers, "clock", lambda ticks=ticks: next(ticks) * 10**9)
        exporter = MemoryExporter()
        with project(
            views.__name__,
            [TIMING, *STARTPROJECT[:3], raises, *STARTPROJECT[3:]],
            BRIDGEKIT_TIMING_LAYERS=True,
            BRIDGEKIT_TIMING_EXPORTERS=[exporter],
        ):
            answer = asyncio.run(ask(handler(), f"/{url}{query}", events=[]))
        (record,) = exporter.records()
        found.append((answer.status, [(layer.name, layer.seconds) for layer in record.layers]))
    assert found[0] == found[1]
    assert len(found[1][1]) >= 4
