"""From a dotted path of ``MIDDLEWARE`` to a finished `Definition`."""

from __future__ import annotations

import ast
import logging
from dataclasses import replace
from difflib import get_close_matches

from bridgekit.check.middleware.definition import Definition, DefinitionKind, Method
from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import Missing, Native, Unknown
from bridgekit.check.middleware.evaluation.coroutines import coroutine_function
from bridgekit.check.middleware.evaluation.evaluator import SourceEvaluator
from bridgekit.check.middleware.evaluation.settings_lookup import SettingsLookup
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    ClassValue,
    Descriptor,
    Frame,
    FunctionValue,
    InstanceValue,
    Partial,
    ThreadCall,
    Value,
)
from bridgekit.check.middleware.facts import FactsReader
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.python.tree import walk
from bridgekit.middleware_chain.facts import HOOKS, Answer, Claim, Location, MiddlewareFacts

logger = logging.getLogger(__name__)

INTERNAL_ERROR = "bridgekit failed to read it"
"""How the reason starts when the reader itself is at fault."""

_RESOLVED = frozenset({*HOOKS, "__acall__", "__call__", "__init__"})
"""Methods whose decorators are followed to know whether the result is a coroutine function."""


class SourceReader:
    """Reads middleware off one search path; modules, frames and orders are shared between calls of `read`.

    ``finder`` says where modules are; ``settings``, if given, what the project's settings hold (conditions on a setting
    are unknown without it). Nothing is imported or executed, and `read` does not raise: what cannot be read
    comes back with every fact unknown and the reason.
    """

    def __init__(self, finder: ModuleFinder, settings: SettingsLookup | None = None) -> None:
        self.finder = finder
        self.settings = settings
        self.evaluator = SourceEvaluator(finder, settings)

    def read(self, dotted_path: str, listed_at: Location | None = None) -> Definition:
        """What `django.utils.module_loading.import_string` would give for ``dotted_path``, described."""
        self.evaluator.start()
        try:
            return replace(
                self._read(dotted_path, listed_at), load=self.finder.load, bounds=self.finder.bounds
            )
        except RecursionError:
            self.evaluator = SourceEvaluator(
                self.finder, self.settings
            )  # half-finished work must not be remembered
            return _unreadable(dotted_path, "its source is nested too deeply to be followed", None, listed_at)
        except Exception as error:
            # One middleware that defeats the reader must not take the report on all the others with it.
            logger.debug("bridgekit could not read %s", dotted_path, exc_info=True)
            self.evaluator = SourceEvaluator(self.finder, self.settings)
            reason = f"{INTERNAL_ERROR}: {type(error).__name__}: {error}; please report it"
            return _unreadable(dotted_path, reason, None, listed_at)

    def _read(self, dotted_path: str, listed_at: Location | None) -> Definition:
        module, _, name = dotted_path.rpartition(".")
        if not module:
            return _unreadable(
                dotted_path, f"{dotted_path!r} does not look like a module path", None, listed_at
            )
        value = self.evaluator.imports.member(module, name)
        if isinstance(value, Missing | Unknown):
            reason = value.reason or f"module {module} has no name {name}"
            meant = self._meant(module, name) if isinstance(value, Missing) else ""
            message = f"{reason} (did you mean {meant}?)" if meant else reason
            return _unreadable(dotted_path, message, value.location, listed_at)
        frame = self.evaluator.imports.frame(self.finder.load(module))
        return self._definition(dotted_path, value, frame, listed_at)

    def _meant(self, module: str, name: str) -> str:
        """A dotted path that exists and is spelt like the one that does not; empty if there is none."""
        found = self.finder.load(module)
        if found.tree is not None:
            near = get_close_matches(name, self.evaluator.imports.frame(found).block.names, 1)
            return f"{module}.{near[0]}" if near and near[0] != name else ""
        package, _, last = module.rpartition(".")
        near = get_close_matches(last, self.finder.modules_in(package), 1)
        return f"{package}.{near[0]}.{name}".lstrip(".") if near else ""

    def _definition(
        self, dotted_path: str, value: Value, frame: Frame, listed_at: Location | None
    ) -> Definition:
        facts_reader = FactsReader(self.evaluator, dotted_path, value, frame)
        facts = facts_reader.read(listed_at)
        shape = facts_reader.shape()
        for option in options(value):
            target = _target(option)
            if isinstance(target, ClassValue):
                return replace(self._class(dotted_path, target, facts), is_middleware=shape)
            if isinstance(target, FunctionValue) and not isinstance(target.node, ast.Lambda):
                inner = self._inner(facts_reader.product)
                return Definition(
                    dotted_path,
                    facts,
                    DefinitionKind.FUNCTION,
                    target.frame.module,
                    target.node,
                    methods=self._nested(target.node, target),
                    inner=inner,
                    is_middleware=shape,
                )
            if isinstance(target, FunctionValue):
                module, node = target.frame.module, target.node
                return Definition(
                    dotted_path, facts, DefinitionKind.FUNCTION, module, node, is_middleware=shape
                )
        if isinstance(value, Native):
            reason = f"{value.name} is not source that is read"
            return _unreadable(dotted_path, reason, None, listed_at)
        return Definition(dotted_path, facts, is_middleware=shape)

    # -- classes ----------------------------------------------------------------------------------------------------

    def _class(self, dotted_path: str, cls: ClassValue, facts: MiddlewareFacts) -> Definition:
        attributes = self.evaluator.attributes
        orders = attributes.mros.of(cls)
        order = orders[0]
        complete = Claim.yes()
        if len(orders) > 1:
            complete = Claim.unknown("the bases are not decided", facts.defined_at)
        if order.blocked is not None:
            complete = Claim.unknown(order.blocked.reason, order.blocked.location)
        methods: dict[str, Method] = {}
        values: dict[str, ast.expr] = {}
        for owner in reversed(order.classes):
            if isinstance(owner, ClassValue):
                self._collect(owner, methods, values)
        return Definition(
            dotted_path,
            facts,
            DefinitionKind.CLASS,
            cls.frame.module,
            cls.node,
            mro=tuple(c.name if isinstance(c, Native) else attributes.path_of(c) for c in order.classes),
            mro_complete=complete,
            methods=methods,
            attributes=values,
        )

    def _collect(self, owner: ClassValue, methods: dict[str, Method], values: dict[str, ast.expr]) -> None:
        """Add what one class binds, over what its bases bound."""
        path = self.evaluator.attributes.path_of(owner)
        frame = self.evaluator.attributes.frame_of(owner)
        for name, bindings in frame.block.names.items():
            binding = bindings[-1]
            if isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef):
                values.pop(name, None)
                methods[name] = Method(
                    name,
                    binding.node,
                    path,
                    frame.module,
                    self._is_async(owner, name, binding.node),
                    frame.module.location_of(binding.node),
                )
            else:
                self._other(owner, name, binding.value, methods, values)
        for event in self.evaluator.attributes.assignments(owner.frame, owner.node):
            attribute = self.evaluator.names.attribute_name(event, owner.frame)
            if attribute is not None and event.value is not None:
                self._other(owner, attribute, event.value, methods, values)

    def _other(
        self,
        owner: ClassValue,
        name: str,
        expression: ast.expr | None,
        methods: dict[str, Method],
        values: dict[str, ast.expr],
    ) -> None:
        """A name bound by an assignment: a function under another name is a method, the rest are attributes."""
        value = (
            self.evaluator.attributes.own(owner, name)
            if isinstance(expression, ast.Name | ast.Lambda)
            else None
        )
        methods.pop(name, None)
        if isinstance(value, FunctionValue) and not isinstance(value.node, ast.Lambda):
            path = self.evaluator.attributes.path_of(owner)
            module = value.frame.module
            is_async = isinstance(value.node, ast.AsyncFunctionDef)
            methods[name] = Method(name, value.node, path, module, is_async, module.location_of(value.node))
        elif expression is not None:
            values[name] = expression

    def _is_async(self, owner: ClassValue, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        if not node.decorator_list or name not in _RESOLVED:
            return isinstance(node, ast.AsyncFunctionDef)
        value = self.evaluator.attributes.own(owner, name)
        if isinstance(value, Descriptor):
            value = value.function
        outcome = coroutine_function(self.evaluator, value)
        if outcome.answer is Answer.UNKNOWN:
            return isinstance(node, ast.AsyncFunctionDef)
        return outcome.answer is Answer.YES

    # -- factories --------------------------------------------------------------------------------------------------

    @staticmethod
    def _nested(node: ast.FunctionDef | ast.AsyncFunctionDef, function: FunctionValue) -> dict[str, Method]:
        module = function.frame.module
        found: dict[str, Method] = {}
        for part in walk(node):
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and part is not node:
                is_async = isinstance(part, ast.AsyncFunctionDef)
                owner = f"{module.name}.{node.name}"
                found.setdefault(
                    part.name, Method(part.name, part, owner, module, is_async, module.location_of(part))
                )
        return found

    @staticmethod
    def _inner(product: Value) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]:
        targets = (_target(option) for option in options(product))
        return tuple(
            target.node
            for target in targets
            if isinstance(target, FunctionValue) and not isinstance(target.node, ast.Lambda)
        )


def _target(value: Value) -> Value:
    """The class or function behind partials, bound methods and instances."""
    while True:
        match value:
            case Partial() | BoundMethod() | ThreadCall():
                value = value.function
            case InstanceValue():
                value = value.cls
            case _:
                return value


def _unreadable(
    dotted_path: str, reason: str, location: Location | None, listed_at: Location | None
) -> Definition:
    facts = replace(MiddlewareFacts.unreadable(dotted_path, reason, location), listed_at=listed_at)
    unknown = Claim.unknown(reason, location)
    return Definition(dotted_path, facts, mro_complete=unknown, is_middleware=unknown)
