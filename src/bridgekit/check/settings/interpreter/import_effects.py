"""Modules that are imported for what they do: they set a flag in another module, or the environment.

Modules away from the settings wait until a value of theirs is needed. One whose body changes what others read cannot
wait; it is told by the text of its statements, before anything of it is interpreted.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from weakref import WeakKeyDictionary

from bridgekit.check.modules.finder import ModuleFinder, SourceModule
from bridgekit.check.modules.found_module import FoundModule, ModuleKind
from bridgekit.check.modules.parsing import absolute_name

_MAX_MODULES = 40
"""Modules looked at for one import: what settings import for its effect is near by, not at the end of an application."""

_MUTATORS = frozenset(["add", "append", "clear", "extend", "insert", "pop", "remove", "setdefault", "update"])
_WRITERS = frozenset(["load_dotenv", "putenv", "read_dotenv", "read_env", "read_envfile"])

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
    if imported.names and any(_acts(statement, imported) for statement in _body(source.tree.body)):
        acting[name] = None


def _body(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that an import runs, those in ``if`` and ``try`` too; definitions only define."""
    for statement in statements:
        if isinstance(statement, ast.If | ast.For | ast.While | ast.With | ast.Try):
            for field in ("body", "orelse", "finalbody"):
                yield from _body(getattr(statement, field, []))
            for handler in getattr(statement, "handlers", []):
                yield from _body(handler.body)
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement


class _Imported:
    """What a module imports: the names that belong to others, and the project's modules among them."""

    def __init__(
        self, finder: ModuleFinder, source: SourceModule, is_own: Callable[[FoundModule], bool]
    ) -> None:
        self.names: set[str] = set()
        self.modules: dict[str, None] = {}
        self.functions = {
            node.name: node
            for node in (source.tree.body if source.tree else ())
            if isinstance(node, ast.FunctionDef)
        }
        for statement in _body(source.tree.body if source.tree else []):
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    self._add(finder, alias.name, alias.asname or alias.name.partition(".")[0], is_own)
            elif isinstance(statement, ast.ImportFrom):
                base = absolute_name(source.package, statement.level, statement.module) or ""
                for alias in statement.names:
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


def _acts(statement: ast.stmt, imported: _Imported, depth: int = 2) -> bool:
    """Whether the statement changes something that another module owns."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            if _root(node) in imported.names:
                return True
        elif isinstance(node, ast.Call) and _calls_for_effect(node, imported, depth):
            return True
    return False


def _calls_for_effect(node: ast.Call, imported: _Imported, depth: int) -> bool:
    function = node.func
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Constant) and first.value == "DJANGO_SETTINGS_MODULE":
        return False
    if isinstance(function, ast.Attribute):
        return function.attr in _MUTATORS | _WRITERS and _root(function) in imported.names
    if isinstance(function, ast.Name):
        if function.id == "setattr":
            return first is not None and _root(first) in imported.names
        if function.id in _WRITERS:
            return function.id in imported.names
        called = imported.functions.get(function.id) if depth else None
        return called is not None and any(_acts(inner, imported, depth - 1) for inner in called.body)
    return False


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
