"""The index of one block (a module, class or function body): what each statement binds, sets, calls, returns or raises, and under what guards."""

from __future__ import annotations

import ast
from dataclasses import field
from typing import Literal, TypeAlias

from bridgekit._dataclass import dataclass

TryNode: TypeAlias = ast.Try | ast.TryStar


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """Under what a statement runs: a branch of an ``if``, a part of a ``try``, or something not followed.

    ``part`` is "true" or "false" for an `ast.If`; "body", "handler" or "else" for a ``try``, where ``number`` counts
    the body's statements before this one, or the handlers; "maybe" for loop bodies and ``match`` cases.
    """

    node: ast.If | TryNode | ast.stmt
    part: Literal["true", "false", "body", "handler", "else", "maybe"]
    index: int
    number: int = 0


Guards: TypeAlias = tuple[Guard, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One name bound by one statement. ``path`` leads into the value for tuple targets; ``alias`` is an import's."""

    name: str
    index: int
    node: ast.stmt | ast.excepthandler
    guards: Guards
    value: ast.expr | None = None
    path: tuple[int, ...] = ()
    alias: ast.alias | None = None


@dataclass(frozen=True, slots=True, eq=False)
class StarImport:
    """``from x import *``: may bind any name."""

    index: int
    node: ast.ImportFrom
    guards: Guards


@dataclass(frozen=True, slots=True, eq=False)
class AttributeSet:
    """``base.attribute = value`` or ``setattr(base, attribute, value)``; ``value`` None for ``del`` and ``delattr``."""

    index: int
    base: ast.expr
    attribute: ast.expr | str
    value: ast.expr | None
    path: tuple[int, ...]
    guards: Guards
    node: ast.stmt


@dataclass(frozen=True, slots=True, eq=False)
class Return:
    """A ``return`` statement."""

    index: int
    node: ast.Return
    guards: Guards


@dataclass(frozen=True, slots=True, eq=False)
class Raise:
    """A ``raise`` statement."""

    index: int
    node: ast.Raise
    guards: Guards


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """An expression statement: run for its effect."""

    index: int
    node: ast.expr
    guards: Guards


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """An expression that a statement evaluates on its way (a value to bind, a test, what a loop goes over), with a call in it."""

    index: int
    node: ast.expr
    guards: Guards


Step: TypeAlias = AttributeSet | Call | Effect | Return | Raise


@dataclass(slots=True)
class Block:
    """The index of one body. ``steps`` holds everything in source order; the maps lead to parts of it."""

    names: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[StarImport] = field(default_factory=list)
    attributes: dict[str, list[AttributeSet]] = field(default_factory=dict)
    returns: list[Return] = field(default_factory=list)
    raises: list[Raise] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    writes_globals: ast.stmt | None = None
    """A statement that may bind names unseen: ``exec``, ``globals()[...] =``, ``vars().update``."""
    outer: set[str] = field(default_factory=set)
    """Names that are declared ``global``."""
    nonlocals: set[str] = field(default_factory=set)
    """Names that are declared ``nonlocal``."""
    size: int = 0
    """How many statements there are."""
    positions: dict[ast.stmt, int] = field(default_factory=dict)
    """The number of every statement."""
