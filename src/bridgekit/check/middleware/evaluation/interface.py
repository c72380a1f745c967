"""What the parts of the reader ask of one another, so that none has to import the whole: expressions need names, names need
imports, imports need calls, and calls need expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Sequences
from typing import Protocol

from bridgekit._dataclass import dataclass
from bridgekit.check.middleware.evaluation.atoms import Native, Outcome, Unknown
from bridgekit.check.middleware.evaluation.block import AttributeSet, StarImport
from bridgekit.check.middleware.evaluation.values import (
    ClassValue,
    Frame,
    FunctionValue,
    InstanceValue,
    Value,
)
from bridgekit.check.modules.finder import ModuleFinder, SourceModule


@dataclass(frozen=True, slots=True)
class Linear:
    """One possible method resolution order: readable classes and modelled ones; ``blocked`` if a base behind them cannot be read."""

    classes: tuple[ClassValue | Native, ...]
    blocked: Unknown | None = None


class MROs(Protocol):
    """The possible orders of each class."""

    def of(self, cls: ClassValue) -> tuple[Linear, ...]:
        """The possible orders, the class itself first in each."""

    def bases(self, cls: ClassValue) -> list[Value]:
        """The values of the base expressions, as they were when the statement ran."""


class Attributes(Protocol):
    """Attribute access, and the frames of class bodies."""

    @property
    def mros(self) -> MROs: ...

    def frame_of(self, cls: ClassValue) -> Frame:
        """The frame of a class body; one for each class."""

    @staticmethod
    def path_of(cls: ClassValue) -> str:
        """The dotted path of a class: its module and qualified name."""

    def own(self, cls: ClassValue, name: str) -> Value:
        """An attribute in the class's own namespace, as it stands when its module has run."""

    def marked_after(
        self, frame: Frame, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    ) -> Outcome:
        """``markcoroutinefunction(name)`` as a statement of the block that defines ``name``: the mark is an attribute."""

    def assignments(
        self, frame: Frame, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    ) -> list[AttributeSet]:
        """Statements of the defining block that set attributes on what ``node`` defines, by its name or by an alias."""

    def hook(self, cls: ClassValue, *names: str) -> Unknown | None:
        """Why special methods of a class are not simply those of `object`; None if they are: they may do anything."""

    def is_enumeration(self, cls: ClassValue) -> bool:
        """Whether a class derives from one of ``enum``, or has a metaclass: its items are not types."""

    def of_class(self, cls: ClassValue, name: str, receiver: Value) -> Value:
        """An attribute through the MRO, bound to ``receiver`` (the class itself or an instance)."""

    def get(self, value: Value, name: str, frame: Frame, node: ast.AST | None = None) -> Value:
        """``value.name``; `Missing` where it would raise AttributeError."""

    def of_instance(self, instance: InstanceValue, name: str, frame: Frame) -> Value:
        """An attribute of an object: what its constructor set, else what its class has."""

    def of_function(self, function: FunctionValue, name: str) -> Value:
        """An attribute of a function object: set through its name in the block that defines it, or by a decorator."""

    def with_attributes(self, value: FunctionValue | ClassValue, attributes: Mapping[str, Value]) -> Value:
        """The same object after ``value.name = ...``."""


class Calls(Protocol):
    """Calls of functions and classes."""

    importing: bool
    """Whether what is evaluated happens while a module is imported."""

    def expression(self, node: ast.Call, frame: Frame, at: int | None) -> Value:
        """A call as it is written; one in a module or class body happens while the module is imported."""

    def arguments(
        self, node: ast.Call, frame: Frame, at: int | None
    ) -> tuple[tuple[Value, ...], dict[str, Value]]:
        """A call's arguments, not evaluated yet; stars are spread where their content is known, else dropped."""

    def call(
        self,
        callee: Value,
        arguments: tuple[Value, ...],
        keywords: Mapping[str, Value],
        node: ast.expr | None,
        frame: Frame,
    ) -> Value:
        """The result of calling ``callee``; unknown, with the reason, where it is not followed."""

    def construct(self, instance: InstanceValue) -> None:
        """Run the constructor of an instance, once."""

    def frame(
        self, function: FunctionValue, arguments: tuple[Value, ...], keywords: Mapping[str, Value]
    ) -> Frame:
        """The frame of one call: its parameters bound."""

    def decorated(
        self,
        value: FunctionValue | ClassValue,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        frame: Frame,
        at: int,
    ) -> Value:
        """The object that a ``def`` or ``class`` statement binds, its decorators applied from the inside out."""


class Names(Protocol):
    """Names: what they are bound to where they are used."""

    def of_node(self, node: ast.Name, frame: Frame, at: int | None) -> Value:
        """The value of a name where it is used, with what its block set on it."""

    def exported(self, name: str, frame: Frame) -> Value:
        """What a module's name stands for once the module has run, with the attributes that it set on it."""

    def attribute_sets(
        self, frame: Frame, events: Sequences[AttributeSet], only: str | None = None
    ) -> dict[str, Value]:
        """What attribute assignments of a block set, guards considered; computed names left out."""

    def attribute_name(self, event: AttributeSet, frame: Frame) -> str | None:
        """The attribute's name; None if it is computed and cannot be told."""

    def attribute_value(self, event: AttributeSet, frame: Frame) -> Value:
        """The value that is set, or `Missing` for ``del``."""

    def lookup(self, name: str, frame: Frame, at: int | None, *, own: bool = False) -> Value:
        """The value of a name before statement ``at``. ``own``: in this block only, neither around it nor builtins."""


class Imports(Protocol):
    """Modules, and what import statements bind."""

    def is_native(self, name: str) -> bool:
        """Whether a module is modelled instead of read: the standard library and asgiref, unless the project shadows it."""

    def frame(self, module: SourceModule) -> Frame:
        """The frame of a module's body; one for each module."""

    def module_value(self, name: str) -> Value:
        """The module itself, or what stands in its way."""

    def member(self, module_name: str, name: str) -> Value:
        """``from module_name import name``: a name bound in the module, else a submodule, else ``__getattr__``'s answer."""

    def unless_set_outside(self, value: Value, name: str, module: SourceModule) -> Value:
        """What a module's name stands for, unless another module binds it anew or changes what it stands for."""

    def attribute(self, module_name: str, name: str, frame: Frame, node: ast.AST | None) -> Value:
        """``module.name``: as `member`, and a submodule only where it is seen to be imported."""

    def imported(self, node: ast.Import | ast.ImportFrom, alias: ast.alias, frame: Frame) -> Value:
        """What one alias of an import statement binds."""

    def star(self, node: StarImport, name: str, frame: Frame) -> Value:
        """What ``from x import *`` binds to ``name``: `Missing` if it does not export it."""

    def completes(self, node: ast.Import | ast.ImportFrom, frame: Frame, depth: int = 0) -> Outcome:
        """Whether an import statement succeeds: every module is found, its own imports too, every name is bound."""


class Outside(Protocol):
    """What other modules of the project do to what a module defines."""

    def of_definition(self, value: ClassValue | FunctionValue, name: str) -> Unknown | None:
        """Why an attribute of a class or function of a module's top level is not what its own module says."""

    def of_module(self, module: SourceModule, name: str) -> Unknown | None:
        """Why a name of a module is not what its own code binds."""

    def imported(self, node: ast.expr, module: SourceModule) -> Value | None:
        """What an expression stands for in a module by its imports; None where it is none of theirs."""

    def in_place(self, module: SourceModule, name: str, *, is_object: bool) -> Unknown | None:
        """Why a list, dict, set or object that a module's name stands for is not what its own code makes it."""


class Expressions(Protocol):
    """Expressions of every kind."""

    def value(self, node: ast.expr, frame: Frame, at: int | None) -> Value:
        """The value of one expression; what it is made of comes back through the evaluator and its budget."""

    def combine(
        self, one: Value, other: Value, fold: Callable[[Value, Value], object], frame: Frame, node: ast.expr
    ) -> Value:
        """Fold over every combination of alternatives; unknown if one of them cannot be folded."""


class Evaluator(Protocol):
    """All of them together, and the budget that they share."""

    finder: ModuleFinder
    settings: Callable[[str], object] | None
    python_version: tuple[int, ...]
    exhausted: Unknown | None

    @property
    def attributes(self) -> Attributes: ...
    @property
    def calls(self) -> Calls: ...
    @property
    def names(self) -> Names: ...
    @property
    def imports(self) -> Imports: ...
    @property
    def outside(self) -> Outside: ...
    @property
    def expressions(self) -> Expressions: ...

    def start(self) -> None:
        """Begin a new question with the whole budget."""

    def evaluate(self, node: ast.expr, frame: Frame, at: int | None = None) -> Value:
        """The value of an expression used in statement ``at`` of ``frame``'s block (None: after its end)."""

    def truth(self, value: Value) -> Outcome:
        """``bool(value)``, three-valued."""

    def force(self, value: Value) -> Value:
        """The finished value of an argument that was not evaluated yet."""

    def lookup(self, name: str, frame: Frame, at: int | None, *, own: bool = False) -> Value:
        """The value of a name before statement ``at``."""

    def attribute(self, value: Value, name: str, frame: Frame, node: ast.AST | None = None) -> Value:
        """``value.name``."""

    def call(
        self,
        callee: Value,
        arguments: tuple[Value, ...],
        keywords: Mapping[str, Value],
        node: ast.expr | None,
        frame: Frame,
    ) -> Value:
        """``callee(*arguments, **keywords)``."""
