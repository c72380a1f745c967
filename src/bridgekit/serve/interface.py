"""Is this object a WSGI application, an ASGI application, or a factory of one? Told without calling it."""

from __future__ import annotations

import inspect
from typing import Literal, TypeAlias

from asgiref.sync import iscoroutinefunction

__all__ = [
    "Interface",
    "detect_interface",
    "is_asgi_to_servers",
    "is_factory",
    "shown_signature",
]

Interface: TypeAlias = Literal["wsgi", "asgi"]

WSGI_ARGUMENTS = 2  # environ, start_response (PEP 3333, "The Application/Framework Side")
ASGI_ARGUMENTS = 3  # scope, receive, send (ASGI 3.0, "Applications")


def detect_interface(app: object) -> Interface | None:
    """Whether `app` speaks WSGI or ASGI, by what it can be called with; None where that does not tell.

    A callable that can take both two and three positional arguments tells by the name of its first parameter;
    ``*args`` alone, as of `wsgiref.validate.validator`, tells nothing.
    """
    signature = _signature(app)
    if signature is None:
        return None
    like_wsgi, like_asgi = _takes(signature, WSGI_ARGUMENTS), _takes(signature, ASGI_ARGUMENTS)
    if _is_async(app):
        return "asgi" if like_asgi else None
    if like_wsgi and like_asgi:
        return _by_name(signature)
    if like_wsgi:
        return "wsgi"
    return "asgi" if like_asgi else None


def is_asgi_to_servers(app: object) -> bool:
    """Whether servers call `app`, an ASGI application, as one of ASGI 3 rather than of ASGI 2 (with the scope alone).

    uvicorn and daphne do where it is a coroutine function or its class's ``__call__`` is.
    """
    called = app if inspect.isroutine(app) else inspect.getattr_static(type(app), "__call__", None)
    if iscoroutinefunction(called):
        return True
    signature = _signature(app)
    return signature is not None and not _takes(signature, ASGI_ARGUMENTS)  # it is of ASGI 2


def is_factory(app: object) -> bool:
    """Whether `app` is a callable that needs no argument, which no application is (both interfaces need theirs)."""
    signature = _signature(app)
    if signature is None or not _takes(signature, 0):
        return False
    return all(parameter.kind is not parameter.VAR_POSITIONAL for parameter in signature.parameters.values())


def shown_signature(app: object) -> str:
    """`app`'s signature for a message, "unknown" where it has none (some compiled code)."""
    signature = _signature(app)
    return "unknown" if signature is None else str(signature)


def _signature(app: object) -> inspect.Signature | None:
    if not callable(app):
        return None
    # What a call uses is the type's attribute, which may be a slot that each object fills (Sentry's middleware).
    fills_slot = inspect.ismemberdescriptor(inspect.getattr_static(type(app), "__call__", None))
    try:
        return inspect.signature(app.__call__ if fills_slot else app)
    except (TypeError, ValueError):  # compiled code without a text signature
        return None


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _is_async(app: object) -> bool:
    # The type's __call__: an instance attribute of that name is not what a call uses.
    return iscoroutinefunction(app) or (
        not inspect.isclass(app) and iscoroutinefunction(inspect.getattr_static(type(app), "__call__", None))
    )


def _by_name(signature: inspect.Signature) -> Interface | None:
    first = next(iter(signature.parameters), "")
    names: dict[str, Interface] = {"environ": "wsgi", "env": "wsgi", "scope": "asgi"}
    return names.get(first)
