"""Dotted paths of things outside the project, and the functions that stand for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from bridgekit.check.settings.interpreter.data import Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import ClassValue

Args: TypeAlias = list[Value]
Kwargs: TypeAlias = dict[str, Value]
Model: TypeAlias = Callable[[Interpreter, Args, Kwargs], Value]
Constant: TypeAlias = Callable[[Interpreter], Value]
ClassModel: TypeAlias = Callable[[Interpreter, ClassValue, Sequence[Value], dict[str, Value]], Value]

CALLS: dict[str, Model] = {}
"""Functions and classes by dotted path; ``*.name`` matches the last part in any package."""

CONSTANTS: dict[str, Constant] = {}
"""Attributes of unread modules that have a value."""

CLASS_BASES: dict[str, ClassModel] = {}
"""Base classes outside the project, and how a class derived from them is instantiated."""
