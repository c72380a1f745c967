"""Probes at the places where threads and event loops are crossed, in place only while somebody listens.

asgiref and the adapters have no hooks for this, and should not pay for any: the methods through which every crossing goes are
replaced on their classes, and put back when the last listener leaves.
"""

from __future__ import annotations

import contextvars
import functools
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from asgiref.sync import AsyncToSync, SyncToAsync, ThreadSensitiveContext

from bridgekit.adapters.asgi_to_wsgi import response_body
from bridgekit.adapters.asgi_to_wsgi.runtime import ASGIRuntime
from bridgekit.adapters.asgi_to_wsgi.websocket_responder import WebSocketResponder
from bridgekit.adapters.wsgi_to_asgi import responder
from bridgekit.adapters.wsgi_to_asgi.app_run import AppRun


@dataclass(frozen=True, slots=True)
class Event:
    """One crossing as a probe saw it."""

    to_thread: bool
    name: str
    is_hop: bool
    holds_thread: bool


@dataclass(frozen=True, slots=True)
class ThreadEvent:
    """A request has begun to keep a thread, or has let it go. ``owner`` is what asgiref or bridgekit has for that."""

    owner: int
    kept: bool


Listener = Callable[[Event | ThreadEvent], None]

_arrived_by: contextvars.ContextVar[bool | None] = contextvars.ContextVar("arrived_by", default=None)
"""The direction of the request's first crossing that has not returned, true for into a thread: it began on the other side.
asgiref and the adapters hand the context on, so what is called on the far side sees it."""


class _Here(threading.local):
    """What this thread is doing: how often it was taken by a crossing, and how often it waits for a loop."""

    taken = 0
    waiting = 0


_here = _Here()
_lock = threading.Lock()
_listeners: tuple[Listener, ...] = ()
_originals: list[tuple[type | ModuleType, str, Any]] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell ``listener`` of every crossing that begins inside the block."""
    global _listeners
    with _lock:
        if not _listeners:
            _install()
        _listeners = (*_listeners, listener)
    try:
        yield
    finally:
        with _lock:
            # Each block its own: the same listener may be there twice.
            index = _listeners.index(listener)
            _listeners = _listeners[:index] + _listeners[index + 1 :]
            if not _listeners:
                _remove()


def _install() -> None:
    for owner, name, probe in (
        *_probes_of_handlers(),
        (SyncToAsync, "__call__", _probe_to_thread),
        (SyncToAsync, "thread_handler", _probe_in_thread),
        (ThreadSensitiveContext, "__aexit__", _probe_context_end),
        (AsyncToSync, "__call__", _probe_to_loop),
        (AppRun, "_call", _probe_wsgi_app),
        (ASGIRuntime, "admit", _probe_asgi_app),
        (responder, "apply_changes", _probe_apply_changes),
        (response_body, "overlay_context", _probe_overlay),
    ):
        original = getattr(owner, name)
        _originals.append((owner, name, original))
        setattr(owner, name, functools.wraps(original)(probe(original)))


def _probes_of_handlers() -> list[tuple[type | ModuleType, str, Any]]:
    """Those of `bridgekit.django`, where Django is installed."""
    try:
        from bridgekit.django.handlers.on_loop import OnLoop
    except ImportError:
        return []
    from bridgekit.django.handlers.crossing import ThreadCall
    from bridgekit.django.handlers.request_executor import RequestExecutor

    return [
        (OnLoop, "__call__", _probe_to_loop),
        (ThreadCall, "__await__", _probe_thread_call),
        (ThreadCall, "_in_thread", _probe_thread_of_call),
        (ThreadCall, "wait_for_loop", _probe_waiting_thread),
        (RequestExecutor, "_serve", _probe_request_executor),
    ]


def _remove() -> None:
    while _originals:
        owner, name, original = _originals.pop()
        setattr(owner, name, original)


def _tell(name: str, *, to_thread: bool) -> bool:
    """Tell all listeners; gives back the direction by which what follows has arrived."""
    arrived_by = _arrived_by.get()
    first = to_thread if arrived_by is None else arrived_by
    holds_thread = not to_thread and _here.taken > 0 and _here.waiting == 0
    _publish(Event(to_thread, name, is_hop=first is to_thread, holds_thread=holds_thread))
    return first


def _publish(event: Event | ThreadEvent) -> None:
    for listener in _listeners:
        listener(event)


def _probe_to_thread(original: Callable[..., Any]) -> Callable[..., Any]:
    async def __call__(self: SyncToAsync[..., Any], *args: Any, **kwargs: Any) -> Any:
        before = _arrived_by.get()
        _arrived_by.set(_tell(name_of(self.func), to_thread=True))
        if self._thread_sensitive:
            _note_context()
        try:
            return await original(self, *args, **kwargs)
        finally:
            _arrived_by.set(before)

    return __call__


def _note_context() -> None:
    """The first such call in a `ThreadSensitiveContext` makes asgiref take a thread, which is kept until its end."""
    context = SyncToAsync.thread_sensitive_context.get(None)
    if context is None or getattr(AsyncToSync.executors, "current", None) is not None:
        return
    executor = SyncToAsync.context_to_thread_executor.get(context)
    if executor is None or isinstance(executor, ThreadPoolExecutor):
        _publish(ThreadEvent(id(context), kept=True))


def _probe_context_end(original: Callable[..., Any]) -> Callable[..., Any]:
    async def __aexit__(self: ThreadSensitiveContext, *given: Any) -> Any:
        try:
            return await original(self, *given)
        finally:
            _publish(ThreadEvent(id(self), kept=False))

    return __aexit__


def _probe_request_executor(original: Callable[..., Any]) -> Callable[..., Any]:
    def _serve(self: Any) -> Any:
        _publish(ThreadEvent(id(self), kept=True))
        try:
            return original(self)
        finally:
            _publish(ThreadEvent(id(self), kept=False))

    return _serve


def _probe_in_thread(original: Callable[..., Any]) -> Callable[..., Any]:
    def thread_handler(self: SyncToAsync[..., Any], *args: Any, **kwargs: Any) -> Any:
        # A thread that waits in async_to_sync lends itself to calls from below: those take it once more.
        _here.taken += 1
        try:
            return original(self, *args, **kwargs)
        finally:
            _here.taken -= 1

    return thread_handler


def _probe_to_loop(original: Callable[..., Any]) -> Callable[..., Any]:
    def __call__(self: AsyncToSync[..., Any], *args: Any, **kwargs: Any) -> Any:
        before = _arrived_by.get()
        _arrived_by.set(_tell(name_of(self.awaitable), to_thread=False))
        _here.waiting += 1
        try:
            return original(self, *args, **kwargs)
        finally:
            _here.waiting -= 1
            _arrived_by.set(before)

    return __call__


def _probe_wsgi_app(original: Callable[..., Any]) -> Callable[..., Any]:
    def _call(self: AppRun) -> Any:
        # Runs in the worker, in the request's own context, which ends with it.
        _arrived_by.set(_tell(name_of(self._app), to_thread=True))
        _here.taken += 1
        try:
            return original(self)
        finally:
            _here.taken -= 1

    return _call


def _probe_asgi_app(original: Callable[..., Any]) -> Callable[..., Any]:
    def admit(self: ASGIRuntime, responder: Any) -> Any:
        # The wait itself comes later, in the response's iteration, and another call of this thread cannot come between.
        first = _tell(name_of(responder._app), to_thread=False)
        # The application runs there, or in a copy of it.
        context = responder._context if isinstance(responder, WebSocketResponder) else responder.context
        context.run(_arrived_by.set, first)
        return original(self, responder)

    return admit


def _probe_thread_call(original: Callable[..., Any]) -> Callable[..., Any]:
    def __await__(self: Any) -> Generator[Any, None, Any]:
        first = _tell(name_of(self._function), to_thread=True)
        # The thread runs in a context of its own, which is copied already.
        self._context.run(_arrived_by.set, first)
        before = _arrived_by.get()
        try:
            return (yield from original(self))
        finally:
            _arrived_by.set(before)

    return __await__


def _probe_thread_of_call(original: Callable[..., Any]) -> Callable[..., Any]:
    def _in_thread(self: Any) -> Any:
        _here.taken += 1
        try:
            return original(self)
        finally:
            _here.taken -= 1

    return _in_thread


def _probe_waiting_thread(original: Callable[..., Any]) -> Callable[..., Any]:
    def wait_for_loop(self: Any, function: Any, request: Any) -> Any:
        _tell(name_of(function), to_thread=False)
        _here.waiting += 1
        try:
            return original(self, function, request)
        finally:
            _here.waiting -= 1

    return wait_for_loop


def _probe_apply_changes(original: Callable[..., None]) -> Callable[..., None]:
    def apply_changes(before: contextvars.Context, after: contextvars.Context) -> None:
        # The adapters give the caller the context as the application leaves it, perhaps in the middle of a crossing.
        mine = _arrived_by.get()
        original(before, after)
        _arrived_by.set(mine)

    return apply_changes


def _probe_overlay(original: Callable[..., Any]) -> Callable[..., Any]:
    def overlay_context(request: object, before: contextvars.Context, after: contextvars.Context) -> Any:
        mine = _arrived_by.get()
        overlay = original(request, before, after)
        _arrived_by.set(mine)
        return overlay

    return overlay_context


def name_of(target: Any) -> str:
    """A callable's name for people, through Django's exception handler and partials: ``CommonMiddleware.process_request``."""
    while True:
        if isinstance(target, functools.partial):
            target = target.func
        elif hasattr(target, "__wrapped__"):
            target = target.__wrapped__
        else:
            break
    owner = getattr(target, "__self__", None)
    if owner is not None and not isinstance(owner, type):
        return f"{type(owner).__qualname__}.{getattr(target, '__name__', '?')}"
    return str(getattr(target, "__qualname__", type(target).__qualname__))
