"""What a class of the project does with the coroutine that the dispatch of an async view gives."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Related
from bridgekit.check.findings.flow import ReadFunction
from bridgekit.check.findings.routed_view import RoutedView
from bridgekit.check.findings.subject import Subject
from bridgekit.check.reach import walk_wrapped
from bridgekit.check.rules._coroutine_result import Use, first_of
from bridgekit.check.rules._dispatch import around_dispatch
from bridgekit.check.rules._view_blocking import loader_of, walked_view
from bridgekit.check.rules._views import judge_one
from bridgekit.check.rules._walks import setting_of, way
from bridgekit.check.views.decorators import Effect


def unawaited_dispatch(view: RoutedView, subject: Subject) -> Iterator[Problem]:
    """A dispatch of its own, and what ``method_decorator`` puts around it: both get a coroutine (View.dispatch)."""
    if view.definition.mro_complete.reason:
        return
    for use in _uses(view, subject):
        place = use.module.location_of(use.node)
        yield Problem(
            f"{view.name}: {use.function or 'a decorator'} uses what dispatch gives without awaiting it{way(use.path)}: of an async view "
            "that is a coroutine",
            place,
            "Make it async, and await what it calls.",
            subject=f"{view.name}:{use.function}",
            related=(Related(view.location, "async view"),) if place != view.location else (),
        )


def _uses(view: RoutedView, subject: Subject) -> Iterator[Use]:
    dispatch = view.definition.methods.get("dispatch")
    if dispatch is not None and not dispatch.owner.startswith("django.") and not dispatch.node.decorator_list:
        own = ReadFunction(dispatch.node, dispatch.module, dispatch.owner)
        use = first_of(walked_view(own, view, subject).events)
        if use is not None:
            yield use
    around = list(around_dispatch(view))
    if around and any(judge_one(each, subject).effect is not Effect.KEEPS for each in around):
        walk = walk_wrapped(
            around[::-1], loader_of(subject), setting_of(subject), subject.project.bounds, of_dispatch=True
        )
        use = first_of(walk.events)
        if use is not None:
            yield use
