"""What blocks or queries on the event loop in async views, with the way that leads there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bridgekit.check.findings.flow import ReadFunction, identifiers
from bridgekit.check.findings.reached import Reached, reached_functions
from bridgekit.check.findings.routed_view import ADRF, VIEW, Framework, RoutedView
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules._blocking import Blocked, Kind, Situation, blocking, handed_users
from bridgekit.check.rules._dispatch import on_the_way
from bridgekit.check.rules._views import async_views, hand_over_line, judged, stack_of, view_situation
from bridgekit.check.views.decorators import Effect

__all__ = ["blocked_in_views"]

DEPTH = 5
"""Calls that are followed from a handler."""
_CATCHES = "SynchronousOnlyOperation"
_TO_SYNC = "asgiref.sync.async_to_sync"
_REQUESTS = frozenset({"request", "self.request"})
_ASKED = {
    "test_func": "django.contrib.auth.mixins.UserPassesTestMixin",
    "has_permission": "django.contrib.auth.mixins.PermissionRequiredMixin",
}


def blocked_in_views(subject: Subject) -> Iterator[tuple[RoutedView, Reached, Blocked]]:
    """Each place with the view and the way to it; nothing of views that are not run, or not on the server's loop."""
    views = list(async_views(subject))
    if not views:
        return
    stack = stack_of(subject)
    for view in views:
        if not _runs_on_loop(view, subject):
            continue
        situation = view_situation(view, subject, stack)
        starts = [handler for handler in view.handlers if handler.is_async]
        if view.is_class and view.framework is Framework.DJANGO:
            starts += [*on_the_way(view, subject), *_asked_by_mixins(view)]
        for start in starts:
            yield from _reached_from(start, view, replace(situation, requests=_names(start, view)))


def _runs_on_loop(view: RoutedView, subject: Subject) -> bool:
    """Not so where a decorator hides that it is async (BRG101), or runs it on a loop of its own."""
    if view.is_class and not {VIEW, ADRF} & set(view.definition.mro):
        return False
    dispatch = view.definition.methods.get("dispatch")
    if dispatch is not None and dispatch.owner.startswith("rest_framework."):
        return False
    return not any(
        each.applied.name == _TO_SYNC or (each.effect is Effect.HIDES and not view.is_class)
        for each in judged(view, subject)
    )


def _asked_by_mixins(view: RoutedView) -> Iterator[ReadFunction]:
    """``test_func`` and its like, which the mixins' sync dispatch calls on the loop."""
    for name, mixin in _ASKED.items():
        method = view.definition.methods.get(name)
        if mixin in view.definition.mro and method is not None and not method.owner.startswith("django."):
            yield ReadFunction(method.node, method.module, method.owner)


def _names(start: ReadFunction, view: RoutedView) -> frozenset[str]:
    """By which names a handler knows the request: its first parameter, after ``self`` in a class."""
    arguments = [argument.arg for argument in [*start.node.args.posonlyargs, *start.node.args.args]]
    if start.owner and arguments[:1] == ["self"]:
        return frozenset({"self.request", *arguments[1:2]})
    return frozenset(arguments[:1])


def _reached_from(
    start: ReadFunction, view: RoutedView, situation: Situation
) -> Iterator[tuple[RoutedView, Reached, Blocked]]:
    definition = view.definition
    reached = reached_functions([start], definition, depth=DEPTH, setting=situation.setting)
    if any(_CATCHES in set(identifiers(one.function.node)) for one in reached):
        return
    handed = handed_users(reached, definition, situation.requests)
    line = hand_over_line(start)
    elsewhere = any(hand_over_line(one.function) is not None for one in reached[1:])
    for one in reached:
        is_start = one.function is start
        names = situation if is_start else replace(situation, requests=_REQUESTS)
        for found in blocking(one.function, names, handed.get(id(one.function.node), frozenset())):
            if found.kind in (Kind.USER, Kind.SESSION):
                before = line is None or (is_start and getattr(found.node, "lineno", 0) < line)
                if elsewhere or not before:
                    continue
            yield view, one, found
