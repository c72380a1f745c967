"""What a run asks of its imports and of the modelled libraries, so that it need not import them: both import it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bridgekit.check.settings.interpreter.data import PathValue, Value
from bridgekit.check.settings.interpreter.values import ClassValue, External, ModuleValue


class ImportSystem(Protocol):
    """Modules by their names: the project's are run, others stay unread."""

    def import_module(self, name: str) -> Value:
        """``import name``."""

    def open_external(self, external: External) -> Value:
        """What a name of a module that may be read stands for; itself where it may not."""

    def module(self, name: str, *, eager: bool = False, relative: bool = False) -> Value:
        """The module of that name."""

    def imported_submodule(self, module: ModuleValue, name: str) -> Value | None:
        """``package.name`` as an attribute, or None."""

    def note_submodule(self, package: str, name: str) -> Value | None:
        """``from package import name`` imports a module of that name, if there is one."""

    def submodule(self, module: ModuleValue, name: str) -> Value | None:
        """A submodule as an attribute of its package."""

    def importable(self, name: str) -> bool:
        """Whether an import of it succeeds, as far as that is certain."""


class Libraries(Protocol):
    """Objects of modules that are not read, as far as their behaviour is written down."""

    def attribute(self, owner: External, name: str) -> Value:
        """``owner.name``."""

    def defines(self, owner: External, name: str) -> bool | None:
        """Whether a module of the standard library has an attribute; None where that is not known."""

    def call(self, function: External, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
        """``function(*args, **kwargs)``."""

    def unread_call(self, dotted: str, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
        """The result of a call of something that is not modelled."""

    def inherited(self, receiver: Value, base: External, name: str) -> Value:
        """An attribute that a base class outside the project may define."""

    def class_attribute(self, cls: ClassValue, name: str, raw: Value) -> Value:
        """A class attribute as seen from outside."""

    def instantiate(self, cls: ClassValue, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
        """An instance of a class with a base that is modelled, or `NOT_IMPLEMENTED`."""

    def path_attribute(self, path: PathValue, name: str) -> Value:
        """An attribute of a `pathlib.Path`."""

    def open_file(self, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
        """``open(...)``."""

    def item(self, owner: External, key: Value) -> Value:
        """``owner[key]``."""
