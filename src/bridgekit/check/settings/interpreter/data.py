"""Plain data as settings code handles it while it is interpreted.

Numbers, ``None``, tuples, ranges and bytes are themselves. Mutable containers are subclasses that can be *poisoned*:
code that cannot be read had its hands on them, so that from there on nothing is known of their content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import EllipsisType
from typing import TypeAlias

from bridgekit._dataclass import dataclass
from bridgekit.check.python.cause import Cause
from bridgekit.middleware_chain.facts import Location


class StandIn:
    """What stands in a run for anything that is not data of Python's own: an unknown, a function, a class, a modelled object."""

    __slots__ = ()


Value: TypeAlias = (
    "bool | int | float | complex | str | bytes | EllipsisType | range | slice"
    " | tuple[Value, ...] | frozenset[Value] | ListValue | SetValue | DictValue | StandIn | None"
)
"""All that settings code can hold while it is interpreted: a list, set or dictionary of Python's own is none."""


class Marker(StandIn):
    """One of a kind, compared by identity."""

    __slots__ = ()


NOT_IMPLEMENTED = Marker()
"""``NotImplemented``, and what a part of the interpreter answers for what it leaves to others."""

MISSING = Marker()
"""No such attribute."""

UNSET = Marker()
"""No such argument, variable or option."""


class Text(str):
    """A string that remembers where its literal stands."""

    __slots__ = ("location",)
    location: Location

    @classmethod
    def at(cls, text: str, location: Location) -> Text:
        """``text``, written at ``location``."""
        made = cls(text)
        made.location = location
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Opaque(StandIn):
    """A value that cannot be known: why, and where that began.

    ``key`` names the value, so that a question asked twice gets one answer in one run; ``truth`` is its truth value
    where that much is known; ``inputs`` are the inputs it is made from.
    """

    reason: str
    location: Location
    key: str
    truth: bool | None = None
    inputs: frozenset[str] = frozenset()
    cause: Cause = Cause.NOT_MODELLED
    subject: str = ""
    """What the cause speaks of: the module that is absent, the file whose text it is."""
    is_exact: bool = False
    """Whether every unknown with this key is the same value. Else only this very object is: ``f(1)`` and ``f(2)`` share a key."""

    def derive(self, suffix: str) -> Opaque:
        """What an operation makes of it: as unknown, for the same reason."""
        key = f"{self.key}{suffix}"
        return Opaque(self.reason, self.location, key[:200], None, self.inputs)

    def named(self, name: str) -> Opaque:
        """What stands under a name of it: the same one whenever it is asked for."""
        key = f"{self.key}.{name}"
        return Opaque(self.reason, self.location, key[:200], None, self.inputs, is_exact=len(key) <= 200)


@dataclass(frozen=True, slots=True, eq=False)
class Input(StandIn):
    """A value that holds under the present inputs (an unset environment variable's default) and may be otherwise."""

    value: Value
    inputs: frozenset[str]


class ListValue(list[Value]):
    """A list that can be poisoned."""

    __slots__ = ("poison",)

    def __init__(self, items: Iterable[Value] = ()) -> None:
        super().__init__(items)
        self.poison: Opaque | None = None


class SetValue(set[Value]):
    """A set that can be poisoned."""

    __slots__ = ("poison",)

    def __init__(self, items: Iterable[Value] = ()) -> None:
        super().__init__(items)
        self.poison: Opaque | None = None


class DictValue(dict[Value, Value]):
    """A dictionary that can be poisoned."""

    __slots__ = ("poison",)

    def __init__(self, items: object = ()) -> None:
        super().__init__(items)  # type: ignore[call-overload]  # mapping or pairs, checked by the caller
        self.poison: Opaque | None = None


class OrderedDictValue(DictValue):
    """A `collections.OrderedDict`: two of them are equal only in the same order."""

    __slots__ = ()
    is_ordered = True


class Namespace(DictValue):
    """The names of a module: ``globals()`` is this very object.

    ``bound`` says where each name was bound last. After code that cannot be read had its hands on the namespace,
    ``unseen`` is what every upper-case name is that nobody has bound since; ``stars`` are the unread modules that
    ``import *`` drew from; ``unread`` is the first call of code that is not read: it may have set names through the frame
    that called it.
    """

    __slots__ = ("bound", "stars", "unread", "unseen")

    def __init__(self, items: object = ()) -> None:
        super().__init__(items)
        self.bound: dict[Value, Location] = {}
        self.unseen: Opaque | None = None
        self.stars: list[str] = []
        self.unread: Opaque | None = None


CONTAINERS = (ListValue, SetValue, DictValue)
POISONABLE = frozenset((*CONTAINERS, OrderedDictValue, Namespace))
"""Those and their kinds, for a question that is asked of every value: a type is found in a set in half the time."""


@dataclass(frozen=True, slots=True, eq=False)
class ViewValue(StandIn):
    """``mapping.keys()``, ``.values()`` or ``.items()``: it shows the mapping as it is when it is looked at."""

    mapping: DictValue
    kind: str

    def now(self) -> list[Value]:
        """The elements at this moment."""
        if self.kind == "keys":
            return list(self.mapping)
        return list(self.mapping.values() if self.kind == "values" else self.mapping.items())


@dataclass(frozen=True, slots=True, eq=False)
class UnorderedList(StandIn):
    """A list of two elements or more whose order is the file system's: known again when it is sorted."""

    items: tuple[Value, ...]


@dataclass(slots=True, eq=False)
class IteratorValue(StandIn):
    """A one-pass iterator: a generator expression, ``zip``, ``map``; ``held`` is what it draws from and calls."""

    items: Iterator[Value]
    held: tuple[Value, ...] = ()
    lost: Opaque | None = None
    """Set when code that cannot be read may have drawn from it."""


@dataclass(frozen=True, slots=True)
class PathValue(StandIn):
    """A `pathlib.Path`, by its text."""

    path: str
