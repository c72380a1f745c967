"""Modules that are imported for what they do: they set a flag in another module, or the environment.

Modules away from the settings wait until a value of theirs is needed. One whose body changes what others read cannot
wait; it is decided by the text of its statements, before anything of it is interpreted.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from weakref import WeakKeyDictionary

from bridgekit.check.modules.finder import ModuleFinder, SourceModule
from bridgekit.check.modules.found_module import FoundModule, ModuleKind
from bridgekit.check.modules.parsing import absolute_name
from bridgekit.check.settings.interpreter.acting_code import ActingCode, Called, executed

_MAX_MODULES = 40
"""Modules looked at for one import: what settings import for its effect is near by, not at the end of an application."""

_known: WeakKeyDictionary[ModuleFinder, dict[str, tuple[str, ...]]] = WeakKeyDictionary()


def modules_that_act(
    finder: ModuleFinder, name: str, is_own: Callable[[FoundModule], bool]
) -> tuple[str, ...]:
    """``name`` and what it imports of the project, as far as they change other modules or the environment."""
    known = _known.setdefault(finder, {})
    if name not in known:
        acting: dict[str, None] = {}
        _collect(finder, name, is_own, acting, set())
        known[name] = tuple(acting)
    return known[name]


def _collect(
    finder: ModuleFinder,
    name: str,
    is_own: Callable[[FoundModule], bool],
    acting: dict[str, None],
    seen: set[str],
) -> None:
    if name in seen or len(seen) >= _MAX_MODULES:
        return
    seen.add(name)
    found = finder.find(name)
    if found.kind is not ModuleKind.SOURCE or not is_own(found):
        return
    source = finder.load(name)
    if source.tree is None:
        return
    imported = _Imported(finder, source, is_own)
    for one in imported.modules:
        _collect(finder, one, is_own, acting, seen)
    if ActingCode(source.tree.body, imported.names, imported.called).acts():
        acting[name] = None


class _Imported:
    """What a module imports: the names that belong to others, and the project's modules among them."""

    def __init__(
        self, finder: ModuleFinder, source: SourceModule, is_own: Callable[[FoundModule], bool]
    ) -> None:
        self.names: set[str] = set()
        self.modules: dict[str, None] = {}
        self._finder = finder
        self._homes: dict[str, tuple[str, str]] = {}
        for statement in executed(source.tree.body if source.tree else []):
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    self._homes[alias.asname or alias.name.partition(".")[0]] = alias.name, ""
                    self._add(finder, alias.name, alias.asname or alias.name.partition(".")[0], is_own)
            elif isinstance(statement, ast.ImportFrom):
                base = absolute_name(source.package, statement.level, statement.module) or ""
                for alias in statement.names:
                    self._homes[alias.asname or alias.name] = base, alias.name
                    self._add(finder, base, alias.asname or alias.name, is_own)
                    if self.modules and finder.find(f"{base}.{alias.name}").kind is ModuleKind.SOURCE:
                        self.modules[f"{base}.{alias.name}"] = None

    def _add(
        self, finder: ModuleFinder, module: str, name: str, is_own: Callable[[FoundModule], bool]
    ) -> None:
        if not module:
            return
        top = finder.find(module.partition(".")[0])
        path = top.path or (top.search[0] + "/" if top.search else "")
        if is_own(FoundModule(module, ModuleKind.SOURCE, path)):
            self.modules[module] = None
            self.names.add(name)
        elif module.partition(".")[0] in ("os", "dotenv", "environ", "environs"):
            self.names.add(name)

    def called(self, function: ast.expr) -> Called | None:
        """What another module of the project defines under an expression: a function, a class, or a method of an object that it keeps."""
        parts = _dotted(function)
        home, name = self._homes.get(parts[0], ("", "")) if parts else ("", "")
        if not home:
            return None
        module, rest = home, [name, *parts[1:]] if name else parts[1:]
        if len(parts) > 1 and not name and "." in home:  # ``import a.b`` binds ``a``
            rest = parts[1:]
            while rest and module != f"{parts[0]}.{'.'.join(rest[: module.count('.')])}":
                return None
            rest = rest[module.count(".") :]
        if rest and self._finder.find(f"{module}.{rest[0]}").kind is ModuleKind.SOURCE:
            module, rest = f"{module}.{rest[0]}", rest[1:]
        return _defined(self._finder, module, rest) if module in self.modules and 0 < len(rest) < 3 else None


def _defined(finder: ModuleFinder, module: str, names: list[str]) -> Called | None:
    """A function or class of a module, or the method of an object or a class that its name stands for."""
    source = finder.load(module)
    body = source.tree.body if source.tree is not None else []
    kept = frozenset(names_bound(body))
    definitions = {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    method = names[1] if len(names) > 1 else ""
    definition = definitions.get(names[0])
    if definition is None and method:
        for statement in body:
            if isinstance(statement, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == names[0] for target in statement.targets
            ):
                made_by = statement.value.func if isinstance(statement.value, ast.Call) else None
                definition = definitions.get(made_by.id) if isinstance(made_by, ast.Name) else None
    return Called(definition, method, kept) if definition is not None else None


def names_bound(body: list[ast.stmt]) -> Iterator[str]:
    """Names that a module gives to something of its own."""
    for node in executed(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.ClassDef):
            yield node.name


def _dotted(node: ast.expr) -> list[str]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [*reversed([*parts, node.id])] if isinstance(node, ast.Name) else []
