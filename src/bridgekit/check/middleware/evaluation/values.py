"""What an expression can turn out to be when source is read instead of run.

Values are few and shallow: just enough to follow a name to a class or function and to decide the conditions that
middleware put around them. Whatever else a program does is `Unknown`, with the reason and the place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, TypeGuard, get_args

from bridgekit.check.python.cause import Cause
from bridgekit.middleware_chain.facts import Answer, Location

if TYPE_CHECKING:
    from bridgekit.check.middleware.evaluation.bindings import AttributeSet
    from bridgekit.check.middleware.evaluation.frames import Frame

__all__ = [
    "COROUTINE_MARK",
    "MISSING",
    "NONE",
    "UNREAD",
    "BoundMethod",
    "Choice",
    "ClassValue",
    "Const",
    "Deferred",
    "Descriptor",
    "FunctionNode",
    "FunctionValue",
    "GetResponse",
    "InstanceValue",
    "Lazy",
    "Missing",
    "ModuleValue",
    "Native",
    "Outcome",
    "Partial",
    "Request",
    "Sequence",
    "SuperValue",
    "ThreadCall",
    "Unknown",
    "Value",
    "choose",
    "holds_changeable",
    "is_changeable",
    "is_data",
    "is_value",
    "options",
    "same_value",
]

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
MAX_OPTIONS = 12
"""More alternatives than this for one value are no longer enumerated."""


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A plain value: numbers, strings, None, and tuples, lists or dicts of them."""

    value: object


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A tuple, list or set display whose items are values; ``kind`` says which of them."""

    items: tuple[Value, ...]
    kind: type = tuple


@dataclass(frozen=True, slots=True, eq=False)
class ModuleValue:
    """An imported module, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Native:
    """Something of the standard library or of asgiref, known by its dotted name and not read."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class FunctionValue:
    """A function object: its ``def`` and the frame in which it was executed (its closure).

    ``attributes`` were set on it by code that only saw it as an argument (a decorator); ``marked`` says that
    `inspect.markcoroutinefunction` was applied.
    """

    node: FunctionNode
    frame: Frame
    attributes: Mapping[str, Value] = field(default_factory=dict)
    owner: ClassValue | None = None
    marked: bool = False
    cached: bool = False
    """Whether it remembers what it returned: plain data from it is that of its first call."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassValue:
    """A class object: its statement, the frame it was executed in, and what decorators set on it.

    ``bases`` is given for classes that were made by a call (`type`, ``with_metaclass``); else the statement's count.
    """

    node: ast.ClassDef
    frame: Frame
    attributes: Mapping[str, Value] = field(default_factory=dict)
    bases: tuple[Value, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Deferred:
    """What a constructor assigned to an attribute, evaluated at the first look; ``before`` is what it replaced.

    ``why`` is set if the assignment may not happen.
    """

    frame: Frame
    step: AttributeSet
    before: Value | Deferred | None = None
    why: Unknown | None = None


@dataclass(slots=True, eq=False)
class Lazy:
    """An argument that is evaluated when the callee first looks at it: most never do, and some are dear.

    `Evaluator.force` gives the value; it is never found where a finished value is expected.
    """

    node: ast.expr
    frame: Frame
    at: int | None
    value: Value | None = None


@dataclass(slots=True, eq=False)
class InstanceValue:
    """An object made by calling a class. Its constructor is followed at the first look at it, not before.

    ``attributes`` are those that the constructor set; ``marked`` is whether `inspect.markcoroutinefunction` was applied,
    ``unused`` whether ``MiddlewareNotUsed`` is raised; ``dynamic`` gives the reason if attributes were set under names
    that cannot be known.
    """

    cls: ClassValue
    arguments: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)
    constructed: bool = False
    attributes: dict[str, Value | Deferred] = field(default_factory=dict)
    marked: Outcome = field(default_factory=lambda: Outcome(Answer.NO))
    unused: Outcome = field(default_factory=lambda: Outcome(Answer.NO))
    dynamic: Unknown | None = None
    lost: Unknown | None = None
    """Set where others may have changed its attributes: only its methods are known, then."""
    asked: set[str] = field(default_factory=set)
    """Names that its ``__getattr__`` is being asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class BoundMethod:
    """A function found on an instance or class, with the object that it is bound to."""

    function: Value
    receiver: Value


@dataclass(frozen=True, slots=True, eq=False)
class Descriptor:
    """A function wrapped by ``property``, ``cached_property``, ``staticmethod``, ``classmethod`` or ``classproperty``.

    A ``partialmethod`` holds a `Partial`; a ``member`` is what slots and named tuples put in a class in place of the value
    that their instances have.
    """

    kind: str
    function: Value


@dataclass(frozen=True, slots=True, eq=False)
class SuperValue:
    """``super()``: attributes of ``receiver`` looked up behind ``after`` in its MRO."""

    receiver: Value
    after: ClassValue


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """`functools.partial`: a callable with its leading arguments."""

    function: Value
    arguments: tuple[Value, ...] = ()
    keywords: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class ThreadCall:
    """``sync_to_async(function)``: a coroutine function whose every call crosses to a thread."""

    function: Value


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


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One of several values; ``why`` says what would decide between them."""

    values: tuple[Value, ...]
    why: Unknown


Value: TypeAlias = (
    Const
    | Sequence
    | ModuleValue
    | Native
    | FunctionValue
    | ClassValue
    | InstanceValue
    | BoundMethod
    | Descriptor
    | SuperValue
    | Partial
    | ThreadCall
    | GetResponse
    | Lazy
    | Request
    | Missing
    | Unknown
    | Choice
)


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
UNREAD = "*"
"""The keyword under which a call is handed that more arguments are given than can be told."""
NONE = Const(None)
MISSING = Missing()


def options(value: Value) -> Iterator[Value]:
    """Every alternative of a value; itself, if it is no choice."""
    if isinstance(value, Choice):
        yield from value.values
    else:
        yield value


def choose(values: Iterable[Value], why: Unknown) -> Value:
    """One value for several alternatives, nested choices flattened; ``why`` tells what would decide."""
    flat: list[Value] = []
    for value in values:
        for option in options(value):
            if not any(same_value(option, seen) for seen in flat):
                flat.append(option)
    if len(flat) == 1:
        return flat[0]
    if not flat or len(flat) > MAX_OPTIONS:
        return why
    return Choice(tuple(flat), why)


def same_value(one: Value, other: Value) -> bool:
    """Whether two values are certainly the same object or equal constants."""
    if isinstance(one, Const) and isinstance(other, Const):
        return type(one.value) is type(other.value) and bool(one.value == other.value)
    if isinstance(one, ClassValue) and isinstance(other, ClassValue):
        return one.node is other.node and one.frame is other.frame and one.attributes == other.attributes
    if isinstance(one, FunctionValue) and isinstance(other, FunctionValue):
        return one.node is other.node and one.frame is other.frame and one.attributes == other.attributes
    if isinstance(one, ModuleValue) and isinstance(other, ModuleValue):
        return one.name == other.name
    if isinstance(one, Native) and isinstance(other, Native):
        return one.name == other.name
    return one is other or (isinstance(one, Missing) and isinstance(other, Missing))


def is_changeable(value: Value) -> bool:
    """A list, dict or set, or a tuple that holds one."""
    if isinstance(value, Sequence):
        return value.kind is not tuple or any(is_changeable(item) for item in value.items)
    return isinstance(value, Const) and _has_changeable(value.value)


def holds_changeable(value: Value) -> bool:
    """Whether a value is a container with a list, dict or set in it."""
    if isinstance(value, Sequence):
        return any(is_changeable(item) for item in value.items)
    if not isinstance(value, Const):
        return False
    held = value.value
    inner = list(held.values()) if isinstance(held, dict) else held
    if not isinstance(inner, tuple | list | set):
        return False
    return any(is_changeable(item) if is_value(item) else _has_changeable(item) for item in inner)


def _has_changeable(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_has_changeable, value))
    return isinstance(value, list | dict | set)


_KINDS = get_args(Value)


def is_value(item: object) -> TypeGuard[Value]:
    """Whether an item of a dictionary is a value of the reader; one of the project's settings is plain."""
    return isinstance(item, _KINDS)


def is_data(value: Value) -> bool:
    """Plain data, as opposed to functions, classes and modules."""
    return isinstance(value, Const | Sequence)
