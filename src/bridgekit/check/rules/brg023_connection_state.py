"""BRG023: state on django.db.connection that is set for one thread's connection and looked for on another's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridgekit.check.findings.finding import Problem, Related, Severity
from bridgekit.check.findings.routed_view import RoutedView
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.reach import Event
from bridgekit.check.reach.interpreter import CONNECTION
from bridgekit.check.reach.values import Native
from bridgekit.check.rules._view_blocking import walked_view
from bridgekit.check.rules._views import async_views
from bridgekit.check.rules._walks import walked, way
from bridgekit.check.rules.rule import Rule

_SETTERS = frozenset(
    ["set_rollback", "set_schema", "set_schema_to_public", "set_tenant", "set_autocommit", "execute_wrapper"]
)
_FIX = "Keep it in a contextvars.ContextVar or on the request; what belongs to queries, set in sync code that runs in their thread."


def check(subject: Subject) -> Iterator[Problem]:
    """Each thread has a connection of its own (django/db/utils.py, ConnectionHandler.thread_critical), and the loop's is that of
    all requests at once, while no query runs on it."""
    for checked, definition in subject.read_middleware():
        if checked.dotted_path.startswith("django."):
            continue
        events = walked(subject, definition, asynchronous=checked.accepts_async).events
        for name, event in _set(events):
            if event.on_loop:
                yield _on_loop(subject, checked, name, event)
            elif name not in _SETTERS:
                yield from _read_elsewhere(subject, checked, name, event)


def _on_loop(subject: Subject, checked: CheckedMiddleware, name: str, event: Event) -> Problem:
    return Problem(
        f"{checked.dotted_path}: connection.{name} is set on the event loop{way(event.path)}, where the connection is that of all "
        "requests: no query of this one meets it, and another request may",
        subject.shown_at(checked, event.module.location_of(event.node)),
        _FIX,
        subject=f"{checked.dotted_path}:connection.{name}",
    )


def _read_elsewhere(
    subject: Subject, checked: CheckedMiddleware, name: str, event: Event
) -> Iterator[Problem]:
    found = _read_on_loop(name, subject)
    if found is None:
        return
    view, read = found
    yield Problem(
        f"{checked.dotted_path} sets connection.{name} in a thread{way(event.path)}, and the async view {view.name} reads it on the "
        f"event loop{way(read.path)}: that is another connection, and it is not there",
        subject.shown_at(checked, event.module.location_of(event.node)),
        _FIX,
        subject=f"{checked.dotted_path}:connection.{name}",
        related=(Related(read.module.location_of(read.node), f"reads connection.{name}"),),
    )


def _set(events: Iterable[Event]) -> Iterator[tuple[str, Event]]:
    """Attributes that are set, and Django's and its backends' own methods that do nothing else; each once in a place."""
    seen: set[int] = set()
    for event in events:
        owner, _, method = event.name.rpartition(".")
        if event.module.name.startswith("django.") or id(event.node) in seen:
            continue
        if event.verb == "store attribute" and _is_connection(event):
            name = event.name
        elif event.verb == "call" and owner == CONNECTION and method in _SETTERS:
            name = method
        else:
            continue
        seen.add(id(event.node))
        yield name, event


def _is_connection(event: Event) -> bool:
    return isinstance(event.value, Native) and event.value.name == CONNECTION


def _read_on_loop(name: str, subject: Subject) -> tuple[RoutedView, Event] | None:
    """The first view that reads an attribute before it sets it."""
    for view in async_views(subject):
        for handler in view.handlers:
            events = walked_view(handler, view, subject).events if handler.is_async else ()
            for event in events:
                if not event.on_loop or not _is_connection(event) or event.name != name:
                    continue
                if event.verb == "attribute":
                    return view, event
                if event.verb == "store attribute" and event.certain:
                    break
    return None


RULE = Rule("BRG023", "connection-state", Severity.WARNING, check)
