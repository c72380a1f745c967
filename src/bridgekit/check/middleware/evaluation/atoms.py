"""Values without parts, and three-valued truth."""

from __future__ import annotations

from dataclasses import replace

from bridgekit._dataclass import dataclass
from bridgekit.check.python.cause import Cause
from bridgekit.middleware_chain.facts import Answer, Location


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A plain value: numbers, strings, None, and tuples, lists or dicts of them."""

    value: object


@dataclass(frozen=True, slots=True, eq=False)
class ModuleValue:
    """An imported module, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Native:
    """Something of the standard library or of asgiref, known by its dotted name and not read."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class GetResponse:
    """The rest of the chain as a middleware sees it. ``called`` is the response, awaitable in async mode."""

    is_async: bool = True
    called: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """The request that hops are counted for: a plain GET, nothing set on it but by Django and the middleware's module."""


@dataclass(frozen=True, slots=True, eq=False)
class Missing:
    """No such name or attribute: what would raise NameError, AttributeError or ImportError."""

    reason: str = ""
    location: Location | None = None
    cause: Cause = Cause.NOT_MODELLED


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """A value that reading cannot tell, why, and what blocks it."""

    reason: str
    location: Location | None = None
    cause: Cause = Cause.NOT_MODELLED


@dataclass(frozen=True, slots=True)
class Outcome:
    """A three-valued truth with the reason for an unknown one and the place that decides it."""

    answer: Answer
    reason: str = ""
    location: Location | None = None
    cause: Cause = Cause.NOT_MODELLED

    @classmethod
    def blocked(cls, by: Unknown) -> Outcome:
        """Unknown, because of ``by``."""
        return cls(Answer.UNKNOWN, by.reason, by.location)

    def inverted(self) -> Outcome:
        """``not self``."""
        if self.answer is Answer.UNKNOWN:
            return self
        return replace(self, answer=Answer.of(self.answer is Answer.NO))


COROUTINE_MARK = "_is_coroutine_marker"
"""The attribute that `inspect.markcoroutinefunction` sets (CPython Lib/inspect.py)."""

MARKED_BY_PYTHON = Native("inspect.markcoroutinefunction()")
"""What `inspect.markcoroutinefunction` puts there."""

UNREAD = "*"
"""The keyword under which a call is handed that more arguments are given than can be told."""

NONE = Const(None)

MISSING = Missing()
