"""From the chain that Django loads to the nodes that the handler runs.

Django's own `BaseHandler.load_middleware` builds the chain, and with it whatever patches that method or the classes. It asks
``adapt_method_mode`` for what each layer is given as ``get_response``; there a layer gets an entry to the node inside of it.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string

from bridgekit.django import conf
from bridgekit.django.handlers.crossing import Crossing
from bridgekit.django.handlers.halves_on_loop import HalvesOnLoop
from bridgekit.django.handlers.nodes import HalvesNode, LoopNode, Node, ThreadNode, called_in_thread
from bridgekit.django.handlers.nonblocking import is_nonblocking
from bridgekit.django.handlers.timed_halves import TimedHalvesNode, Watches, watches_of
from bridgekit.django.handlers.view import View
from bridgekit.middleware_chain.facts import HOOKS, Answer, Claim, HookFacts, MiddlewareFacts
from bridgekit.middleware_chain.handler_parts import Part, parts_of
from bridgekit.middleware_chain.requests import Mode

logger = logging.getLogger("bridgekit.django")

SAYS_SO = "bridgekit_releases_thread"
"""The attribute by which a class says that its halves need not meet in one thread."""


@dataclass
class _Entry:
    """What one layer was given as its ``get_response``, and which handler of Django's stands there in a stock chain."""

    path: str
    handler: Any
    is_async: bool
    given: Any = None
    node: Node | None = None

    @property
    def instance(self) -> Any:
        """The layer that was converted; None for the view's handler."""
        return getattr(self.handler, "__wrapped__", None)

    @property
    def of_layer(self) -> str:
        """The dotted path, as listed, of the layer that was given this."""
        return self.path.removeprefix("middleware ")


@dataclass
class _Loading:
    """What Django told while it built a chain, from the view outwards."""

    entries: list[_Entry] = field(default_factory=list)
    modes: list[bool] = field(default_factory=list)

    def enter(self, path: str, handler: Any, is_async: bool, outer_is_async: bool) -> Any:
        """What a layer gets as its ``get_response``."""
        if self.entries and self.entries[-1].handler is handler:
            self.entries.pop()  # the layer that was given it raised MiddlewareNotUsed
        entry = _Entry(path, handler, is_async)
        entry.given = _async_entry(entry) if outer_is_async else _sync_entry(entry)
        self.entries.append(entry)
        return entry.given


def _async_entry(entry: _Entry) -> Callable[[Any], Any]:
    @functools.wraps(entry.handler, updated=())
    async def get_response(request: Any) -> Any:
        assert entry.node is not None
        return await entry.node.on_loop(request)

    return get_response


def _sync_entry(entry: _Entry) -> Callable[[Any], Any]:
    @functools.wraps(entry.handler, updated=())
    def get_response(request: Any) -> Any:
        assert entry.node is not None
        return called_in_thread(entry.node, request)

    return get_response


class PlannedChain(BaseHandler):
    """Loads the async chain of a handler so that it runs as `bridgekit.middleware_chain.handler_plan` says."""

    outermost: Node | None = None
    """The outermost layer, or the view; None where no chain is loaded, as in `ASGIStaticFilesHandler`."""

    _loading: _Loading | None = None

    finish_in_thread: Callable[[Any, Any], None] | None = None
    """Called in the thread with what leaves the outermost layer, if that runs in one; None for nothing."""

    def load_middleware(self, is_async: bool = False) -> None:
        """See `BaseHandler.load_middleware`."""
        if not is_async:
            super().load_middleware(is_async)
            return
        self._loading = _Loading()
        try:
            super().load_middleware(is_async=True)
            self._middleware_chain = self._compose(self._loading)
        finally:
            self._loading = None

    def adapt_method_mode(
        self,
        is_async: bool,
        method: Any,
        method_is_async: bool | None = None,
        debug: bool = False,
        name: str | None = None,
    ) -> Any:
        """See `BaseHandler.adapt_method_mode`, which writes the log."""
        adapted = super().adapt_method_mode(is_async, method, method_is_async, debug, name)
        if self._loading is None:
            return adapted
        if method_is_async is not None:
            return self._loading.enter(name or "", method, method_is_async, is_async)
        if is_async and adapted is not method:
            return Crossing(method)
        return adapted

    def _compose(self, loading: _Loading) -> Callable[[Any], Any]:
        """Give each entry its node, from the view outwards; the outermost is the chain."""
        conf.pool_options()  # judged here, and not at the first request
        released = frozenset(conf.released_threads())
        if absent := sorted(released.difference(settings.MIDDLEWARE)):
            logger.warning(
                "%sTHREADS_RELEASED_BY names what is not in MIDDLEWARE, and releases nothing: %s",
                conf.PREFIX,
                ", ".join(absent),
            )
        entries = loading.entries
        own = [entry.instance for inner, entry in pairwise(entries) if _waits_for_nothing(inner, entry)]
        node: Node = View(self, self.finish_in_thread if len(entries) == 1 else None, own)
        entries[0].node = node
        for inner, entry in pairwise(entries):
            finish = self.finish_in_thread if entry is entries[-1] else None
            node = _node_of(entry, inner, node, released, finish, own)
            entry.node = node
        self.outermost = node
        return node.on_loop


def _node_of(
    entry: _Entry,
    inner: _Entry,
    inside: Node,
    released: frozenset[str],
    finish: Callable[[Any, Any], None] | None,
    own: Sequence[Any],
) -> Node:
    """The node of the layer whose converted callable is ``entry.handler``, around what ``inner`` gave it."""
    instance = entry.instance
    mode = Mode.ASYNC if entry.is_async else Mode.SYNC
    facts = facts_of(inner.of_layer, instance, released)
    (part,) = parts_of(facts, mode)
    watches: Watches | None = ()
    if part is Part.HALVES and vars(instance).get("get_response") is not inner.given:
        watches = watches_of(instance, inner.given)
        if watches is None:
            # Somebody looks at what passes from layer to layer: it has to pass.
            part = Part.LOOP if mode is Mode.ASYNC else Part.THREAD
    if part is Part.LOOP:
        return LoopNode(entry.handler)
    if part is Part.THREAD:
        return ThreadNode(entry.handler, finish)
    keeps = facts.keeps_thread.answer is not Answer.NO
    node = _halves(instance, watches or (), inside, keeps, finish)
    if all(any(layer is one for one in own) for layer in node.layers):
        node.alone = _on_loop(node, outermost=finish is not None)
    return node


def _halves(
    instance: Any,
    watches: Watches,
    inside: Node,
    keeps: bool,
    finish: Callable[[Any, Any], None] | None,
) -> HalvesNode:
    """A layer that is its halves, joined to those inside of it."""
    layers: tuple[Any, ...] = (instance,)
    all_watches: tuple[Watches, ...] = (watches,)
    if isinstance(inside, HalvesNode):
        layers += inside.layers
        all_watches += inside.watches if isinstance(inside, TimedHalvesNode) else ((),) * len(inside.layers)
        keeps = keeps or inside.keeps
        inside = inside.inside
    if any(all_watches):
        return TimedHalvesNode(layers, inside, keeps=keeps, finish=finish, watches=all_watches)
    return HalvesNode(layers, inside, keeps=keeps, finish=finish)


def _waits_for_nothing(inner: _Entry, entry: _Entry) -> bool:
    """Whether the list names the class itself, and no factory, of which the checker knows nothing."""
    return is_nonblocking(entry.instance) and import_string(inner.of_layer) is type(entry.instance)


def _on_loop(node: HalvesNode, *, outermost: bool) -> HalvesOnLoop | None:
    """The way of layers that wait for nothing around a view, or what is awaited; None around what is not."""
    inside = node.inside
    if isinstance(inside, View) and inside.nonblocking:
        return HalvesOnLoop(node, inside.find, converted=False, outermost=outermost)
    if isinstance(inside, LoopNode):
        return HalvesOnLoop(node, lambda request: inside.on_loop, converted=True, outermost=outermost)
    return None


def facts_of(path: str, instance: Any, released: frozenset[str]) -> MiddlewareFacts:
    """What the plan asks of a loaded layer."""
    kind = type(instance)

    def claim(value: bool) -> Claim:
        return Claim(Answer.of(value), "as loaded")

    return MiddlewareFacts(
        path,
        sync_capable=claim(bool(getattr(kind, "sync_capable", True))),
        async_capable=claim(bool(getattr(kind, "async_capable", False))),
        mixin_acall=claim(getattr(kind, "__acall__", None) is MiddlewareMixin.__acall__),
        mixin_call=claim(kind.__call__ is MiddlewareMixin.__call__),
        marked_async=claim(iscoroutinefunction(instance)),
        hooks={
            name: HookFacts(name, claim(iscoroutinefunction(getattr(instance, name))))
            for name in HOOKS
            if hasattr(instance, name)
        },
        keeps_thread=claim(not _releases_thread(path, kind, released)),
    )


def _releases_thread(path: str, kind: type, released: frozenset[str]) -> bool:
    """Whether nothing is lost if the halves of a layer run in two threads: Django's own, and those that say so."""
    if path in released or getattr(kind, SAYS_SO, False):
        return True
    return all(base.__module__.partition(".")[0] == "django" for base in kind.__mro__ if base is not object)
