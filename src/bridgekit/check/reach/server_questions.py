"""What a request shows of the server behind it: Django's two classes of requests, and what each alone has."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.reach.values import UNKNOWN, Const, External, Native, Table, Value

_ASGI, _WSGI = "django.core.handlers.asgi.ASGIRequest", "django.core.handlers.wsgi.WSGIRequest"
_OF_BOTH = frozenset({"django.http.HttpRequest", "django.http.request.HttpRequest", "object"})
CLASSES = frozenset({_ASGI, _WSGI})
"""The classes by which Django's two handlers make requests (``request_class``)."""
_OWN_ATTRIBUTES = {"scope": True, "environ": False}
"""Attributes that requests of one class have, and whether that is ASGI's."""
_WSGI_KEYS = frozenset({"wsgi.errors", "wsgi.input", "wsgi.run_once", "wsgi.url_scheme", "wsgi.version"})
"""What PEP 3333 puts into every environ. ``wsgi.multithread`` and ``wsgi.multiprocess`` stand in META under ASGI as well."""
OF_SERVER = "@of the server"
"""The kind of their values, none of which is None."""


def is_request(value: Value) -> bool:
    """Whether it is the request that Django's handler made."""
    return isinstance(value, External) and value.kind == "@request"


def has_attribute(request: External, name: str, asgi: bool | None) -> bool | None:
    """What ``hasattr`` says. ``asgi``: whether ASGI serves; None where that is not known, as for all that follows."""
    if name in request.attributes or name == "auser":
        return True  # Django has auser() since 5.0
    of_asgi = _OWN_ATTRIBUTES.get(name)
    return None if of_asgi is None or asgi is None else of_asgi is asgi


def is_instance(classes: Sequence[Value], asgi: bool | None) -> bool | None:
    """What ``isinstance(request, classes)`` says."""
    names = {one.name for one in classes if isinstance(one, Native)}
    if names & _OF_BOTH:
        return True
    if asgi is None or len(names) < len(classes) or not names <= CLASSES:
        return None
    return (_ASGI if asgi else _WSGI) in names


def class_of(asgi: bool | None) -> Value:
    """What ``type(request)`` gives."""
    return UNKNOWN if asgi is None else Native(_ASGI if asgi else _WSGI)


def name_of(cls: Native, name: str) -> Const | None:
    """``__name__`` of one of the two classes, and its like."""
    if cls.name not in CLASSES:
        return None
    module, _, short = cls.name.rpartition(".")
    known = {"__name__": short, "__qualname__": short, "__module__": module}
    return Const(known[name]) if name in known else None


def table_of(name: str, asgi: bool | None) -> Table:
    """``request.META``, ``request.environ`` or ``request.scope``, whose other keys may be anything."""
    table = Table(others=[UNKNOWN])
    if name == "scope":
        table.entries["type"] = Const("http")
    elif asgi is True:
        table.missing = _WSGI_KEYS
    elif asgi is False:
        table.entries.update(dict.fromkeys(sorted(_WSGI_KEYS), External(OF_SERVER)))
    return table
