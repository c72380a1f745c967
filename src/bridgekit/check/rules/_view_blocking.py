"""The walks through the project's async views, each made once for the rules that ask, and what in them is wrong on the loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import ReadFunction
from bridgekit.check.findings.routed_view import ADRF, VIEW, Applied, Framework, RoutedView
from bridgekit.check.findings.subject import Subject
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.reach import Event, ViewWalk, walk_view
from bridgekit.check.rules._blocking_events import Blocked, Kind, Situation, blocked
from bridgekit.check.rules._dispatch import on_the_way
from bridgekit.check.rules._storage import caches_in_database, has_sites, mail_blocks
from bridgekit.check.rules._templates import rendered
from bridgekit.check.rules._views import async_views, judged, stack_of
from bridgekit.check.rules._walks import setting_of
from bridgekit.check.views.decorators import Effect
from bridgekit.middleware_chain.requests import Server

_TO_SYNC = "asgiref.sync.async_to_sync"
_ASKED = {
    "test_func": "django.contrib.auth.mixins.UserPassesTestMixin",
    "has_permission": "django.contrib.auth.mixins.PermissionRequiredMixin",
}


@dataclass(frozen=True, slots=True)
class ViewBlocked:
    """Something that blocks, or fails, on the loop, and the view that reaches it."""

    view: RoutedView
    event: Event
    found: Blocked


def blocked_in_views(subject: Subject, *kinds: Kind) -> Iterator[ViewBlocked]:
    """Each place of these kinds; nothing of views that are not run, or not on the server's loop."""
    views = list(async_views(subject))
    if not views:
        return
    stack = stack_of(subject)
    situation = Situation(
        False,
        frozenset(caches_in_database(subject)),
        has_sites(subject),
        False,
        mail_blocks(subject),
    )
    for view in views:
        if not _runs_on_loop(view, subject):
            continue
        for start in _starts(view, subject):
            walk = walked_view(start, view, subject)
            certain = view.framework is not Framework.OTHER and (
                not _unknown(view, subject) or (not view.is_class and walk.followed)
            )
            here = replace(
                situation,
                session_queries=certain and stack.session_is_lazy,
                user_queries=certain and stack.user_is_lazy,
            )
            for event in walk.events:
                if not event.on_loop or _is_django(event):
                    continue
                found = rendered(event, subject) if event.verb == "render" else blocked(event, here)
                if found is not None and found.kind is Kind.LAZY and event.verb == "render":
                    found = found if here.user_queries else None
                if found is not None and found.kind in kinds:
                    yield ViewBlocked(view, event, found)


def walked_view(start: ReadFunction, view: RoutedView, subject: Subject) -> ViewWalk:
    """What happens when Django calls one function of a view."""
    key = ("view", id(view), id(start.node))
    known = subject.walks.get(key)
    if not isinstance(known, ViewWalk):
        around = () if view.is_class else _unknown(view, subject)
        known = walk_view(
            start,
            view,
            view.definition.load,
            setting_of(subject),
            around,
            subject.project.bounds,
            asgi=subject.project.server is Server.ASGI,
        )
        subject.walks[key] = known
    return known


def loader_of(subject: Subject) -> Callable[[str], SourceModule]:
    """Gives modules of the project alone, as walks want them."""
    return lambda path: subject.project.load(path) or SourceModule(path, "", None, "not the project's own")


def _is_django(event: Event) -> bool:
    return event.module.name.startswith("django.")


def _unknown(view: RoutedView, subject: Subject) -> list[Applied]:
    """The decorators of which only their own source shows what they do, innermost first."""
    return [each.applied for each in judged(view, subject) if each.effect is Effect.UNKNOWN]


def _starts(view: RoutedView, subject: Subject) -> list[ReadFunction]:
    starts = [handler for handler in view.handlers if handler.is_async]
    if view.is_class and view.framework is Framework.DJANGO:
        starts += [*on_the_way(view, subject), *_asked_by_mixins(view)]
    return starts


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
