"""The values of names: the bindings before a place whose guards hold, and attributes set through a name."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence as Sequences

from bridgekit.check.middleware.evaluation import constants, guards
from bridgekit.check.middleware.evaluation.alternatives import choose, options
from bridgekit.check.middleware.evaluation.atoms import MISSING, Const, Missing, Native, Unknown
from bridgekit.check.middleware.evaluation.block import AttributeSet, Binding, StarImport
from bridgekit.check.middleware.evaluation.changeable import holds_changeable, is_changeable, is_data
from bridgekit.check.middleware.evaluation.hazards import (
    Scope,
    called_names,
    changed_names,
    handed_on_names,
    rebound_names,
)
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.namespace_writers import definition_writer, namespace_writer
from bridgekit.check.middleware.evaluation.values import (
    Choice,
    ClassValue,
    Frame,
    FunctionValue,
    InstanceValue,
    Partial,
    Sequence,
    Value,
)
from bridgekit.check.python.tree import walk
from bridgekit.middleware_chain.facts import Answer


class Names:
    """Names and bindings of every frame."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def of_node(self, node: ast.Name, frame: Frame, at: int | None) -> Value:
        """The value of a name where it is used, with what its block set on it."""
        value = self.lookup(node.id, frame, at)
        if isinstance(value, Missing):
            reason = value.reason or f"name {node.id} is not defined"
            return Missing(reason, value.location or frame.unknown("", node).location)
        return self._with_later_attributes(value, node.id, frame, at)

    def _with_later_attributes(self, value: Value, name: str, frame: Frame, at: int | None) -> Value:
        """Attributes that this block set on the object through this name (a decorator on its argument, for one)."""
        if isinstance(value, InstanceValue) and frame.kind == "module":
            return self._unless_touched(value, name, frame)
        if frame.kind == "class" or name not in frame.block.attributes or isinstance(value, Choice):
            return value
        if isinstance(value, Partial):
            return frame.unknown(
                f"attributes of the partial {name} are set", frame.block.attributes[name][0].node
            )
        if not isinstance(value, FunctionValue | ClassValue):
            return value
        if value.frame is frame and not isinstance(value.node, ast.Lambda):
            return value  # what a block defines itself is looked up with the object, whatever the name
        events = [event for event in frame.block.attributes[name] if at is None or event.index < at]
        found = self.attribute_sets(frame, events)
        return self.evaluator.attributes.with_attributes(value, found) if found else value

    @staticmethod
    def _unless_touched(value: InstanceValue, name: str, frame: Frame) -> Value:
        """An object that a module holds: what others do with it is not followed, so that only its methods are known."""
        tree = frame.module.tree
        where = changed_names(tree).get(name) or called_names(tree).get(name) if tree is not None else None
        if where is not None and value.lost is None:
            value.lost = frame.unknown(f"{name} may be changed after it is made", where)
        return value

    def exported(self, name: str, frame: Frame) -> Value:
        """What a module's name stands for once the module has run, with the attributes that it set on it."""
        return self._with_later_attributes(self.lookup(name, frame, None, own=True), name, frame, None)

    def attribute_sets(
        self, frame: Frame, events: Sequences[AttributeSet], only: str | None = None
    ) -> dict[str, Value]:
        """What attribute assignments of a block set, guards considered; computed names left out."""
        found: dict[str, Value] = {}
        for event in events:
            attribute = self.attribute_name(event, frame)
            if attribute is None or (only is not None and attribute != only) or event in frame.open:
                continue
            outcome = guards.holds(self.evaluator, event.guards, frame)
            if outcome.answer is Answer.NO:
                continue
            frame.open.add(event)  # X.flag = not X.flag: what it replaces, not itself
            try:
                value = self.attribute_value(event, frame)
            finally:
                frame.open.discard(event)
            if outcome.answer is Answer.UNKNOWN:
                value = choose(
                    (found.get(attribute, MISSING), value), Unknown(outcome.reason, outcome.location)
                )
            found[attribute] = value
        return found

    def attribute_name(self, event: AttributeSet, frame: Frame) -> str | None:
        """The attribute's name; None if it is computed and cannot be told."""
        if isinstance(event.attribute, str):
            return event.attribute
        plain = constants.as_const(self.evaluator.evaluate(event.attribute, frame, event.index))
        return plain if isinstance(plain, str) else None

    def attribute_value(self, event: AttributeSet, frame: Frame) -> Value:
        """The value that is set, or `Missing` for ``del``."""
        if event.value is None:
            return (
                MISSING
                if isinstance(event.node, ast.Delete | ast.Expr)
                else frame.unknown("bound by a statement", event.node)
            )
        if isinstance(event.node, ast.AugAssign):
            return frame.unknown("an augmented assignment to an attribute", event.node)
        return self._unpacked(
            self.evaluator.evaluate(event.value, frame, event.index), event.path, frame, event.node
        )

    def lookup(self, name: str, frame: Frame, at: int | None, *, own: bool = False) -> Value:
        """The value of a name before statement ``at``. ``own``: in this block only, neither around it nor builtins."""
        key = (name, -1 if at is None else at)
        known = frame.values.get(key)
        if known is None:
            if key in frame.open:
                return frame.unknown(f"the definition of {name} leads back to itself")
            frame.open.add(key)
            try:
                known = self._bound_here(name, frame, at)
            finally:
                frame.open.discard(key)
            if self.evaluator.exhausted is None:
                frame.values[key] = known
        if own or not isinstance(known, Missing):
            return known
        if frame.kind == "function" and self._is_unbound(name, frame, at):
            return frame.unknown(f"{name} is not bound yet", frame.block.names[name][0].node)
        return self._around(name, frame)

    def _is_unbound(self, name: str, frame: Frame, at: int | None) -> bool:
        """Whether a function binds the name, and not before this place: it does not mean the one around it then."""
        local = name in frame.block.names and name not in frame.block.outer | frame.block.nonlocals
        return local and all(
            guards.holds(self.evaluator, event.guards, frame).answer is Answer.NO
            for event in frame.block.names[name]
            if at is None or event.index < at
        )

    def _around(self, name: str, frame: Frame) -> Value:
        block = frame.block
        of_body = frame.kind == "class" and name in block.names and name not in block.nonlocals
        # Declared global, or bound later in a class body: functions around it have no say (LOAD_NAME).
        outer = frame.outermost() if name in block.outer or of_body else frame.closest()
        if outer is not None:
            if frame.kind == "class" and frame.cls is not None and outer is frame.parent:
                # A class body runs where it stands.
                return self.lookup(name, outer, outer.block.positions.get(frame.cls.node))
            found = self.lookup(name, outer, None)
            if (
                outer.kind == "module"
                and frame.kind == "function"
                and not isinstance(found, Missing | Unknown)
            ):
                found = self.evaluator.imports.unless_set_outside(found, name, outer.module)
            return self._unless_bound_again(found, name, outer) if self.evaluator.calls.importing else found
        if name == "__name__":
            return Const(constants.ModuleName(frame.module.name))
        if name.startswith("__") and name.endswith("__") and name not in ("__import__", "__build_class__"):
            return Const(True) if name == "__debug__" else frame.unknown(f"{name} is only known at run time")
        writer = frame.block.writes_globals or namespace_writer(frame.module)
        if hasattr(builtins, name):
            if "builtins" in frame.block.names:
                return frame.unknown(f"{name} may be replaced in the module builtins")
            return Native(f"builtins.{name}")
        if writer is not None:
            return frame.unknown("the module writes its namespace at run time", writer)
        return MISSING

    def _unless_bound_again(self, value: Value, name: str, frame: Frame) -> Value:
        """Data that a function reads around it, unless the name has been something else when the function was called."""
        if not any(is_data(option) for option in options(value)):
            return value
        possible = [
            event
            for event in self._events(name, frame, None)
            if guards.holds(self.evaluator, event.guards, frame).answer is not Answer.NO
        ]
        if len(possible) > 1 and not isinstance(value, Choice):
            return frame.unknown(f"{name} is bound more than once", possible[0].node)
        return value

    def _bound_here(self, name: str, frame: Frame, at: int | None) -> Value:
        possible: list[Value] = []
        why: Unknown | None = None
        for event in self._events(name, frame, at):
            outcome = guards.holds(self.evaluator, event.guards, frame)
            if outcome.answer is Answer.NO:
                continue
            value = (
                self.evaluator.imports.star(event, name, frame)
                if isinstance(event, StarImport)
                else self.bound(event, frame)
            )
            if isinstance(event, StarImport) and isinstance(value, Missing):
                continue
            possible.append(value)
            if outcome.answer is Answer.YES:
                break
            why = why or Unknown(outcome.reason, outcome.location)
        else:
            if name in frame.arguments:
                possible.append(self.evaluator.force(frame.arguments[name]))
            elif possible and frame.closest() is not None and frame.kind == "class":
                possible.append(MISSING)
        if not possible:
            return MISSING
        value = choose(possible, why) if why is not None else possible[0]
        return self._unless_changed(value, name, frame)

    @staticmethod
    def _unless_changed(value: Value, name: str, frame: Frame) -> Value:
        """The value, unless it is one that something in the scope changes behind the binding."""
        scope = _scope(frame)
        if scope is None or isinstance(value, Missing | Unknown):
            return value
        rebound = rebound_names(scope)
        if name in rebound:
            return frame.unknown(f"{name} is bound anew inside a function", rebound[name])
        if frame.kind == "module":
            has_data = any(is_data(option) for option in options(value))
            writer = namespace_writer(frame.module) if has_data else definition_writer(frame.module)
            if writer is not None:
                return frame.unknown("the module writes its namespace at run time", writer)
        if any(is_changeable(option) for option in options(value)) and name in changed_names(scope):
            return frame.unknown(f"{name} is changed after it is made", changed_names(scope)[name])
        if any(holds_changeable(option) for option in options(value)) and name in handed_on_names(scope):
            return frame.unknown(
                f"what {name} holds is changed after it is made", handed_on_names(scope)[name]
            )
        return value

    @staticmethod
    def _events(name: str, frame: Frame, at: int | None) -> list[Binding | StarImport]:
        bound: list[Binding | StarImport] = [*frame.block.names.get(name, ()), *frame.block.stars]
        if at is not None:
            bound = [event for event in bound if event.index < at]
        bound.reverse()  # of the targets of one statement the last one counts
        bound.sort(key=lambda event: event.index, reverse=True)
        return bound

    def bound(self, event: Binding, frame: Frame) -> Value:
        """What one binding gives its name."""
        node = event.node
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert event.alias is not None
            value = self.evaluator.imports.imported(node, event.alias, frame)
            if isinstance(value, Missing):
                # A failed import that nothing catches: the code is made for an environment that has it.
                return Unknown(value.reason, value.location or frame.unknown("", node).location)
            return value
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self.evaluator.calls.decorated(
                FunctionValue(node, frame, owner=frame.cls), node, frame, event.index
            )
        if isinstance(node, ast.ClassDef):
            return self.evaluator.calls.decorated(ClassValue(node, frame), node, frame, event.index)
        if isinstance(node, ast.Delete):
            return MISSING
        if event.value is None:
            return frame.unknown(f"{event.name} is bound by a loop, a with or an except", node)
        value = self.evaluator.evaluate(event.value, frame, event.index)
        if _depends_on_loop(event):
            return frame.unknown(f"{event.name} changes while a loop runs", node)
        if isinstance(node, ast.AugAssign):
            before = self.lookup(event.name, frame, event.index)
            return self.evaluator.expressions.combine(
                before, value, lambda a, b: constants.binary(node.op, a, b), frame, event.value
            )
        return self._unpacked(value, event.path, frame, node)

    def _unpacked(self, value: Value, path: tuple[int, ...], frame: Frame, node: ast.AST) -> Value:
        for step in path:
            if isinstance(value, Const) and isinstance(value.value, tuple | list) and step < len(value.value):
                value = Const(value.value[step])
            elif isinstance(value, Sequence) and step < len(value.items):
                value = self.evaluator.force(value.items[step])
            elif not isinstance(value, Unknown):
                return frame.unknown("unpacked from a value that is not followed", node)
        return value


def _scope(frame: Frame) -> Scope | None:
    """The tree in which something may happen to what a name of the frame stands for."""
    if frame.kind == "module":
        return frame.module.tree
    if frame.kind == "class":
        return frame.cls.node if frame.cls is not None else None
    return frame.function.node if frame.function is not None else None


def _depends_on_loop(event: Binding) -> bool:
    """Whether a loop binds the name to something that it bound in the round before."""
    loops = [
        guard.node for guard in event.guards if isinstance(guard.node, ast.For | ast.AsyncFor | ast.While)
    ]
    if not loops or event.value is None:
        return False
    if isinstance(event.node, ast.AugAssign):
        return True
    bound = {
        node.id
        for loop in loops
        for node in walk(loop)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return any(isinstance(node, ast.Name) and node.id in bound for node in walk(event.value))
