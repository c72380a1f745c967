"""What an import statement binds, and whether it would succeed, over modules that are parsed and never run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable

from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import Const, Missing, ModuleValue, Native, Outcome, Unknown
from bridgekit.check.middleware.evaluation.bindings import index_block
from bridgekit.check.middleware.evaluation.block import Block, StarImport
from bridgekit.check.middleware.evaluation.changeable import is_changeable
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.namespace_writers import definition_writer
from bridgekit.check.middleware.evaluation.natives import has_member, is_native_module, native_member
from bridgekit.check.middleware.evaluation.syntax import raised_on_import
from bridgekit.check.middleware.evaluation.values import Frame, InstanceValue, Sequence, Value
from bridgekit.check.modules.finder import ModuleFinder, SourceModule
from bridgekit.check.modules.found_module import ModuleKind
from bridgekit.check.modules.imported import WITHOUT_FILES, imports_module
from bridgekit.check.python.cause import Cause
from bridgekit.middleware_chain.facts import Answer, Location

YES = Outcome(Answer.YES)
MAX_IMPORT_DEPTH = 2
"""How deep the imports of an imported module are checked when a ``try`` asks whether it can be imported."""


class Imports:
    """Modules as namespaces: frames for their bodies, members by name, and the outcome of import statements."""

    def __init__(self, evaluator: Evaluator, finder: ModuleFinder) -> None:
        self.evaluator = evaluator
        self.finder = finder
        self._frames: dict[str, Frame] = {}
        self._outcomes: dict[str, Outcome] = {}

    def is_native(self, name: str) -> bool:
        """Whether a module is modelled instead of read: the standard library and asgiref, unless the project shadows it."""
        return is_native_module(name) and not self._is_shadowed(name)

    def _is_shadowed(self, name: str) -> bool:
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names or not self.finder.roots:
            return False
        path = self.finder.find(top).path
        folder = path.removesuffix(f"/{top}.py").removesuffix(f"/{top}/__init__.py")
        return folder != path and folder in self.finder.roots

    def frame(self, module: SourceModule) -> Frame:
        """The frame of a module's body; one for each module."""
        frame = self._frames.get(module.name)
        if frame is None:
            block = index_block(module.tree.body) if module.tree is not None else Block()
            frame = self._frames[module.name] = Frame("module", block, module, name=module.name)
        return frame

    def module_value(self, name: str) -> Value:
        """The module itself, or what stands in its way."""
        if self.is_native(name):
            return ModuleValue(name)
        found = self.finder.find(name)
        if found.kind is ModuleKind.MISSING:
            return Missing(found.reason)
        return ModuleValue(name)

    def member(self, module_name: str, name: str) -> Value:
        """``from module_name import name``: a name bound in the module, else a submodule, else ``__getattr__``'s answer."""
        if self.is_native(module_name):
            return native_member(module_name, name, self.evaluator)
        native = native_member(module_name, name, self.evaluator, known_only=True)
        if not isinstance(native, Missing):
            return native
        module = self.finder.load(module_name)
        if module.tree is None:
            return self._unreadable(module)
        frame = self.frame(module)
        value = self.unless_set_outside(self.evaluator.names.exported(name, frame), name, module)
        if not isinstance(value, Missing):
            return value
        return self._member_not_bound(module, frame, name, value)

    def unless_set_outside(self, value: Value, name: str, module: SourceModule) -> Value:
        """What a module's name stands for, unless another module binds it anew or changes what it stands for."""
        outside = self.evaluator.outside.of_module(module, name)
        if outside is not None:
            return outside
        for option in options(value):
            if is_changeable(option):
                outside = self.evaluator.outside.in_place(module, name, is_object=False)
                if outside is not None:
                    return outside
            elif isinstance(option, InstanceValue) and option.lost is None:
                option.lost = self.evaluator.outside.in_place(module, name, is_object=True)
        return value

    def attribute(self, module_name: str, name: str, frame: Frame, node: ast.AST | None) -> Value:
        """``module.name``: a submodule is one only once it is imported (language reference, section 5.4.2)."""
        found = self.member(module_name, name)
        full = f"{module_name}.{name}"
        is_submodule = isinstance(found, ModuleValue) and found.name == full
        if not is_submodule or self.is_native(module_name):
            return found
        line = getattr(node, "lineno", None) if frame.kind == "module" else None
        modules = [(frame.module, line), (self.finder.load(module_name), None)]
        if any(imports_module(one, full, before) for one, before in modules):
            return found
        return frame.unknown(f"whether the module {full} has been imported", node)

    def _member_not_bound(self, module: SourceModule, frame: Frame, name: str, missing: Missing) -> Value:
        submodule = f"{module.name}.{name}"
        if module.is_package and self.finder.find(submodule).kind is not ModuleKind.MISSING:
            return ModuleValue(submodule)
        if name == "__name__":
            return Const(module.name)
        hook = self.evaluator.lookup("__getattr__", frame, None, own=True)
        if not isinstance(hook, Missing):
            return self.evaluator.call(hook, (Const(name),), {}, None, frame)
        writer = frame.block.writes_globals or definition_writer(module)
        if writer is not None:
            return frame.unknown(f"module {module.name} writes its namespace at run time", writer)
        return Missing(missing.reason or f"module {module.name} has no name {name}", Location(module.path, 1))

    def _unreadable(self, module: SourceModule) -> Value:
        found = self.finder.find(module.name)
        if found.kind is ModuleKind.MISSING:
            return Missing(module.error)
        if not module.path:
            return Unknown(module.error)
        reason = module.error if module.path in module.error else f"{module.path} {module.error}"
        return Unknown(reason, Location(module.path, module.error_line or 1))

    def imported(self, node: ast.Import | ast.ImportFrom, alias: ast.alias, frame: Frame) -> Value:
        """What one alias of an import statement binds."""
        if isinstance(node, ast.Import):
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            return self.module_value(name)
        target = frame.module.resolve_relative(node.level, node.module)
        if target is None:
            return Missing("relative import beyond the top-level package", frame.module.location_of(node))
        return self.member(target, alias.name)

    def star(self, node: StarImport, name: str, frame: Frame) -> Value:
        """What ``from x import *`` binds to ``name``: `Missing` if it does not export it."""
        target = frame.module.resolve_relative(node.node.level, node.node.module)
        if target is None:
            return Missing()
        if self.is_native(target):
            return Missing()
        module = self.finder.load(target)
        if module.tree is None:
            return self._unreadable(module)
        if module.name in frame.open:
            return Missing()
        frame.open.add(module.name)
        try:
            inner = self.frame(module)
            exported = self._exports(inner, name)
            return self.evaluator.lookup(name, inner, None, own=True) if exported else Missing()
        finally:
            frame.open.discard(module.name)

    def _exports(self, frame: Frame, name: str) -> bool:
        if "__all__" in frame.block.names:
            exported = self.evaluator.lookup("__all__", frame, None, own=True)
            items = self._strings(exported)
            if items is not None:
                return name in items
        return not name.startswith("_")

    @staticmethod
    def _strings(value: Value) -> list[object] | None:
        if isinstance(value, Const) and isinstance(value.value, list | tuple):
            return list(value.value)
        if isinstance(value, Sequence):
            return [item.value for item in value.items if isinstance(item, Const)]
        return None

    def completes(self, node: ast.Import | ast.ImportFrom, frame: Frame, depth: int = 0) -> Outcome:
        """Whether an import statement succeeds: every module is found, its own imports too, every name is bound."""
        if isinstance(node, ast.Import):
            return _all(self.importable(alias.name, depth) for alias in node.names)
        target = frame.module.resolve_relative(node.level, node.module)
        if target is None:
            return Outcome(
                Answer.NO, "relative import beyond the top-level package", frame.module.location_of(node)
            )
        outcome = self.importable(target, depth)
        if outcome.answer is not Answer.YES:
            return outcome
        return _all(self._has_member(target, alias.name) for alias in node.names if alias.name != "*")

    def _has_member(self, module_name: str, name: str) -> Outcome:
        value = self.member(module_name, name)
        if isinstance(value, Native) and has_member(module_name, name, self.evaluator) is False:
            return Outcome(Answer.NO, f"module {module_name} has no name {name}")
        if isinstance(value, Missing):
            return Outcome(
                Answer.NO, value.reason or f"module {module_name} has no name {name}", value.location
            )
        if isinstance(value, Unknown) and self.finder.find(module_name).kind is ModuleKind.SOURCE:
            bound = name in self.frame(self.finder.load(module_name)).block.names
            return YES if bound else Outcome.blocked(value)
        return YES

    def importable(self, name: str, depth: int = 0) -> Outcome:
        """Whether ``import name`` succeeds, as far as the imports at the top of its modules tell."""
        if self.is_native(name):
            return YES if self.finder.find(name).kind is not ModuleKind.MISSING else self._native_absent(name)
        known = self._outcomes.get(name)
        if known is None:
            self._outcomes[name] = YES  # a cycle of imports is no failure
            known = self._outcomes[name] = self._importable(name, depth)
        return known

    def _native_absent(self, name: str) -> Outcome:
        """Of a modelled module that was not found: gone from the target's standard library, or never looked for."""
        found = self.finder.find(name)
        has_library = self.finder.find("os").kind is ModuleKind.SOURCE
        if name.partition(".")[0] == "asgiref" or not has_library or name in WITHOUT_FILES:
            return YES
        return Outcome(Answer.NO, found.reason, cause=Cause.NOT_INSTALLED)

    def _importable(self, name: str, depth: int) -> Outcome:
        found = self.finder.find(name)
        if found.kind is ModuleKind.MISSING:
            return Outcome(Answer.NO, found.reason, cause=Cause.NOT_INSTALLED)
        if found.kind is ModuleKind.UNKNOWN:
            return Outcome(Answer.UNKNOWN, found.reason)
        parent = name.rpartition(".")[0]
        if parent:
            above = self.importable(parent, depth)
            if above.answer is not Answer.YES:
                return above
        if (
            found.kind is not ModuleKind.SOURCE
            or depth >= MAX_IMPORT_DEPTH
            or name.partition(".")[0] == "django"
        ):
            return YES
        module = self.finder.load(name)
        if module.tree is None:
            return Outcome(
                Answer.UNKNOWN, f"{module.path} {module.error}", Location(module.path, module.error_line or 1)
            )
        return self._body_completes(self.frame(module), depth + 1)

    def _body_completes(self, frame: Frame, depth: int) -> Outcome:
        """Whether the unguarded imports of a module's body find their modules; what a ``try`` guards is its affair."""
        tree = frame.module.tree
        for node in tree.body if tree is not None else ():
            if isinstance(node, ast.Import | ast.ImportFrom):
                outcome = self._found_only(node, frame, depth)
                if outcome.answer is Answer.NO:
                    return outcome
        raising = next(raised_on_import(tree.body), None) if tree is not None else None
        if raising is not None:
            return Outcome.blocked(
                frame.unknown(f"the module {frame.name} may raise as it is imported", raising)
            )
        return YES

    def _found_only(self, node: ast.Import | ast.ImportFrom, frame: Frame, depth: int) -> Outcome:
        if isinstance(node, ast.Import):
            return _all(self.importable(alias.name, depth) for alias in node.names)
        target = frame.module.resolve_relative(node.level, node.module)
        return self.importable(target, depth) if target is not None else YES


def _all(outcomes: Iterable[Outcome]) -> Outcome:
    blocked: Outcome | None = None
    for outcome in outcomes:
        if outcome.answer is Answer.NO:
            return outcome
        if outcome.answer is Answer.UNKNOWN and blocked is None:
            blocked = outcome
    return blocked or YES
