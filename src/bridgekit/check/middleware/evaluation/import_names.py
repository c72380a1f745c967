"""What a module's import statements, wherever they stand in it, make its names mean."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.middleware.evaluation.atoms import Missing, ModuleValue, Unknown
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.values import Value
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk


class ImportedNames:
    """The names of one module that stand for something of another."""

    def __init__(self, evaluator: Evaluator, module: SourceModule) -> None:
        self.evaluator = evaluator
        self.module = module
        self._bound: dict[str, tuple[ast.Import | ast.ImportFrom, ast.alias]] = {}
        self._stars: list[str] = []
        self._defined: set[str] = set()
        self._others: set[str] = set()
        self._texts: set[str] = set()
        for node in walk(module.tree) if module.tree is not None else ():
            self._note(node)

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Import():
                for alias in node.names:
                    self._bound[alias.asname or alias.name.partition(".")[0]] = node, alias
            case ast.ImportFrom():
                for alias in node.names:
                    if alias.name == "*":
                        self._stars.append(self.module.resolve_relative(node.level, node.module) or "")
                    else:
                        self._bound[alias.asname or alias.name] = node, alias
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                self._others.add(name)
            case ast.Constant(value=str(text)):
                self._texts.add(text)
        if self.module.tree is not None and node is self.module.tree:
            self._defined = {
                one.name
                for one in self.module.tree.body
                if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            }

    def defines(self, name: str) -> bool:
        """Whether the module's own statement makes the class or function of this name, and nothing else binds it."""
        return name in self._defined and name not in self._others and name not in self._bound

    def binds(self, name: str) -> bool:
        """Whether code of the module beside imports and definitions binds the name: as a loop does, or a call."""
        return name in self._others or name in self._bound

    def value(self, node: ast.expr) -> Value | None:
        """What ``a.b.c`` means by import statements alone; None where other code has a say."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in self._others:
            return None
        found = self._root(node.id)
        for part in reversed(parts):
            if not isinstance(found, ModuleValue):
                return None
            found = self.evaluator.imports.member(found.name, part)
        return found

    def _root(self, name: str) -> Value | None:
        bound = self._bound.get(name)
        if bound is not None:
            node, alias = bound
            return self.evaluator.imports.imported(node, alias, self.evaluator.imports.frame(self.module))
        for star in filter(None, self._stars):
            found = self.evaluator.imports.member(star, name)
            if not isinstance(found, Missing | Unknown):
                return found
        return None

    def mentions(self, module: str, defined: str) -> bool:
        """Whether the module names another one, or what that defines, in an import or as a text."""
        for _, imported, source in self._aliases():
            if module in (imported, source):
                return True
            if defined and imported.rpartition(".")[2] == defined:
                return True
        path = f"{module}.{defined}" if defined else module
        return module in self._texts or path in self._texts

    def standing_for(self, module: str, name: str) -> Iterator[str]:
        """Names that ``from module import name`` binds, directly or by a star."""
        for local, imported, _ in self._aliases():
            if imported == f"{module}.{name}":
                yield local
        if module in self._stars:
            yield name

    def _aliases(self) -> Iterator[tuple[str, str, str]]:
        """Each imported name, the dotted path that it stands for, and the module that it comes from."""
        for local, (node, alias) in self._bound.items():
            if isinstance(node, ast.Import):
                yield local, alias.name, alias.name
            else:
                source = self.module.resolve_relative(node.level, node.module) or ""
                yield local, f"{source}.{alias.name}", source
        for star in self._stars:
            yield "", "", star
