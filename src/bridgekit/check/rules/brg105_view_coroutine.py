"""BRG105: a coroutine that a view returns un-awaited, or runs to its end where a loop runs already."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import ReadFunction
from bridgekit.check.findings.routed_view import Framework, RoutedView
from bridgekit.check.findings.subject import Subject
from bridgekit.check.reach.values import Coroutine
from bridgekit.check.rules._blocking_events import Kind
from bridgekit.check.rules._view_blocking import blocked_in_views, walked_view
from bridgekit.check.rules._views import judged, near_async
from bridgekit.check.rules._walks import way
from bridgekit.check.rules.rule import Rule
from bridgekit.check.views.decorators import Effect


def check(subject: Subject) -> Iterator[Problem]:
    """Views of both kinds, whichever server runs them."""
    for view in near_async(subject):
        if view.framework is Framework.DJANGO and _is_as_written(view, subject):
            for handler in view.handlers:
                yield from _returned(handler, view, subject)
    for one in blocked_in_views(subject, Kind.LOOP):
        event, found = one.event, one.found
        yield Problem(
            f"{one.view.name}: {found.what} in {event.function}, on the event loop{way(event.path, found.last)}: "
            "RuntimeError, as a loop runs there already",
            event.module.location_of(event.node),
            "Await the coroutine: the whole way down from the view is to be async.",
            subject=f"{one.view.name}:{found.what}",
        )


def _is_as_written(view: RoutedView, subject: Subject) -> bool:
    """Whether nothing around it may await what it returns."""
    wrappers = judged(view, subject)
    if view.is_async:
        return all(each.effect is Effect.KEEPS for each in wrappers)
    own = view.definition.methods.get("dispatch")
    return (own is None or own.owner.startswith("django.")) and all(
        each.applied.name.startswith("django.") for each in wrappers
    )


def _returned(handler: ReadFunction, view: RoutedView, subject: Subject) -> Iterator[Problem]:
    """Django raises ValueError for a coroutine in a response's place (django/core/handlers/base.py, check_response)."""
    if handler.is_async is not view.is_async or handler.owner.startswith("django."):
        return
    if view.is_class and handler.node.decorator_list:
        return
    for event in walked_view(handler, view, subject).events:
        if event.verb == "return" and len(event.running) == 1 and isinstance(event.value, Coroutine):
            remedy = (
                "Await it."
                if view.is_async
                else "Make the view async and await it, or call it by async_to_sync."
            )
            yield Problem(
                f"{view.name}: {handler.name} returns a coroutine that nobody awaits: ValueError, and 500",
                event.module.location_of(event.node),
                remedy,
                subject=f"{view.name}:{handler.name}",
            )


RULE = Rule("BRG105", "view-coroutine", Severity.ERROR, check)
