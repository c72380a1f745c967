"""The async views that Django refuses to run in a transaction."""

from __future__ import annotations

import ast

from bridgekit.check.findings.routed_view import Applied, RoutedView
from bridgekit.check.findings.subject import Subject
from bridgekit.check.reach import walk_wrapped
from bridgekit.check.rules._dispatch import around_dispatch
from bridgekit.check.rules._view_blocking import loader_of
from bridgekit.check.rules._views import judged, near_async
from bridgekit.check.rules._walks import setting_of
from bridgekit.check.views.decorators import Effect
from bridgekit.middleware_chain.facts import Location

_EXCEPTS = "django.db.transaction.non_atomic_requests"


def atomic_views(subject: Subject, alias: str) -> list[Location]:
    """Those that the URLconf routes, with all that stands around them; of modules of which it routes nothing, by their source."""
    routed = near_async(subject)
    read = {view.module.path for view in routed}
    found = [
        view.location
        for view in routed
        if view.is_async and _stays_async(view, subject) and not _is_excepted(view, alias)
    ]
    return list(
        dict.fromkeys(
            [
                *found,
                *(
                    view.location
                    for view in subject.project.async_views()
                    if not view.non_atomic and view.location.path not in read
                ),
            ]
        )
    )


def _stays_async(view: RoutedView, subject: Subject) -> bool:
    """Whether Django is certainly given a coroutine function; what hides that is BRG101's."""
    wrappers = judged(view, subject)
    if all(each.effect is Effect.KEEPS for each in wrappers):
        return True
    if any(each.effect is Effect.HIDES for each in wrappers):
        return False
    around = [each.applied for each in wrappers]
    walk = walk_wrapped(around, loader_of(subject), setting_of(subject), subject.project.bounds)
    return walk.marked is True


def _is_excepted(view: RoutedView, alias: str) -> bool:
    """Whether the mark that make_view_atomic looks for is on it; ``as_view()`` takes it over from dispatch, an inherited one too."""
    if any(_excepts(each, alias) for each in view.wrappers):
        return True
    if not view.is_class:
        return False
    modules = {method.module.path: method.module for method in view.definition.methods.values()}
    return any(_excepts(each, alias) for each in around_dispatch(view)) or any(
        isinstance(node, ast.ClassDef)
        and any("non_atomic_requests" in ast.dump(each) for each in node.decorator_list)
        for module in modules.values()
        if module.path != view.module.path and not module.name.startswith("django.")
        for node in (module.tree.body if module.tree is not None else ())
    )


def _excepts(applied: Applied, alias: str) -> bool:
    if applied.name != _EXCEPTS:
        return False
    node = applied.node
    if not isinstance(node, ast.Call):
        return alias == "default"
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    using = given[0].value if given and isinstance(given[0], ast.Constant) else None
    return using is None or using == alias
