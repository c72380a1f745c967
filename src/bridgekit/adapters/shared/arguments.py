"""Judges constructors' arguments, so that a mistake shows where it was made and not at the first request.

Every error names the argument, what is wrong with it, and what to write instead. An application is refused only where it
cannot be right: by what its type's own code takes, never by running any of it.
"""

from __future__ import annotations

import functools
import inspect
import math
import types
from collections.abc import Iterator
from numbers import Real
from typing import Any

from asgiref.sync import iscoroutinefunction

__all__ = [
    "check_amount",
    "check_callable",
    "check_count",
    "check_flag",
    "check_wsgi_app",
    "is_asynchronous",
    "takes",
]

WSGI_ARGUMENTS = 2  # environ, start_response (PEP 3333, "The Application/Framework Side")
ASGI_ARGUMENTS = 3  # scope, receive, send (ASGI 3.0, "Applications")


def check_count(name: str, value: object, *, least: int = 0, none: str | None = None) -> None:
    """Check a whole number.

    :param least: the smallest that makes sense.
    :param none: what ``None`` means, where it is allowed.
    :raises TypeError: when it is none.
    :raises ValueError: when it is too small.
    """
    if value is None and none is not None:
        return
    # bool has an index, too, and is nearly always meant for another argument.
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise TypeError(_wrong_type(name, value, "a whole number", none) + _remedy(name, value, "int"))
    _check_least(name, value, least, none)


def check_amount(name: str, value: object, *, least: float = 0, none: str | None = None) -> None:
    """Check a number that may have a fraction, such as seconds; as `check_count`."""
    if value is None and none is not None:
        return
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(_wrong_type(name, value, "a number", none) + _remedy(name, value, "float"))
    if math.isnan(value):
        raise ValueError(f"{name} must be a number, not NaN")
    _check_least(name, value, least, none)


def _check_least(name: str, value: Any, least: float, none: str | None) -> None:
    if value < least:
        raise ValueError(f"{name} must be at least {least}{_or_none(none)}, not {value!r}")


def check_flag(name: str, value: object) -> None:
    """Check a truth value.

    :raises TypeError: when it is not ``True`` or ``False``: texts such as ``"false"`` would count as true.
    """
    if not isinstance(value, bool):
        raise TypeError(_wrong_type(name, value, "True or False", None))


def check_callable(name: str, value: object, *, none: str) -> None:
    """Check a function that is called without arguments.

    :raises TypeError: when it cannot be called, or not like that.
    """
    if value is None:
        return
    if not callable(value):
        called = "; give the function itself, without calling it" if inspect.isawaitable(value) else ""
        raise TypeError(_wrong_type(name, value, "a function without arguments", none) + called)
    if takes(value, 0) is False:
        raise TypeError(
            f"{name} is called without arguments, and {value!r} needs some; bind them with a lambda"
        )


def check_wsgi_app(app: object, adapter: str) -> None:
    """Check that ``app`` can be a WSGI application.

    :param adapter: name of the class that is to run it.
    :raises TypeError: when it cannot.
    """
    if not callable(app):
        hint = "; name the application in it" if isinstance(app, types.ModuleType) else ""
        raise TypeError(f"app must be a WSGI application, that is a callable, not {type(app).__name__}{hint}")
    two = takes(app, WSGI_ARGUMENTS)
    if is_asynchronous(app) or (two is False and takes(app, ASGI_ARGUMENTS)):
        raise TypeError(
            f"app is an ASGI application, not a WSGI one: {_shown(app)}. ASGI servers run it as it is; "
            f"{adapter} is for WSGI applications, called with (environ, start_response)"
        )
    if two is False:
        factory = ". Is it a factory? Then call it, and give what it returns" if takes(app, 0) else ""
        raise TypeError(
            f"app cannot be called with (environ, start_response), as WSGI applications are (PEP 3333): "
            f"{_shown(app)}{factory}"
        )


def is_asynchronous(app: object) -> bool:
    """Whether a call of ``app`` certainly makes a coroutine."""
    return any(iscoroutinefunction(function) for function in _own_code(app))


def takes(app: object, count: int) -> bool | None:
    """Whether ``app`` can be called with so many positional arguments; ``None`` where that cannot be told."""
    for function in _own_code(app):
        try:
            # What a decorated function was before says nothing about what it takes now.
            signature = inspect.signature(function, follow_wrapped=False)
        except (TypeError, ValueError):  # compiled code without a text signature
            return None
        own = 0 if function is app else 1  # self
        try:
            signature.bind(*range(own + count))
        except TypeError:
            return False
        return True
    return None


def _own_code(app: object) -> Iterator[Any]:
    """What is run when ``app`` is called, if that can be seen without asking the object.

    A proxy answers questions about itself with what it stands for, and may have to make that first. So nothing but plain
    functions, and the plain function ``__call__`` of a type, are looked at.
    """
    if type(app) is functools.partial:
        if type(app.func) in (types.FunctionType, types.MethodType):
            yield app
    elif type(app) in (types.FunctionType, types.MethodType):
        yield app
    elif not issubclass(type(app), type):
        call = inspect.getattr_static(type(app), "__call__", None)
        if type(call) is types.FunctionType:
            yield call


def _shown(app: Any) -> str:
    for function in _own_code(app):
        name = getattr(function, "__qualname__", None) or type(app).__name__
        return f"{name}{inspect.signature(function, follow_wrapped=False)}"
    return type(app).__name__


def _or_none(none: str | None) -> str:
    return "" if none is None else f", or None for {none}"


def _wrong_type(name: str, value: object, wanted: str, none: str | None) -> str:
    return f"{name} must be {wanted}{_or_none(none)}, not the {type(value).__name__} {value!r}"


def _remedy(name: str, value: object, conversion: str) -> str:
    """Texts come from the environment and from configuration files."""
    return f"; convert it: {name}={conversion}(...)" if isinstance(value, str | bytes) else ""
