"""BRG006: request state in a threading.local that code on the event loop writes or reads."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from bridgekit.check.findings.finding import Problem, Related, Severity
from bridgekit.check.findings.flow import ReadFunction, imported_names
from bridgekit.check.findings.subject import AsyncView, CheckedMiddleware, Subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.reach import Event, walk_function
from bridgekit.check.rules._signals import STARTED, receivers_in
from bridgekit.check.rules._thread_state import Access, reads, writes
from bridgekit.check.rules._walks import setting_of, walked, way
from bridgekit.check.rules.rule import Rule
from bridgekit.check.settings.result import Known
from bridgekit.middleware_chain.requests import Server

_LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_FIX = "Use a contextvars.ContextVar, or asgiref.local.Local."


def check(subject: Subject) -> Iterator[Problem]:
    """State of a thread that the middleware fills, where the event loop's thread meets it (ASGI).

    In threads alone it holds: all sync code of one request runs in one thread (asgiref.sync.ThreadSensitiveContext).
    """
    if subject.project.server is not Server.ASGI:
        return
    for checked, definition in subject.read_middleware():
        if checked.dotted_path.startswith("django."):
            continue
        events = walked(subject, definition, asynchronous=checked.accepts_async).events
        problem = _written_on_loop(checked, events, subject) or _read_by_view(
            checked, definition, events, subject
        )
        if problem is not None:
            yield problem


def _written_on_loop(checked: CheckedMiddleware, events: Sequence[Event], subject: Subject) -> Problem | None:
    """The middleware's own code on the loop fills it: the loop's thread, and so the state, is that of all requests."""
    for access in _filled(events):
        event = access.event
        if event.on_loop:
            return Problem(
                f"{checked.dotted_path} keeps request state in {access.name}, {access.kind}, and sets it in {event.function}, "
                f"which runs on the event loop in async mode: all requests share that thread, and see each other's state"
                f"{way(event.path)}",
                subject.shown_at(checked, event.module.location_of(event.node)),
                _FIX,
                subject=checked.dotted_path,
            )
    return None


def _read_by_view(
    checked: CheckedMiddleware, definition: Definition, events: Sequence[Event], subject: Subject
) -> Problem | None:
    """An async view reads what the middleware, or a receiver beside it, filled in another thread."""
    filled = [*_filled(events), *_by_receivers(definition, subject)]
    if not filled:
        return None
    labels = {access.event.label for access in filled} - {""}
    for view in subject.project.async_views():
        read = _reader(view, labels, definition, subject)
        if read is None:
            continue
        label, how = read
        access = next(one for one in filled if one.event.label == label)
        return Problem(
            f"{checked.dotted_path} keeps request state in {access.name}, {access.kind}, which the async view "
            f"{view.function.name} reads{how}: on the event loop's thread it is not there",
            subject.shown_at(checked, access.event.module.location_of(access.event.node)),
            _FIX,
            subject=checked.dotted_path,
            related=(Related(view.location, "async view"),),
        )
    return None


def _filled(events: Iterable[Event]) -> Iterator[Access]:
    """Writes of request state in modules that know no context variables.

    Who keeps context variables as well distinguishes threads from requests.
    """
    for access in writes(events):
        names = set(imported_names(access.event.module).values())
        if not {"contextvars.ContextVar", "contextvars"} & names:
            yield access


def _by_receivers(definition: Definition, subject: Subject) -> Iterator[Access]:
    for signal, function in receivers_in(definition.module) if definition.module is not None else ():
        if signal == STARTED:
            yield from _filled(walk_function(function, definition, setting_of(subject), asynchronous=False))


def _reader(
    view: AsyncView, labels: set[str], definition: Definition, subject: Subject
) -> tuple[str, str] | None:
    """Which state a view reaches on the loop, and how: by calls, or by logging through a filter of the settings."""
    events = walk_function(view.function, definition, setting_of(subject), asynchronous=True)
    for access in reads(events):
        if access.event.on_loop and access.event.label in labels:
            return access.event.label, way(access.event.path)
    if any(_logs(event) for event in events):
        for name, function in _log_filters(subject, definition):
            for access in reads(walk_function(function, definition, setting_of(subject), asynchronous=False)):
                if access.event.label in labels:
                    return access.event.label, f", by what it logs through {name}"
    return None


def _logs(event: Event) -> bool:
    owner, _, verb = event.name.rpartition(".")
    return event.on_loop and event.verb == "call" and verb in _LOG_METHODS and "log" in owner.lower()


def _log_filters(subject: Subject, definition: Definition) -> Iterator[tuple[str, ReadFunction]]:
    """``filter`` and ``format`` of the project's classes that LOGGING names, by ``()`` or ``class``."""
    config = subject.variant.value("LOGGING")
    settings = config.value if isinstance(config, Known) and isinstance(config.value, dict) else {}
    for section in ("filters", "formatters", "handlers"):
        entries = settings.get(section)
        for entry in entries.values() if isinstance(entries, dict) else ():
            path = (entry.get("()") or entry.get("class")) if isinstance(entry, dict) else None
            origin, _, last = path.rpartition(".") if isinstance(path, str) else ("", "", "")
            module = definition.load(origin) if origin and not origin.startswith("logging") else None
            for node in module.tree.body if module is not None and module.tree is not None else ():
                if isinstance(node, ast.ClassDef) and node.name == last and module is not None:
                    for inner in node.body:
                        if isinstance(inner, ast.FunctionDef) and inner.name in (
                            "filter",
                            "format",
                            "emit",
                            "__call__",
                        ):
                            yield last, ReadFunction(inner, module)
                elif isinstance(node, ast.FunctionDef) and node.name == last and module is not None:
                    yield last, ReadFunction(node, module)


RULE = Rule("BRG006", "thread-local", Severity.WARNING, check)
