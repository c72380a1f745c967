"""Runs a module from its first line as an import does, with the modules of the project that it imports."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import suppress
from dataclasses import field

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.reach.interpreter import Event, Interpreter, OutOfBudgetError
from bridgekit.check.reach.objects import found_on, order_of
from bridgekit.check.reach.values import Class, Frame, Native, Value

_MAX_MODULES = 40
"""Modules of the project that the imports of one entry point are followed into."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One event, with the statement of the first module that led to it, and the modules in between."""

    event: Event
    node: ast.AST
    modules: tuple[str, ...]


@dataclass(slots=True)
class ModuleRun:
    """What a module does when it is imported: its steps in their order, and the names that it has in the end."""

    interpreter: Interpreter
    load: Callable[[str], SourceModule | None]
    steps: list[Step] = field(default_factory=list)
    names: dict[str, Value] = field(default_factory=dict)
    _imported: set[str] = field(default_factory=set)
    _modules: list[str] = field(default_factory=list)
    _node: ast.AST = field(default_factory=ast.Pass)

    def run(self, module: SourceModule) -> None:
        """Follows it; the interpreter's observer is `observe`."""
        self.interpreter.importer = self.import_module
        namespace = self.interpreter.namespace_of(module)
        frame = Frame(namespace)
        with suppress(OutOfBudgetError, RecursionError):
            for statement in module.tree.body if module.tree is not None else ():
                self._node = statement
                self.interpreter.execute([statement], frame)
        self.names = frame.names

    def observe(self, event: Event) -> None:
        """Keeps what happens."""
        self.steps.append(Step(event, self._node, tuple(self._modules)))

    def bases(self, cls: Class) -> list[str]:
        """Dotted names of what a class derives from and that was not read."""
        return [base.name for base in order_of(self.interpreter, cls) if isinstance(base, Native)]

    def has_own(self, cls: Class, name: str) -> bool:
        """Whether a class, or one that it derives from, writes an attribute itself."""
        return found_on(self.interpreter, cls, name) is not None

    def import_module(self, name: str, node: ast.AST, frame: Frame) -> None:
        """The packages on the way to it, and the module itself, each once."""
        parts = name.split(".")
        self.interpreter.emit("import", Native(name), node, frame, name)
        for count in range(1, len(parts) + 1):
            path = ".".join(parts[:count])
            if path in self._imported or len(self._imported) >= _MAX_MODULES:
                continue
            module = self.load(path)
            if module is None or module.tree is None:
                continue
            self._imported.add(path)
            self._modules.append(path)
            try:
                self.interpreter.execute(module.tree.body, Frame(self.interpreter.namespace_of(module)))
            finally:
                self._modules.pop()
