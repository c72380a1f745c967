"""What rules about async views share: which views there are, and what Django's stack makes of reading user and session there."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import identifiers, own_functions
from bridgekit.check.findings.reached import called_functions
from bridgekit.check.findings.routed_view import Applied, RoutedView
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules._storage import session_uses_database
from bridgekit.check.settings.result import Known
from bridgekit.check.views.decorators import Effect, Judgement, judge

_AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
_MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
_SETTLE_USER = frozenset(
    f"django.contrib.auth.middleware.{name}"
    for name in ("LoginRequiredMiddleware", "RemoteUserMiddleware", "PersistentRemoteUserMiddleware")
)
_NEWEST = (99,)


def routed_views(subject: Subject) -> list[RoutedView]:
    """The views of the URLconf that the settings name; none where that is not certain, or where none is async."""
    found = near_async(subject)
    return found if any(view.is_async for view in found) else []


def near_async(subject: Subject) -> list[RoutedView]:
    """As `routed_views`, where no view needs to be async: an ``async def`` in its module is enough."""
    root = subject.variant.value("ROOT_URLCONF")
    if not isinstance(root, Known) or not isinstance(root.value, str):
        return []
    return list(subject.project.routed_views(root.value))


def async_views(subject: Subject) -> Iterator[RoutedView]:
    """Those with an ``async def`` handler."""
    return (view for view in routed_views(subject) if view.is_async)


@dataclass(frozen=True, slots=True)
class Judged:
    """A decorator of a view, and what it makes of it."""

    applied: Applied
    judgement: Judgement

    @property
    def effect(self) -> Effect:
        """What becomes of a coroutine function."""
        return self.judgement.effect


def judged(view: RoutedView, subject: Subject) -> list[Judged]:
    """The view's wrappers, innermost first."""
    return [Judged(each, judge_one(each, subject)) for each in reversed(view.wrappers)]


def judge_one(applied: Applied, subject: Subject) -> Judgement:
    """What one decorator makes of an async view, with the project's Django."""
    return judge(applied, subject.project.load_any, subject.project.versions.get("django", _NEWEST))


@dataclass(frozen=True, slots=True)
class Stack:
    """What is so in every view of one stack, whichever it is."""

    user_is_lazy: bool
    """Whether ``request.user`` certainly queries when a view first reads it: Django's own middleware made it, and no layer has
    read it in a thread before."""
    session_is_lazy: bool


def stack_of(subject: Subject) -> Stack:
    """Asked once by each rule: it walks through every layer."""
    in_database = session_uses_database(subject)
    return Stack(
        _makes_lazy_user(subject, in_database) and not _layer_may_read(subject, "user"),
        in_database and not _sets_csrf_in_session(subject) and not _layer_may_read(subject, "session"),
    )


def _makes_lazy_user(subject: Subject, session_in_database: bool) -> bool:
    paths = {checked.dotted_path for checked in subject.middleware}
    backends = subject.variant.value("AUTHENTICATION_BACKENDS")
    usual = backends is None or (
        isinstance(backends, Known)
        and isinstance(backends.value, list | tuple)
        and _MODEL_BACKEND in backends.value
    )
    return _AUTHENTICATION in paths and (usual or session_in_database) and not _SETTLE_USER & paths


def _layer_may_read(subject: Subject, name: str) -> bool:
    """Whether a layer that is not Django's own names the user or the session, or cannot be read."""
    for checked in subject.middleware:
        if checked.dotted_path.startswith("django."):
            continue
        definition = checked.definition
        if definition is None or definition.node is None:
            return True
        called = called_functions(own_functions(definition), definition)
        if any(name in set(identifiers(one.node)) for one in called):
            return True
    return False


def _sets_csrf_in_session(subject: Subject) -> bool:
    setting = subject.variant.value("CSRF_USE_SESSIONS")
    return setting is not None and not (isinstance(setting, Known) and setting.value is False)
