"""The walks through the code of a stack, each made once for all rules that ask for it."""

from __future__ import annotations

from collections.abc import Callable

from bridgekit.check.findings.subject import Subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.reach import Walk, walk_middleware
from bridgekit.check.settings.result import Known
from bridgekit.middleware_chain.requests import Server


def walked(subject: Subject, definition: Definition, *, asynchronous: bool) -> Walk:
    """What happens when Django loads this middleware and calls it, with an async ``get_response`` or a sync one."""
    key = (id(definition), asynchronous)
    known = subject.walks.get(key)
    if not isinstance(known, Walk):
        asgi = subject.project.server is Server.ASGI
        known = walk_middleware(definition, asynchronous=asynchronous, setting=setting_of(subject), asgi=asgi)
        subject.walks[key] = known
    return known


def setting_of(subject: Subject) -> Callable[[str], tuple[object, ...] | None]:
    """Known settings by name, each in a tuple of one; an empty one where a setting is not known, None where nothing sets it."""

    def setting(name: str) -> tuple[object, ...] | None:
        found = subject.variant.value(name)
        return (found.value,) if isinstance(found, Known) else None if found is None else ()

    return setting


def way(path: tuple[str, ...], last: str = "") -> str:
    """``, by M.__acall__ > helpers.note > Note.save``; empty where it is no way at all."""
    return f", by {' > '.join([*path, *([last] if last else [])])}" if len(path) > 1 else ""
