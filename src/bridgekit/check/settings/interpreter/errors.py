"""Which ``except`` clause catches which exception: by kind, three-valued where a kind is not read."""

from __future__ import annotations

import sys

from bridgekit.check.settings.interpreter.data import Value
from bridgekit.check.settings.interpreter.values import ClassValue, ErrorValue, External, NativeFunction

_OUTSIDE: dict[str, type[Exception]] = {
    "EnvError": ValueError,
    "ImproperlyConfigured": Exception,
    "UndefinedValueError": Exception,
}
"""Exceptions of the packages that settings lean on (django, environs, decouple), and what they derive from."""


def matches(error: ErrorValue, caught: Value) -> bool | None:
    """Whether ``except caught`` catches ``error``; None where that cannot be known."""
    if isinstance(caught, tuple):
        answers = [matches(error, one) for one in caught]
        return True if True in answers else None if None in answers else False
    kind = _native(caught)
    if kind is not None:
        return _is_kind(error.kind, kind)
    if isinstance(caught, External):
        return _is_named(error.kind, caught)
    if isinstance(caught, ClassValue):
        if isinstance(error.kind, ClassValue):
            return True if caught in error.kind.mro else _unless_hidden(error.kind)
        return None if isinstance(error.kind, External) and _native(error.kind) is None else False
    return None


def _native(kind: Value) -> type | None:
    """The exception of the interpreter's own that a value stands for: built in, or of a module that is loaded here."""
    if isinstance(kind, NativeFunction):
        return kind.kind
    if isinstance(kind, External) and kind.dotted.partition(".")[0] in sys.stdlib_module_names:
        module, _, name = kind.dotted.rpartition(".")
        found = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type) and issubclass(found, BaseException):
            return found
    return None


def _is_kind(kind: Value, caught: type) -> bool | None:
    native = _native(kind)
    if native is not None:
        return issubclass(native, caught)
    if caught is BaseException:
        return True
    if isinstance(kind, External) and _last(kind) in _OUTSIDE:
        return issubclass(_OUTSIDE[_last(kind)], caught)
    if isinstance(kind, ClassValue):
        natives = [found for base in kind.mro if (found := _native(base)) is not None]
        if any(issubclass(base, caught) for base in natives):
            return True
        return _unless_hidden(kind)
    # What is raised on purpose derives from Exception; which of its kinds it is a name does not show.
    return True if caught is Exception and isinstance(kind, External) else None


def _unless_hidden(cls: ClassValue) -> bool | None:
    """No, unless a base that is not read may be the one."""
    hidden = any(isinstance(base, External) and _native(base) is None for base in cls.mro)
    return None if hidden else False


def _is_named(kind: Value, caught: External) -> bool | None:
    if isinstance(kind, External):
        if kind.dotted == caught.dotted or _last(kind) == _last(caught):
            return True
        return False if _last(kind) in _OUTSIDE or _native(kind) is not None else None
    if isinstance(kind, ClassValue):
        named = [base for base in kind.mro if isinstance(base, External)]
        if any(_last(base) == _last(caught) for base in named):
            return True
        return None if named else False
    return False


def _last(external: External) -> str:
    return external.dotted.rpartition(".")[2]
