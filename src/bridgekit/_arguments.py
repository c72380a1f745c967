"""Judges constructors' arguments, so that a mistake shows where it was made and not at the first request.

Every error names the argument, what is wrong with it, and what to write instead. A function is refused only where it cannot be
right: by what its own code takes, never by running any of it.
"""

from __future__ import annotations

import functools
import inspect
import math
import sys
import types
from collections.abc import Iterator
from numbers import Real
from typing import Any, Literal

ARGUMENTS = {"wsgi": 2, "asgi": 3}
"""(environ, start_response): PEP 3333, "The Application/Framework Side"; (scope, receive, send): ASGI 3.0, "Applications"."""

CALLED_WITH = {"wsgi": "(environ, start_response)", "asgi": "(scope, receive, send)"}


def check_flag(name: str, value: object) -> None:
    """Check a truth value; `TypeError` for anything else: texts such as ``"false"`` would count as true."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {shown(value)}")


def check_text(name: str, value: object) -> None:
    """Check a text; `TypeError` for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, not {shown(value)}")


def check_count(name: str, value: Any, *, least: int = 0, none: str | None = None) -> None:
    """Check a whole number; `TypeError` where it is none, `ValueError` below `least`.

    :param none: what ``None`` means, where it is allowed.
    """
    if value is None and none is not None:
        return
    # bool has an index, too, and is nearly always meant for another argument.
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        expected = f"a whole number{or_none(none)}"
        raise TypeError(f"{name} must be {expected}, not {shown(value)}{remedy(name, value, 'int')}")
    check_least(name, value, least, none)


def check_amount(name: str, value: Any, *, least: float | None = None, none: str | None = None) -> None:
    """Check a number that may have a fraction, such as seconds; as `check_count`, and `ValueError` for NaN."""
    if value is None and none is not None:
        return
    if isinstance(value, bool) or not isinstance(value, Real):
        expected = f"a number{or_none(none)}"
        raise TypeError(f"{name} must be {expected}, not {shown(value)}{remedy(name, value, 'float')}")
    if math.isnan(value):
        raise ValueError(f"{name} must be a number, not NaN")
    if least is not None:
        check_least(name, value, least, none)


def check_least(name: str, value: Any, least: float, none: str | None) -> None:
    if value < least:
        raise ValueError(f"{name} must be at least {least}{or_none(none)}, not {value!r}")


def check_callable(name: str, value: object, *, none: str) -> None:
    """Check a function that is called without arguments, or ``None``; `TypeError` where it cannot be that."""
    if value is None:
        return
    if not callable(value):
        called = "; give the function itself, without calling it" if inspect.isawaitable(value) else ""
        raise TypeError(
            f"{name} must be a function without arguments{or_none(none)}, not {shown(value)}{called}"
        )
    if takes(value, 0) is False:
        raise TypeError(
            f"{name} is called without arguments, and {value!r} needs some; bind them with a lambda"
        )


def check_function(name: str, value: object, *, arguments: int, called_with: str) -> None:
    """Check a function that is called here and whose answer is not awaited; `TypeError` where it cannot be that.

    :param arguments: how many positional ones it is called with.
    :param called_with: what those are, for the message ("the request").
    """
    if not callable(value):
        hint = "; give the object itself, not its name" if isinstance(value, str) else ""
        raise TypeError(f"{name} must be a function of {called_with}, not {shown(value)}{hint}")
    if is_asynchronous(value):
        raise TypeError(f"{name} is the async {value!r}, but is called where nobody awaits it")
    if takes(value, arguments) is False:
        raise TypeError(f"{name} is called with {called_with}, and {described(value)} does not take that")


def check_application(app: object, wrapper: str, interface: Literal["wsgi", "asgi"]) -> None:
    """Check that `app` can be a WSGI or an ASGI application; `TypeError` when it certainly cannot.

    :param wrapper: the name of the class that is to call it.
    """
    title = "a WSGI application" if interface == "wsgi" else "an ASGI application"
    if not callable(app):
        hint = "; name the application in it" if isinstance(app, types.ModuleType) else ""
        hint = "; import it, and give the object" if isinstance(app, str) else hint
        raise TypeError(f"app must be {title}, that is a callable, not {shown(app)}{hint}")
    other: Literal["wsgi", "asgi"] = "asgi" if interface == "wsgi" else "wsgi"
    fits = takes(app, ARGUMENTS[interface])
    if (interface == "wsgi" and is_asynchronous(app)) or (fits is False and takes(app, ARGUMENTS[other])):
        others = "an ASGI application" if interface == "wsgi" else "a WSGI application"
        raise TypeError(
            f"app is {others}, not {title}: {described(app)}. {wrapper} is for those that are called with "
            f"{CALLED_WITH[interface]}"
        )
    if fits is False:
        raise TypeError(
            f"app cannot be called with {CALLED_WITH[interface]}: {described(app)}{_what_it_may_be(app, wrapper)}"
        )


def _what_it_may_be(app: object, wrapper: str) -> str:
    if isinstance(app, type):
        return ". Is the application an instance of it? Then make one, and give that"
    if takes(app, 0):
        return ". Is it a factory? Then call it, and give what it returns"
    if wrapper.endswith("TimingMiddleware") and takes(app, 1):
        return ". In Django's MIDDLEWARE the line is bridgekit.django.middleware.TimingMiddleware"
    return ""


def is_asynchronous(function: object) -> bool:
    """Whether a call of it certainly makes a coroutine."""
    for code in map(inner_function, own_code(function)):
        if inspect.iscoroutinefunction(code):
            return True
        # The mark that a plain function gets before Python 3.12, for example by asgiref; who has set it has imported asyncio.
        mark = getattr(sys.modules.get("asyncio.coroutines"), "_is_coroutine", None)
        if mark is not None and getattr(code, "_is_coroutine", None) is mark:
            return True
    return False


def takes(function: object, count: int) -> bool | None:
    """Whether it can be called with so many positional arguments; ``None`` where that is not known."""
    for code in own_code(function):
        try:
            # What a decorated function was before says nothing about what it takes now.
            signature = inspect.signature(code, follow_wrapped=False)
        except (TypeError, ValueError):  # compiled code without a text signature
            return None
        own = 0 if code is function else 1  # self
        try:
            signature.bind(*range(own + count))
        except TypeError:
            return False
        return True
    return None


def own_code(function: object) -> Iterator[Any]:
    """What is run by a call, if that can be seen without asking the object.

    A proxy answers questions about itself with what it stands for, and may have to make that first. So nothing but plain
    functions, the plain function ``__call__`` of a type, and for a class its plain ``__init__``, are looked at.
    """
    if type(function) is functools.partial:
        if type(function.func) in (types.FunctionType, types.MethodType):
            yield function
    elif type(function) in (types.FunctionType, types.MethodType):
        yield function
    elif issubclass(type(function), type):
        yield from constructor(function)
    else:
        call = inspect.getattr_static(type(function), "__call__", None)
        if type(call) is types.FunctionType:
            yield call


def constructor(function: Any) -> Iterator[Any]:
    """The plain ``__init__`` that alone says what a class is called with: there is no ``__new__`` nor ``__call__`` of a metaclass beside it."""
    if (
        inspect.getattr_static(type(function), "__call__", None) is not type.__dict__["__call__"]
        or inspect.getattr_static(function, "__new__", None) is not object.__dict__["__new__"]
    ):
        return
    initialize = inspect.getattr_static(function, "__init__", None)
    if initialize is object.__dict__["__init__"]:
        yield _no_arguments
    elif type(initialize) is types.FunctionType:
        yield initialize


def _no_arguments(self: object) -> None:
    """Stands for the ``__init__`` of `object`, whose signature takes anything."""


def inner_function(code: Any) -> Any:
    return code.func if isinstance(code, functools.partial) else code


def described(function: Any) -> str:
    """Its name with what it takes, for messages."""
    for code in own_code(function):
        if isinstance(function, type):
            return f"the class {function.__qualname__}{inspect.signature(code, follow_wrapped=False)}"
        name = getattr(code, "__qualname__", None) or type(function).__name__
        return f"{name}{inspect.signature(code, follow_wrapped=False)}"
    return repr(function)


def shown(value: object) -> str:
    """A value that is wrong, for messages: with its type, which is what is wrong with it."""
    return (
        f"the class {value.__qualname__}"
        if isinstance(value, type)
        else f"the {type(value).__name__} {value!r}"
    )


def or_none(none: str | None) -> str:
    return "" if none is None else f", or None for {none}"


def remedy(name: str, value: object, conversion: str) -> str:
    """Texts come from the environment and from configuration files."""
    return f"; convert it: {name}={conversion}(...)" if isinstance(value, str | bytes) else ""
