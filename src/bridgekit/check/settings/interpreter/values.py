"""Stand-ins for what is no plain data in settings code: modules, functions, classes and their instances, and where names live.

Functions hold the frame they were made in, and frames hold values.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import field

from bridgekit._dataclass import dataclass
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    Input,
    ListValue,
    Namespace,
    Opaque,
    SetValue,
    StandIn,
    Value,
)


@dataclass(slots=True, eq=False)
class ModuleValue(StandIn):
    """A module of the project, its body interpreted."""

    name: str
    path: str
    package: str
    namespace: Namespace
    complete: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class External(StandIn):
    """A name inside a module that is not read: its dotted path."""

    dotted: str
    is_module: bool = False


@dataclass(slots=True, eq=False)
class FunctionValue(StandIn):
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
class ClassValue(StandIn):
    """A class of the project; ``mro`` starts with itself and may hold `External` bases."""

    name: str
    bases: tuple[Value, ...]
    namespace: DictValue
    module: ModuleValue
    mro: tuple[ClassValue | External | NativeFunction, ...] = ()
    annotations: dict[str, Value] = field(default_factory=dict)
    dataclass: dict[str, bool] | None = None
    """The options of ``@dataclass`` that are not at their defaults; None for a class that is none."""
    is_checked: bool = False
    """Whether its metaclass is `abc.ABCMeta`, which refuses to make objects of classes with abstract methods."""
    fields: dict[str, Value] = field(default_factory=dict)
    """What ``@dataclass`` found as the defaults of the annotated names."""


@dataclass(slots=True, eq=False)
class InstanceValue(StandIn):
    """An instance of a project's class."""

    cls: ClassValue
    attributes: DictValue = field(default_factory=DictValue)


@dataclass(frozen=True, slots=True, eq=False)
class BoundMethod(StandIn):
    """A function with its first argument."""

    function: Value
    receiver: Value


@dataclass(frozen=True, slots=True, eq=False)
class NativeMethod(StandIn):
    """A method of plain data: ``[].append``."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class NativeFunction(StandIn):
    """A function that is modelled, not interpreted; ``kind`` is the Python type or exception it stands for, if one."""

    name: str
    call: Callable[..., Value] | None = None
    kind: type | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PropertyValue(StandIn):
    """``property``, or ``cached_property``, whose value is made once for each instance."""

    getter: Value
    cached: bool = False
    setter: Value = None
    deleter: Value = None


@dataclass(frozen=True, slots=True, eq=False)
class StaticMethod(StandIn):
    """``staticmethod``."""

    function: Value


@dataclass(frozen=True, slots=True, eq=False)
class ClassMethod(StandIn):
    """``classmethod``."""

    function: Value


@dataclass(frozen=True, slots=True, eq=False)
class SuperValue(StandIn):
    """``super()``: attributes are looked up after ``after`` in the receiver's MRO."""

    after: ClassValue
    receiver: Value


@dataclass(slots=True, eq=False)
class ErrorValue(StandIn):
    """An exception object: what it is an instance of, and its arguments."""

    kind: Value
    arguments: tuple[Value, ...] = ()
    attributes: DictValue = field(default_factory=DictValue)
    message: str = ""
    """What goes wrong, in words of ours. Python's own are those of its version: code cannot read them here."""


@dataclass(slots=True, eq=False)
class Frame:
    """One activation: of a module (``names`` is its namespace), a class body, a function or a comprehension."""

    module: ModuleValue
    names: DictValue
    path: str
    parent: Frame | None = None
    """The lexically enclosing frame, for closures; class bodies are skipped by what they contain."""
    kind: str = "module"
    local_names: frozenset[str] = frozenset()
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    statement: ast.stmt | None = None
    call_node: ast.Call | None = None
    owner: ClassValue | None = None
    receiver: Value = None


class Modelled(StandIn):
    """Something of a library whose behaviour is written down here (`interpreter.model`)."""

    __slots__ = ()

    def held(self) -> tuple[Value, ...]:
        """What code that gets hold of it can reach through it."""
        return ()


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
    kept = (FunctionValue, ClassValue, ModuleValue, External, NativeFunction, Modelled, BoundMethod)
    namespace.unseen = cause
    for name, value in list(namespace.items()):
        if isinstance(name, str) and (
            name.isupper() or not (name.startswith("__") or isinstance(value, kept))
        ):
            namespace[name] = cause.named(name)
            namespace.bound[name] = cause.location
