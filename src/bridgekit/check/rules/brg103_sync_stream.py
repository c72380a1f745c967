"""BRG103: a stream of the other kind: a sync iterator served by ASGI, an asynchronous one by WSGI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.routed_view import RoutedView
from bridgekit.check.findings.subject import Subject
from bridgekit.check.reach import Event
from bridgekit.check.reach.values import Class, External, Function, Generator, Instance, Value, alternatives
from bridgekit.check.rules._view_blocking import walked_view
from bridgekit.check.rules._views import routed_views
from bridgekit.check.rules._walks import way
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.requests import Server

_SYNC_MAKERS = frozenset(
    {
        "open",
        "zip",
        "wsgiref.util.FileWrapper",
        "re.finditer",
        "os.scandir",
        "os.walk",
        "urllib.request.urlopen",
    }
)
_SYNC_METHODS = (".iter_content", ".iter_lines")
"""Of what ``requests`` answers."""


def check(subject: Subject) -> Iterator[Problem]:
    """Every view of a project with async ones: Django consumes such a stream whole before it sends the first byte."""
    is_asgi = subject.project.server is Server.ASGI
    kind, served = ("sync", "ASGI") if is_asgi else ("asynchronous", "WSGI")
    for view in routed_views(subject):
        for event in _of_wrong_kind(view, subject, is_asgi=is_asgi):
            yield Problem(
                f"{view.name}: StreamingHttpResponse of {_article(kind)} {kind} iterator under {served}{way(event.path)}: Django "
                "consumes it whole, in memory, before the first byte is sent",
                event.module.location_of(event.node),
                "Give it an asynchronous generator: async def, and yield."
                if is_asgi
                else "Give it a plain generator under WSGI, or serve the project by ASGI.",
                subject=f"{view.name}:{event.function}",
            )


def _article(kind: str) -> str:
    return "an" if kind[0] == "a" else "a"


def _of_wrong_kind(view: RoutedView, subject: Subject, *, is_asgi: bool) -> Iterator[Event]:
    """Streams of the other kind; none of a handler that makes both, as what it asks to choose was not understood."""
    for handler in view.handlers:
        if handler.owner.startswith("django."):
            continue
        streams = [
            (event, {_is_async(one) for one in alternatives(value)})
            for event, value in _streams(walked_view(handler, view, subject).events)
        ]
        if not any(is_asgi in kinds for _, kinds in streams):
            yield from (event for event, kinds in streams if kinds == {not is_asgi})


def _streams(events: Iterable[Event]) -> Iterator[tuple[Event, Value]]:
    """Each stream that a handler makes, or sets on a response, with what it is of."""
    for event in events:
        if event.verb == "stream":
            yield event, event.value
        elif event.verb == "store attribute" and event.name == "streaming_content" and event.arguments:
            yield event, event.arguments[0]


def _is_async(value: Value) -> bool | None:
    """Whether it is an asynchronous iterator, or a sync one that makes its items one by one; None for all else, as for lists."""
    match value:
        case Generator():
            return value.asynchronous
        case External(kind=kind) if (
            kind in _SYNC_MAKERS or kind.startswith("itertools.") or kind.endswith(_SYNC_METHODS)
        ):
            return False
        case Instance(cls=cls):
            return _of_class(cls)
        case _:
            return None


def _of_class(cls: Class) -> bool | None:
    """By the methods that a class of the project writes; with both, the sync one is asked first (HttpResponse, _set_streaming_content)."""
    found = {
        name: part
        for base in reversed(cls.order or [cls])
        if isinstance(base, Class)
        for name, part in base.known.items()
        if isinstance(part, Function)
    }
    if "__iter__" in found:
        return False
    return True if "__aiter__" in found else None


RULE = Rule("BRG103", "sync-stream", Severity.WARNING, check)
