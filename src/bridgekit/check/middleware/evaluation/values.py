"""What an expression can turn out to be when source is read instead of run, and where its names live.

Values are few and shallow: just enough to follow a name to a class or function and to decide the conditions that
middleware put around them. Whatever else a program does is `Unknown`, with the reason and the place. Functions hold the
frame they were made in, and frames hold values.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from bridgekit._dataclass import dataclass
from bridgekit.check.middleware.evaluation.atoms import (
    Const,
    GetResponse,
    Missing,
    ModuleValue,
    Native,
    Outcome,
    Request,
    Unknown,
)
from bridgekit.check.middleware.evaluation.block import AttributeSet, Block, Guard
from bridgekit.check.modules.finder import SourceModule
from bridgekit.check.python.cause import Cause
from bridgekit.middleware_chain.facts import Answer

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A tuple, list or set display whose items are values; ``kind`` says which of them."""

    items: tuple[Value, ...]
    kind: type = tuple


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

    A ``member`` is what slots and named tuples put in a class in place of the value that their instances have.
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
class TryOutcome:
    """How the body of a ``try`` ends: at which statement it fails or may fail, with what error, and why that is open.

    ``at`` is -1 if every statement completes.
    """

    at: int = -1
    error: str = ""
    maybe: Unknown | None = None


class Frame:
    """One execution of a block. A function has one for each call that is followed; a module or class has one.

    ``arguments`` are what the call bound; ``function`` is what was called, for ``super()`` and for its defaults.
    ``cls`` is the class whose body a class frame is. ``truths``, ``tries`` and ``values`` remember what was decided, ``open`` what is being decided (to see cycles).
    """

    __slots__ = (
        "arguments",
        "block",
        "cls",
        "function",
        "kind",
        "module",
        "name",
        "open",
        "parent",
        "tries",
        "truths",
        "values",
    )

    def __init__(
        self,
        kind: Literal["module", "class", "function"],
        block: Block,
        module: SourceModule,
        *,
        name: str = "",
        parent: Frame | None = None,
        arguments: Mapping[str, Value] | None = None,
        function: FunctionValue | None = None,
        cls: ClassValue | None = None,
    ) -> None:
        self.kind = kind
        self.block = block
        self.module = module
        self.name = name
        self.parent = parent
        self.arguments = dict(arguments or {})
        self.function = function
        self.cls = cls
        self.truths: dict[Guard, Outcome] = {}
        self.tries: dict[ast.stmt, TryOutcome] = {}
        self.values: dict[tuple[str, int], Value] = {}
        self.open: set[object] = set()

    @property
    def owner(self) -> ClassValue | None:
        """The class whose method is being run: what ``super()`` and ``__class__`` mean."""
        frame: Frame | None = self
        while frame is not None:
            if frame.function is not None and frame.function.owner is not None:
                return frame.function.owner
            frame = frame.parent
        return None

    def closest(self) -> Frame | None:
        """The frame where a free name is looked up: class bodies are invisible to what is inside them."""
        frame = self.parent
        while frame is not None and frame.kind == "class":
            frame = frame.parent
        return frame

    def outermost(self) -> Frame | None:
        """The frame of the module; None for that one itself."""
        frame = self.parent
        while frame is not None and frame.parent is not None:
            frame = frame.parent
        return frame

    def unknown(self, reason: str, node: ast.AST | None = None, cause: Cause = Cause.NOT_MODELLED) -> Unknown:
        """An unknown value, blocked at ``node`` of this frame's file."""
        return Unknown(reason, self.module.location_of(node), cause)
