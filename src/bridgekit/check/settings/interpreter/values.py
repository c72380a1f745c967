"""The values that settings code handles while it is interpreted: plain Python data, and stand-ins for all else.

Numbers, ``None``, tuples, ranges and bytes are themselves. Mutable containers are subclasses that can be *poisoned*:
code that cannot be read had its hands on them, so that from there on nothing is known of their content.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from bridgekit.check.python.cause import Cause
from bridgekit.middleware_chain.facts import Location

if TYPE_CHECKING:
    from bridgekit.check.settings.interpreter.frames import Frame
    from bridgekit.check.settings.interpreter.machine import Machine

__all__ = [
    "POISONABLE",
    "BoundMethod",
    "ClassMethod",
    "ClassValue",
    "DictValue",
    "ErrorValue",
    "External",
    "FunctionValue",
    "Input",
    "InstanceValue",
    "IteratorValue",
    "ListValue",
    "Model",
    "ModuleValue",
    "Namespace",
    "NativeFunction",
    "NativeMethod",
    "Opaque",
    "OrderedDictValue",
    "PathValue",
    "PropertyValue",
    "SetValue",
    "StaticMethod",
    "SuperValue",
    "Text",
    "UnorderedList",
    "Value",
    "ViewValue",
    "poison",
    "poison_namespace",
]

Value: TypeAlias = object


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
class Opaque:
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

    def derive(self, suffix: str) -> Opaque:
        """What an operation makes of it: as unknown, for the same reason."""
        key = f"{self.key}{suffix}"
        return Opaque(self.reason, self.location, key[:200], None, self.inputs)


@dataclass(frozen=True, slots=True, eq=False)
class Input:
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
    ``import *`` drew from.
    """

    __slots__ = ("bound", "stars", "unseen")

    def __init__(self, items: object = ()) -> None:
        super().__init__(items)
        self.bound: dict[Value, Location] = {}
        self.unseen: Opaque | None = None
        self.stars: list[str] = []


POISONABLE = frozenset((ListValue, SetValue, DictValue, OrderedDictValue, Namespace))


@dataclass(frozen=True, slots=True, eq=False)
class ViewValue:
    """``mapping.keys()``, ``.values()`` or ``.items()``: it shows the mapping as it is when it is looked at."""

    mapping: DictValue
    kind: str

    def now(self) -> list[Value]:
        """The elements at this moment."""
        if self.kind == "keys":
            return list(self.mapping)
        return list(self.mapping.values() if self.kind == "values" else self.mapping.items())


@dataclass(frozen=True, slots=True, eq=False)
class UnorderedList:
    """A list of two elements or more whose order is the file system's: known again when it is sorted."""

    items: tuple[Value, ...]


@dataclass(slots=True, eq=False)
class ModuleValue:
    """A module of the project, its body interpreted."""

    name: str
    path: str
    package: str
    namespace: Namespace
    complete: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class External:
    """A name inside a module that is not read: its dotted path."""

    dotted: str
    is_module: bool = False


@dataclass(slots=True, eq=False)
class FunctionValue:
    """A function or lambda of the project with its closure."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame
    defaults: tuple[Value, ...]
    keyword_defaults: dict[str, Value]
    owner: ClassValue | None = None
    local_names: frozenset[str] | None = None
    attributes: DictValue = field(default_factory=DictValue)
    results: dict[tuple[object, ...], Value] | None = None
    """What earlier calls returned, under `functools.cache` and its kin."""
    changed: bool = False
    """Whether its code or its defaults were replaced."""


@dataclass(slots=True, eq=False)
class ClassValue:
    """A class of the project; ``mro`` starts with itself and may hold `External` bases."""

    name: str
    bases: tuple[Value, ...]
    namespace: DictValue
    module: ModuleValue
    mro: tuple[ClassValue | External | NativeFunction, ...] = ()
    annotations: dict[str, Value] = field(default_factory=dict)
    dataclass: dict[str, bool] | None = None
    """The options of ``@dataclass`` that are not at their defaults; None for a class that is none."""
    fields: dict[str, Value] = field(default_factory=dict)
    """What ``@dataclass`` found as the defaults of the annotated names."""


@dataclass(slots=True, eq=False)
class InstanceValue:
    """An instance of a project's class."""

    cls: ClassValue
    attributes: DictValue = field(default_factory=DictValue)


@dataclass(frozen=True, slots=True, eq=False)
class BoundMethod:
    """A function with its first argument."""

    function: Value
    receiver: Value


@dataclass(frozen=True, slots=True, eq=False)
class NativeMethod:
    """A method of plain data: ``[].append``."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class NativeFunction:
    """A function that is modelled, not interpreted; ``kind`` is the Python type or exception it stands for, if one."""

    name: str
    call: Callable[..., Value] | None = None
    kind: type | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PropertyValue:
    """``property``, or ``cached_property``, whose value is made once for each instance."""

    getter: Value
    cached: bool = False
    setter: Value = None
    deleter: Value = None


@dataclass(frozen=True, slots=True, eq=False)
class StaticMethod:
    """``staticmethod``."""

    function: Value


@dataclass(frozen=True, slots=True, eq=False)
class ClassMethod:
    """``classmethod``."""

    function: Value


@dataclass(frozen=True, slots=True, eq=False)
class SuperValue:
    """``super()``: attributes are looked up after ``after`` in the receiver's MRO."""

    after: ClassValue
    receiver: Value


@dataclass(slots=True, eq=False)
class ErrorValue:
    """An exception object: what it is an instance of, and its arguments."""

    kind: Value
    arguments: tuple[Value, ...] = ()
    attributes: DictValue = field(default_factory=DictValue)
    told: str = ""
    """What goes wrong, in words of ours. Python's own are those of its version: code cannot read them here."""


@dataclass(slots=True, eq=False)
class IteratorValue:
    """A one-pass iterator: a generator expression, ``zip``, ``map``; ``held`` is what it draws from and calls."""

    items: Iterator[Value]
    held: tuple[Value, ...] = ()
    lost: Opaque | None = None
    """Set when code that cannot be read may have drawn from it."""


@dataclass(frozen=True, slots=True)
class PathValue:
    """A `pathlib.Path`, by its text."""

    path: str


class Model:
    """Something of a library whose behaviour is written down here: ``os.environ``, an ``environ.Env``.

    Subclasses override what they answer; everything else is unknown, said so by the caller.
    """

    __slots__ = ()

    def attribute(self, m: Machine, name: str) -> Value:
        """``self.name``; `NotImplemented` for what is not modelled."""
        return NotImplemented

    def call(self, m: Machine, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
        """``self(*args, **kwargs)``."""
        return NotImplemented

    def item(self, m: Machine, key: Value) -> Value:
        """``self[key]``."""
        return NotImplemented

    def contains(self, m: Machine, key: Value) -> Value:
        """``key in self``."""
        return NotImplemented

    def set_attribute(self, m: Machine, name: str, value: Value) -> bool:
        """``self.name = value``; whether that is modelled."""
        return False

    def delete_item(self, m: Machine, key: Value) -> bool:
        """``del self[key]``; whether that is modelled."""
        return False

    def held(self) -> tuple[Value, ...]:
        """What code that gets hold of it can reach through it."""
        return ()

    def spoil(self, m: Machine, cause: Opaque) -> None:
        """Code that cannot be read had its hands on it."""

    def enter(self, m: Machine) -> Value:
        """``with self as target``: the target."""
        return self

    def leave(self) -> None:
        """The end of ``with self``."""

    def set_item(self, m: Machine, key: Value, value: Value) -> bool:
        """``self[key] = value``; whether that is modelled."""
        return False


def poison(value: Value, cause: Opaque) -> None:
    """Forget what ``value`` holds: what the containers in it hold is another question (`taint`)."""
    if isinstance(value, Namespace):
        poison_namespace(value, cause)
    elif isinstance(value, ListValue | SetValue | DictValue):
        value.poison = value.poison or cause
    elif isinstance(value, Input):
        poison(value.value, cause)


def poison_namespace(namespace: Namespace, cause: Opaque) -> None:
    """Every setting and every other name of data: the functions, classes and modules beside them are not what such code is after."""
    kept = (FunctionValue, ClassValue, ModuleValue, External, NativeFunction, Model, BoundMethod)
    namespace.unseen = cause
    for name, value in list(namespace.items()):
        if isinstance(name, str) and (
            name.isupper() or not (name.startswith("__") or isinstance(value, kept))
        ):
            namespace[name] = cause
            namespace.bound[name] = cause.location
