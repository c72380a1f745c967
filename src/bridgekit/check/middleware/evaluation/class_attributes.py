"""Attributes of classes: their own namespace, what is assigned after it, and the search along the MRO."""

from __future__ import annotations

import ast
from dataclasses import replace

from bridgekit.check.middleware.evaluation import constants, guards, natives
from bridgekit.check.middleware.evaluation.alternatives import choose
from bridgekit.check.middleware.evaluation.atoms import NONE, Missing, Native, Outcome, Unknown
from bridgekit.check.middleware.evaluation.attribute_setters import set_unseen
from bridgekit.check.middleware.evaluation.bindings import index_block
from bridgekit.check.middleware.evaluation.block import AttributeSet, Binding, Call
from bridgekit.check.middleware.evaluation.class_bodies import (
    ASKED,
    made_by_base,
    of_native_class,
    unless_filled,
    unless_replaced,
)
from bridgekit.check.middleware.evaluation.hazards import replaced_attributes
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.mro import MROs
from bridgekit.check.middleware.evaluation.namespace_writers import body_writer
from bridgekit.check.middleware.evaluation.set_elsewhere import set_by_a_function
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    Descriptor,
    Frame,
    FunctionNode,
    FunctionValue,
    InstanceValue,
    Value,
)
from bridgekit.middleware_chain.facts import Answer

_WITHOUT_HOOKS = frozenset(("abc.ABC", "builtins.object", "typing.Generic", "typing.Protocol"))
"""Modelled bases under which an object is one without hooks."""


class ClassAttributes:
    """Attribute access on classes, and the frames of class bodies."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.mros = MROs(evaluator)
        self._frames: dict[tuple[int, int], Frame] = {}

    def frame_of(self, cls: ClassValue) -> Frame:
        """The frame of a class body; one for each class."""
        key = (id(cls.node), id(cls.frame))
        frame = self._frames.get(key)
        if frame is None:
            block = index_block(cls.node.body)
            name = self.path_of(cls)
            frame = Frame("class", block, cls.frame.module, name=name, parent=cls.frame, cls=cls)
            self._frames[key] = frame
        return frame

    @staticmethod
    def path_of(cls: ClassValue) -> str:
        """The dotted path of a class: its module and qualified name."""
        parts = [cls.node.name]
        frame: Frame | None = cls.frame
        while frame is not None and frame.kind != "module":
            parts.append("<locals>" if frame.kind == "function" else frame.name.rpartition(".")[2])
            frame = frame.parent
        return ".".join([cls.frame.module.name, *reversed(parts)])

    def own(self, cls: ClassValue, name: str) -> Value:
        """An attribute in the class's own namespace, unless other modules set it."""
        outside = self.evaluator.outside.of_definition(cls, name)
        return self._by_its_module(cls, name) if outside is None else outside

    def _by_its_module(self, cls: ClassValue, name: str) -> Value:
        """An attribute in the class's own namespace, as it stands when its module has run."""
        if name in cls.attributes:
            return self._unless_assigned(cls.attributes[name], cls.frame, cls.node, name)
        frame = self.frame_of(cls)
        given = set_by_a_function(self.evaluator, cls.frame, cls.node, name) if name in ASKED else None
        if given is not None:
            return given
        writer = body_writer(cls.node)
        if writer is not None:
            return frame.unknown(f"the body of {cls.node.name} may write its namespace", writer)
        value = self.evaluator.lookup(name, frame, None, own=True)
        if isinstance(value, FunctionValue) and value.frame is frame and value.owner is None:
            value = replace(value, owner=cls)
        assigned = self._assigned_after(cls.frame, cls.node, name)
        if assigned is None:
            if isinstance(value, Missing) and name != "__slots__" and self._is_slot(cls, name):
                return Descriptor("member", value)
            return unless_replaced(unless_filled(value, name, cls), name, cls)
        if isinstance(assigned, Choice) and any(isinstance(option, Missing) for option in assigned.values):
            kept = (value if isinstance(option, Missing) else option for option in assigned.values)
            return choose(kept, assigned.why)
        return assigned

    def _unless_assigned(
        self, value: Value, frame: Frame, node: ast.ClassDef | FunctionNode, name: str
    ) -> Value:
        """What a decorator or a later statement set on an object, where its own block sets the same: which was last is not seen."""
        unseen = set_unseen(frame.module, name) if name in ASKED else None
        if unseen is not None:
            return frame.unknown(f"{name} may be set by code that is not followed", unseen)
        assigned = self._assigned_after(frame, node, name)
        if assigned is None:
            return value
        return choose((value, assigned), frame.unknown(f"{name} is set more than once", node))

    def _is_slot(self, cls: ClassValue, name: str) -> bool:
        """Whether ``__slots__`` names it: the class then has a member of that name, which is true."""
        if "__slots__" not in self.frame_of(cls).block.names:
            return False
        slots = constants.as_const(self.own(cls, "__slots__"))
        return slots == name or (isinstance(slots, tuple | list | dict) and name in slots)

    def _assigned_after(self, frame: Frame, node: ast.ClassDef | FunctionNode, name: str) -> Value | None:
        """``Holder.name = value`` in the block that defines ``Holder``, wherever it stands there."""
        if isinstance(node, ast.Lambda) or not frame.block.attributes:
            return None
        return self.evaluator.names.attribute_sets(frame, self.assignments(frame, node), name).get(name)

    def marked_after(
        self, frame: Frame, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    ) -> Outcome:
        """``markcoroutinefunction(name)`` as a statement of the block that defines ``name``: the mark is an attribute."""
        for step in frame.block.steps:
            match step:
                case Call(node=ast.Call(func=func, args=[ast.Name(id=name)])) if name == node.name:
                    marker = self.evaluator.evaluate(func, frame, step.index)
                    if isinstance(marker, Native) and marker.name in natives.MARKERS:
                        outcome = guards.holds(self.evaluator, step.guards, frame)
                        if outcome.answer is not Answer.NO:
                            return outcome
        return Outcome(Answer.NO)

    def assignments(
        self, frame: Frame, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    ) -> list[AttributeSet]:
        """Statements of the defining block that set attributes on what ``node`` defines, by its name or by an alias."""
        found: list[AttributeSet] = []
        for binding in frame.block.names.get(node.name, ()):
            if binding.node is node:
                found += self._while_bound(frame, node.name, binding)
        for name in frame.block.attributes:
            for binding in frame.block.names.get(name, ()):
                if (
                    name != node.name
                    and isinstance(binding.value, ast.Name)
                    and binding.value.id == node.name
                ):
                    found += self._while_bound(frame, name, binding)
        return sorted(found, key=lambda event: event.index)

    def _while_bound(self, frame: Frame, name: str, binding: Binding) -> list[AttributeSet]:
        """The attribute assignments through ``name`` between this binding and the one that replaces it."""
        end = self._end(frame)
        for later in frame.block.names[name]:
            if binding.index < later.index < end:
                replaced = guards.holds(self.evaluator, later.guards, frame).answer is not Answer.NO
                end = later.index if replaced else end
        return [event for event in frame.block.attributes.get(name, ()) if binding.index < event.index < end]

    def _end(self, frame: Frame) -> int:
        """The number behind the last statement that runs: that of a return under no condition, in a function."""
        for left in frame.block.returns:
            if guards.holds(self.evaluator, left.guards, frame).answer is Answer.YES:
                return left.index
        return frame.block.size + 1

    def hook(self, cls: ClassValue, *names: str) -> Unknown | None:
        """Why special methods of a class are not simply those of `object`; None if they are: they may do anything."""
        for order in self.mros.of(cls):
            if order.blocked is not None:
                return order.blocked
            for base in order.classes:
                if isinstance(base, Native):
                    if base.name not in _WITHOUT_HOOKS:
                        return cls.frame.unknown(f"{cls.node.name} derives from {base.name}", cls.node)
                elif base.node.decorator_list or base.node.keywords:
                    return base.frame.unknown(f"{base.node.name} is decorated or has a metaclass", base.node)
                elif any(not isinstance(self.own(base, name), Missing) for name in names):
                    return base.frame.unknown(f"{base.node.name} has {' or '.join(names)}", base.node)
        return None

    def is_enumeration(self, cls: ClassValue) -> bool:
        """Whether a class derives from one of ``enum``, or has a metaclass: its items are not types."""
        return bool(cls.node.keywords) or any(
            isinstance(base, Native) and base.name.startswith("enum.")
            for order in self.mros.of(cls)
            for base in order.classes
        )

    def of_class(self, cls: ClassValue, name: str, receiver: Value) -> Value:
        """An attribute through the MRO, bound to ``receiver`` (the class itself or an instance)."""
        if "__bases__" in replaced_attributes(cls.frame.module):
            return cls.frame.unknown("the bases of a class are replaced", cls.node)
        replaced = self.evaluator.outside.of_definition(cls, "__bases__")
        if replaced is not None:
            return replaced
        found: list[Value] = []
        why: Unknown | None = None
        for order in self.mros.of(cls):
            made = next(filter(None, map(self._metaclass, order.classes)), None)
            value = made or self._in_order(order.classes, name)
            if isinstance(value, Missing) and order.blocked is not None:
                value = order.blocked
                why = why or order.blocked
            found.append(value)
        if len(found) == 1:
            return self._bind(found[0], receiver, cls)
        return self._bind(choose(found, why or self._why_several(cls)), receiver, cls)

    def _why_several(self, cls: ClassValue) -> Unknown:
        for base in (
            base for linear in self.mros.of(cls) for base in linear.classes if isinstance(base, ClassValue)
        ):
            for value in self.mros.bases(base):
                if isinstance(value, Choice):
                    return value.why
        return cls.frame.unknown(f"the bases of {cls.node.name} are not decided", cls.node)

    def _in_order(self, classes: tuple[ClassValue | Native, ...], name: str) -> Value:
        maybe: list[Value] = []
        why: Unknown | None = None
        for number, cls in enumerate(classes):
            value = of_native_class(cls, name) if isinstance(cls, Native) else self.own(cls, name)
            made = made_by_base(cls, classes[number + 1 :], name, value)
            if made is not None:
                return made
            if isinstance(value, Missing):
                continue
            if isinstance(value, Choice) and any(isinstance(option, Missing) for option in value.values):
                maybe.extend(option for option in value.values if not isinstance(option, Missing))
                why = why or value.why
                continue
            maybe.append(value)
            break
        else:
            maybe.append(self._unseen(classes, name))
        return choose(maybe, why) if why is not None else maybe[0]

    def _unseen(self, classes: tuple[ClassValue | Native, ...], name: str) -> Value:
        """Nothing binds the name; say so only if nothing could bind it unseen."""
        for cls in classes:
            if isinstance(cls, ClassValue):
                blocked = self._computed_names(cls)
                if blocked is not None:
                    return blocked
        return Missing(f"no attribute {name}")

    def _computed_names(self, cls: ClassValue) -> Unknown | None:
        for event in self.assignments(cls.frame, cls.node):
            if self.evaluator.names.attribute_name(event, cls.frame) is None:
                return cls.frame.unknown(
                    f"attributes of {cls.node.name} are set under computed names", event.node
                )
        return None

    def _metaclass(self, cls: ClassValue | Native) -> Unknown | None:
        """Why no attribute of a class is what its body says: a metaclass may answer for it, or make it of another body."""
        if isinstance(cls, Native):
            return None
        for keyword in cls.node.keywords:
            if keyword.arg == "metaclass":
                value = self.evaluator.evaluate(keyword.value, cls.frame, None)
                if not isinstance(value, Native):
                    return cls.frame.unknown(f"{cls.node.name} has a metaclass of its own", cls.node)
        return None

    def _bind(self, value: Value, receiver: Value, cls: ClassValue) -> Value:
        match value:
            case Choice():
                return choose((self._bind(option, receiver, cls) for option in value.values), value.why)
            case FunctionValue() if isinstance(receiver, InstanceValue):
                return BoundMethod(value, receiver)
            case Descriptor():
                return self._described(value, receiver, cls)
            case InstanceValue():
                return self._in_class(value, receiver, cls)
            case _:
                return value

    def _in_class(self, value: InstanceValue, receiver: Value, cls: ClassValue) -> Value:
        """An object in a class: a descriptor of the project answers itself, and may have been told its name."""
        if value.lost is None:
            value.lost = self.hook(value.cls, "__set_name__")
        getter = self.of_class(value.cls, "__get__", value)
        if isinstance(getter, Missing):
            return value
        instance = receiver if isinstance(receiver, InstanceValue) else NONE
        return self.evaluator.call(getter, (instance, cls), {}, None, cls.frame)

    def _described(self, value: Descriptor, receiver: Value, cls: ClassValue) -> Value:
        if value.kind == "staticmethod":
            return value.function
        if value.kind == "classmethod":
            if isinstance(value.function, Descriptor):
                # Python 3.9 to 3.12 ask the inner one, others do not.
                return cls.frame.unknown("a classmethod around another descriptor", cls.node)
            return BoundMethod(value.function, cls)
        if value.kind == "member":
            return value.function if isinstance(receiver, InstanceValue) else value
        if value.kind == "classproperty" or isinstance(receiver, InstanceValue):
            holder: Value = cls if value.kind == "classproperty" else receiver
            return self.evaluator.call(value.function, (holder,), {}, None, cls.frame)
        return value
