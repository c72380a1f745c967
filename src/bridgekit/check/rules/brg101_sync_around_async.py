"""BRG101: a decorator, mixin or base class that knows no coroutines, around an async view."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Related, Severity
from bridgekit.check.findings.routed_view import Applied, Framework, RoutedView
from bridgekit.check.findings.subject import Subject
from bridgekit.check.reach import walk_wrapped
from bridgekit.check.rules._coroutine_result import first_of
from bridgekit.check.rules._dispatch import dispatch_problems
from bridgekit.check.rules._unawaited_dispatch import unawaited_dispatch
from bridgekit.check.rules._view_blocking import loader_of
from bridgekit.check.rules._views import Judged, async_views, judge_one, judged, stack_of
from bridgekit.check.rules._walks import setting_of
from bridgekit.check.rules.rule import Rule
from bridgekit.check.views.decorators import Effect

_TO_SYNC = "asgiref.sync.async_to_sync"
_METHOD_DECORATOR = "django.utils.decorators.method_decorator"
_ATOMIC = "django.db.transaction.atomic"
_UNAWAITED = "so that Django calls it as a sync view and answers 500 for the coroutine that it gets"


def check(subject: Subject) -> Iterator[Problem]:
    """Async views of the URLconf, whichever server runs them."""
    views = list(async_views(subject))
    if not views:
        return
    stack = stack_of(subject)
    for view in views:
        if not view.is_class:
            yield from _around_function(view, subject)
        elif view.framework is Framework.DJANGO:
            yield from _around_class(view, subject)
            yield from dispatch_problems(view, subject, stack)
            yield from unawaited_dispatch(view, subject)
        else:
            yield from _in_rest_framework(view)


def _problem(view: RoutedView, applied: Applied, message: str, fix: str) -> Problem:
    place = applied.module.location_of(applied.node)
    return Problem(
        f"{view.name}: {message}",
        place,
        fix,
        subject=f"{view.name}:{applied.name}",
        related=(Related(view.location, "async view"),) if place != view.location else (),
    )


def _around_function(view: RoutedView, subject: Subject) -> Iterator[Problem]:
    """The first wrapper that hides it, unless one further out may know what to do with a coroutine."""
    wrappers = judged(view, subject)
    hiding = next((n for n, each in enumerate(wrappers) if each.effect is not Effect.KEEPS), None)
    if hiding is None:
        return
    if any(_may_await(each) for each in wrappers[hiding:]):
        yield from _followed(view, wrappers, hiding, subject)
        return
    applied = wrappers[hiding].applied
    yield _problem(
        view,
        applied,
        f"{_short(applied)} makes a sync function of this async view, {_UNAWAITED}",
        f"Use a decorator that has an async wrapper for async views, or make {view.node.name} a sync view.",
    )


def _followed(view: RoutedView, wrappers: list[Judged], first: int, subject: Subject) -> Iterator[Problem]:
    """Wrappers whose form alone does not show what they do with a coroutine."""
    applied = wrappers[first].applied
    walk = walk_wrapped(
        [each.applied for each in wrappers], loader_of(subject), setting_of(subject), subject.project.bounds
    )
    use = first_of(walk.events)
    if use is not None:
        message = f"{use.function or _short(applied)} uses what the view gives without awaiting it: of an async view that is a coroutine"
    elif walk.marked is False and walk.is_coroutine:
        message = f"{_short(applied)} makes a sync function of this async view, {_UNAWAITED}"
    else:
        return
    yield _problem(
        view,
        applied,
        message,
        f"Use a decorator that has an async wrapper for async views, or make {view.node.name} a sync view.",
    )


def _may_await(each: Judged) -> bool:
    return each.effect is Effect.UNKNOWN or each.applied.name == _TO_SYNC


def _around_class(view: RoutedView, subject: Subject) -> Iterator[Problem]:
    """What ``as_view()`` gives is marked as a coroutine function: a wrapper that copies the mark is awaited."""
    wrappers = judged(view, subject)
    for position, each in enumerate(wrappers):
        if each.effect is Effect.UNKNOWN:
            return
        if each.effect is Effect.HIDES and any(_may_await(outer) for outer in wrappers[position:]):
            return
        if each.effect is Effect.HIDES and each.applied.name == _ATOMIC:
            yield _problem(
                view,
                each.applied,
                "transaction.atomic opens its transaction on the event loop: SynchronousOnlyOperation on every request",
                "Open the transaction in a sync function, and call that by sync_to_async.",
            )
        elif each.effect is Effect.HIDES and not each.judgement.copies:
            yield _problem(
                view,
                each.applied,
                f"{_short(each.applied)} makes a sync function of this async view, {_UNAWAITED}",
                "Use functools.wraps and an async wrapper for async views.",
            )
    yield from _handlers(view, subject)


def _handlers(view: RoutedView, subject: Subject) -> Iterator[Problem]:
    for handler in view.handlers:
        if not handler.is_async:
            continue
        for decorator in handler.node.decorator_list:
            applied = Applied(decorator, handler.module)
            effect = judge_one(applied, subject).effect
            inner = _method_decorated(applied)
            if inner is not None and inner.name == _ATOMIC:
                message = "transaction.atomic opens its transaction on the event loop: SynchronousOnlyOperation on every request"
            elif effect is Effect.HIDES and inner is None and len(handler.node.decorator_list) == 1:
                message = f"{_short(applied)} makes a sync method of async {handler.name}, {_UNAWAITED}"
            else:
                continue
            yield _problem(
                view, applied, message, "Call what is sync in a function of its own, by sync_to_async."
            )


def _method_decorated(applied: Applied) -> Applied | None:
    if applied.name != _METHOD_DECORATOR or not isinstance(applied.node, ast.Call) or not applied.node.args:
        return None
    return Applied(applied.node.args[0], applied.module)


def _short(applied: Applied) -> str:
    return applied.name.rpartition(".")[2] or "a decorator"


def _in_rest_framework(view: RoutedView) -> Iterator[Problem]:
    """Its views take what a handler returns for the response (rest_framework/views.py, APIView.dispatch)."""
    dispatch = view.definition.methods.get("dispatch")
    if dispatch is None or not dispatch.owner.startswith("rest_framework.") or dispatch.is_async:
        return
    handler = next(each for each in view.handlers if each.is_async)
    yield Problem(
        f"{view.name}: Django REST framework does not await the async {handler.name}: every request fails",
        handler.module.location_of(handler.node),
        "Make the handler a plain function, or use an APIView of the package adrf.",
        subject=f"{view.name}:rest_framework",
    )


RULE = Rule("BRG101", "sync-around-async", Severity.ERROR, check)
