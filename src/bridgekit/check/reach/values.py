"""What expressions of followed code give, as far as it matters, and where names are looked up: in a call, or a module."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import field, replace
from typing import Any

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.reach.bindings import bindings

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_MAX_ALTERNATIVES = 8


class Value:
    """Anything; identity is that of the object that it stands for."""

    __slots__ = ()


class _Unknown(Value):
    __slots__ = ()


UNKNOWN = _Unknown()
"""Nothing is said of it, and nothing follows from what is done with it."""


@dataclass(eq=False, slots=True)
class Const(Value):
    """A text, number, truth value or None that the source writes."""

    value: object


@dataclass(eq=False, slots=True)
class Function(Value):
    """A ``def`` or ``lambda`` with the frame that it closes over, and the object that it is bound to."""

    node: FunctionNode
    namespace: Namespace
    outer: Frame | None = None
    owner: Class | None = None
    receiver: Value | None = None
    marked: bool = False
    transaction: bool = False
    """Whether ``transaction.atomic`` decorates it."""
    via: str = ""
    """The setting that named it."""
    defaults: dict[int, Value] = field(default_factory=dict)
    """Its parameters' defaults, by the identity of their nodes: those that do more than to name a constant."""

    @property
    def name(self) -> str:
        """Its name; that of a lambda as Python gives it."""
        return getattr(self.node, "name", "<lambda>")

    @property
    def is_async(self) -> bool:
        """Whether it is written ``async def``."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    def bound_to(self, receiver: Value) -> Function:
        """The method of an object."""
        return replace(self, receiver=receiver, via="")


@dataclass(eq=False, slots=True)
class Class(Value):
    """A ``class`` statement."""

    node: ast.ClassDef
    namespace: Namespace
    outer: Frame | None = None
    known: dict[str, Value | None] = field(default_factory=dict)
    """Attributes of its own body that were asked for."""
    stored: dict[str, Value] = field(default_factory=dict)
    """Attributes that code set on it."""
    order: list[Value] | None = None

    @property
    def name(self) -> str:
        """As its statement has it."""
        return self.node.name


@dataclass(eq=False, slots=True)
class Instance(Value):
    """An object of a class that was read."""

    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)
    marked: bool = False


@dataclass(eq=False, slots=True)
class Module(Value):
    """A module that was read."""

    namespace: Namespace


@dataclass(eq=False, slots=True)
class Native(Value):
    """A dotted name of what is not read: Python, Django, packages that are known by name."""

    name: str


@dataclass(eq=False, slots=True)
class External(Value):
    """An object of code that is not read: what a native gave, by its dotted name, or of a request: ``@request``, ``@user``."""

    kind: str
    arguments: tuple[Value, ...] = ()
    keywords: dict[str, Value] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)
    context: int = 0


@dataclass(eq=False, slots=True)
class Bound(Value):
    """A method of an external object, by its name."""

    receiver: Value
    name: str


@dataclass(eq=False, slots=True)
class Super(Value):
    """``super()``: lookups go on behind ``owner``."""

    owner: Class
    receiver: Value


@dataclass(eq=False, slots=True)
class Partial(Value):
    """A function with its first arguments given."""

    function: Value
    arguments: list[Value]
    keywords: dict[str, Value]


@dataclass(eq=False, slots=True)
class Items(Value):
    """A list, tuple, set or iterator of what is in it."""

    items: list[Value]
    kind: str = "list"


@dataclass(eq=False, slots=True)
class Table(Value):
    """A dict with keys that the source writes; ``others`` are values under keys that it does not."""

    entries: dict[object, Value] = field(default_factory=dict)
    others: list[Value] = field(default_factory=list)
    by_thread: bool = False
    """Whether a literal has the running thread for a key."""
    missing: frozenset[object] = frozenset()
    """Keys that it certainly has not, whatever ``others`` are."""


@dataclass(eq=False, slots=True)
class Coroutine(Value):
    """What an ``async def`` gives before it is awaited. ``response``: what get_response gave."""

    run: Callable[[], Value]
    response: bool = False
    settled: bool = False
    """Whether somebody awaited it, asked what it is, or took it over."""
    result: Value | None = None
    is_task: bool = False
    """Whether it is a task, which has methods, and runs by itself."""


@dataclass(eq=False, slots=True)
class Generator(Value):
    """What a function with ``yield`` gives: it runs when somebody iterates over it."""

    run: Callable[[], list[Value]]
    asynchronous: bool = False
    items: list[Value] | None = None


@dataclass(eq=False, slots=True)
class Block(Value):
    """What a function under ``contextmanager`` gives: it runs to its ``yield`` at the start of a block, and on at its end."""

    function: Function
    arguments: list[Value]
    keywords: dict[str, Value]
    after: list[Any] | None = None


@dataclass(eq=False, slots=True)
class Either(Value):
    """One of several, which one the source leaves open."""

    values: tuple[Value, ...]


def alternatives(value: Value) -> tuple[Value, ...]:
    """The values that it may be."""
    return value.values if isinstance(value, Either) else (value,)


def either(*values: Value) -> Value:
    """One of these; of equal constants one is kept, and too many are unknown."""
    found: list[Value] = []
    for value in (inner for outer in values for inner in alternatives(outer)):
        if not any(value is other or _same(value, other) for other in found):
            found.append(value)
    if len(found) > _MAX_ALTERNATIVES:
        return UNKNOWN
    return found[0] if len(found) == 1 else Either(tuple(found)) if found else UNKNOWN


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, Const) and isinstance(other, Const):
        return type(one.value) is type(other.value) and one.value == other.value
    if isinstance(one, Native) and isinstance(other, Native):
        return one.name == other.name
    return False


@dataclass(eq=False, slots=True)
class Namespace:
    """The names at the top of one module; each is evaluated when it is first asked for."""

    module: SourceModule
    bound: dict[str, list[tuple[ast.stmt, bool]]] = field(default_factory=dict)
    known: dict[tuple[str, int], Value] = field(default_factory=dict)
    stored: dict[str, Value] = field(default_factory=dict)
    waiting: set[tuple[str, int]] = field(default_factory=set)
    yielding: dict[int, bool] = field(default_factory=dict)
    """Whether a function, by the identity of its node, has a ``yield``."""

    def __post_init__(self) -> None:
        for name, statement, certain in bindings(self.module.tree.body if self.module.tree else []):
            self.bound.setdefault(name, []).append((statement, certain))

    def look_up(self, name: str, evaluate: Callable[[str, ast.stmt, Namespace], Value]) -> Value | None:
        """The value of a name; None if the module does not bind it."""
        if name in self.stored:
            return self.stored[name]
        found: list[Value] = []
        for number in range(len(self.bound.get(name, ())) - 1, -1, -1):
            statement, certain = self.bound[name][number]
            key = (name, number)
            if key in self.waiting:
                continue  # ``name = decorate(name)`` asks for what it was before
            if key not in self.known:
                self.waiting.add(key)
                try:
                    self.known[key] = evaluate(name, statement, self)
                finally:
                    self.waiting.discard(key)
            found.append(self.known[key])
            if certain:
                break
        return either(*found) if found else None


@dataclass(eq=False, slots=True)
class Frame:
    """One call under way."""

    namespace: Namespace
    function: Function | None = None
    names: dict[str, Value] = field(default_factory=dict)
    outer: Frame | None = None
    returned: list[Value] = field(default_factory=list)
    yielded: list[Value] = field(default_factory=list)
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    in_block: bool = False
    """Whether it is that of a generator behind a ``with``."""
    of_class: Class | None = None
    """The class whose body it is: functions in it do not see its names."""

    def look_up(self, name: str) -> Value | None:
        """A local name, or one of the functions around."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.outer
        return None

    def holder(self, name: str) -> Frame:
        """The frame whose name an assignment here binds."""
        frame: Frame | None = self.outer if name in self.nonlocals else None
        while frame is not None:
            if name in frame.names:
                return frame
            frame = frame.outer
        return self
