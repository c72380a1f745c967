"""``value.name`` for every kind of value: modules, classes by their MRO, instances, functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from bridgekit.check.source import constants, guards, natives
from bridgekit.check.source.bindings import AttributeSet, Binding, index_block
from bridgekit.check.source.frames import Frame
from bridgekit.check.source.mro import MROs
from bridgekit.check.source.settings_lookup import setting
from bridgekit.check.source.syntax import stored_attributes
from bridgekit.check.source.values import (
    MISSING,
    BoundMethod,
    Choice,
    ClassValue,
    Const,
    Deferred,
    Descriptor,
    FunctionNode,
    FunctionValue,
    GetResponse,
    InstanceValue,
    Missing,
    ModuleValue,
    Native,
    Partial,
    Request,
    SuperValue,
    ThreadCall,
    Unknown,
    Value,
    choose,
)
from bridgekit.middleware_chain.facts import HOOKS, Answer

if TYPE_CHECKING:
    from bridgekit.check.source.evaluator import Evaluator

__all__ = ["Attributes"]


_OF_EVERY_REQUEST = frozenset(
    [
        "GET",
        "POST",
        "COOKIES",
        "FILES",
        "META",
        "body",
        "content_params",
        "content_type",
        "encoding",
        "environ",
        "headers",
        "path",
        "path_info",
        "resolver_match",
        "scheme",
        "scope",
        "session",
        "site",
        "urlconf",
        "user",
        "auser",
        "csrf_processing_done",
        "LANGUAGE_CODE",
        "_messages",
        "accepts",
        "build_absolute_uri",
        "get_full_path",
        "get_full_path_info",
        "get_host",
        "get_port",
        "get_preferred_type",
        "get_signed_cookie",
        "is_secure",
        "read",
        "readline",
        "readlines",
        "close",
        "upload_handlers",
    ]
)
"""What Django itself puts on a request, its own middleware included."""

_NEVER_COMPUTED = frozenset({*HOOKS, "__acall__", "__call__", "async_mode"})
"""Names that Django looks up; a constructor that sets computed names (from settings, mostly) does not mean these."""


class Attributes:
    """Attribute access, and the frames of class bodies."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.mros = MROs(evaluator)
        self._frames: dict[tuple[int, int], Frame] = {}

    def get(self, value: Value, name: str, frame: Frame, node: ast.AST | None = None) -> Value:
        """``value.name``; `Missing` where it would raise AttributeError."""
        match value:
            case Choice():
                return choose((self.get(option, name, frame, node) for option in value.values), value.why)
            case ModuleValue():
                return self.evaluator.imports.member(value.name, name)
            case ClassValue():
                return self.of_class(value, name, value)
            case InstanceValue():
                return self.of_instance(value, name, frame)
            case FunctionValue():
                return self.of_function(value, name)
            case SuperValue():
                return self._behind(value, name)
            case Native():
                return self._of_native(value, name, frame, node)
            case Const():
                return self._of_constant(value, name, frame, node)
            case Unknown() | Missing():
                return value
            case BoundMethod():
                return value.receiver if name == "__self__" else self.get(value.function, name, frame, node)
            case Partial() | ThreadCall() | Descriptor():
                return value.function if name == "func" else Missing(f"no attribute {name}")
            case Request():
                return self._of_request(name, frame, node)
            case GetResponse():
                return self._of_get_response(value, name, frame, node)
            case _:
                return frame.unknown(f"attribute {name} of a value that is not followed", node)

    # -- classes ----------------------------------------------------------------------------------------------------

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
        """An attribute in the class's own namespace, as it stands when its module has run."""
        if name in cls.attributes:
            return cls.attributes[name]
        frame = self.frame_of(cls)
        value = self.evaluator.lookup(name, frame, None, own=True)
        if isinstance(value, FunctionValue) and value.frame is frame and value.owner is None:
            value = replace(value, owner=cls)
        assigned = self._assigned_after(cls.frame, cls.node, name)
        if assigned is None:
            return value
        if isinstance(assigned, Choice) and any(isinstance(option, Missing) for option in assigned.values):
            kept = (value if isinstance(option, Missing) else option for option in assigned.values)
            return choose(kept, assigned.why)
        return assigned

    def _assigned_after(self, frame: Frame, node: ast.ClassDef | FunctionNode, name: str) -> Value | None:
        """``Holder.name = value`` in the block that defines ``Holder``, wherever it stands there."""
        if isinstance(node, ast.Lambda) or not frame.block.attributes:
            return None
        return self.evaluator.attribute_sets(frame, self.assignments(frame, node), name).get(name)

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

    def of_class(self, cls: ClassValue, name: str, receiver: Value) -> Value:
        """An attribute through the MRO, bound to ``receiver`` (the class itself or an instance)."""
        found: list[Value] = []
        why: Unknown | None = None
        for order in self.mros.of(cls):
            value = self._in_order(order.classes, name)
            if isinstance(value, Missing) and order.blocked is not None:
                value = order.blocked
                why = why or order.blocked
            found.append(value)
        if why is None:
            why = self._why_several(cls)
        return self._bind(choose(found, why), receiver, cls)

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
        for cls in classes:
            value = self._of_native_class(cls, name) if isinstance(cls, Native) else self.own(cls, name)
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
                blocked = self._computed_names(cls) or self._metaclass(cls)
                if blocked is not None:
                    return blocked
        return Missing(f"no attribute {name}")

    def _computed_names(self, cls: ClassValue) -> Unknown | None:
        for event in self.assignments(cls.frame, cls.node):
            if self.evaluator.attribute_name(event, cls.frame) is None:
                return cls.frame.unknown(
                    f"attributes of {cls.node.name} are set under computed names", event.node
                )
        frame = self.frame_of(cls)
        if frame.block.writes_globals is not None:
            return frame.unknown(
                f"the body of {cls.node.name} writes its namespace", frame.block.writes_globals
            )
        return None

    def _metaclass(self, cls: ClassValue) -> Unknown | None:
        for keyword in cls.node.keywords:
            if keyword.arg == "metaclass":
                value = self.evaluator.evaluate(keyword.value, cls.frame, None)
                if not isinstance(value, Native):
                    return cls.frame.unknown(f"{cls.node.name} has a metaclass of its own", cls.node)
        return None

    @staticmethod
    def _of_native_class(cls: Native, name: str) -> Value:
        """Classes of the standard library have none of the names that middleware are asked for, but these."""
        if cls.name in natives.THREAD_WRAPPERS or cls.name == "asgiref.sync.AsyncToSync":
            return Native(f"{cls.name}.{name}") if name in ("__call__", "__init__") else MISSING
        if cls.name in ("functools.partial", "abc.ABC", "typing.Protocol", "typing.Generic"):
            return Native(f"{cls.name}.{name}") if name == "__call__" and "partial" in cls.name else MISSING
        return MISSING

    # -- instances and bound things ---------------------------------------------------------------------------------

    def of_instance(self, instance: InstanceValue, name: str, frame: Frame) -> Value:
        """An attribute of an object: what its constructor set, else what its class has."""
        if name == "__class__":
            return instance.cls
        self.evaluator.calls.construct(instance)
        if name in instance.attributes:
            value = self._assigned_to(instance, name)
            if not (
                isinstance(value, Choice) and any(isinstance(option, Missing) for option in value.values)
            ):
                return value
            inherited = self.of_class(instance.cls, name, instance)
            return choose((inherited if isinstance(o, Missing) else o for o in value.values), value.why)
        value = self.of_class(instance.cls, name, instance)
        if isinstance(value, Missing):
            if instance.dynamic is not None and name not in _NEVER_COMPUTED:
                return instance.dynamic
            hook = self.of_class(instance.cls, "__getattr__", instance)
            if not isinstance(hook, Missing):
                return frame.unknown(f"{instance.cls.node.name} answers attributes through __getattr__")
        return value

    def _assigned_to(self, instance: InstanceValue, name: str) -> Value:
        """An attribute that the constructor assigned, evaluated now; its own name means its value before."""
        found = instance.attributes[name]
        if not isinstance(found, Deferred):
            return found
        if found.before is None:
            del instance.attributes[name]
        else:
            instance.attributes[name] = found.before
        value = self.evaluator.attribute_value(found.step, found.frame)
        if found.why is not None:
            before = self._assigned_to(instance, name) if name in instance.attributes else MISSING
            value = choose((before, value), found.why)
        instance.attributes[name] = value
        return value

    def _bind(self, value: Value, receiver: Value, cls: ClassValue) -> Value:
        match value:
            case Choice():
                return choose((self._bind(option, receiver, cls) for option in value.values), value.why)
            case FunctionValue() if isinstance(receiver, InstanceValue):
                return BoundMethod(value, receiver)
            case Descriptor():
                return self._described(value, receiver, cls)
            case _:
                return value

    def _described(self, value: Descriptor, receiver: Value, cls: ClassValue) -> Value:
        if value.kind == "staticmethod":
            return value.function
        if value.kind == "classmethod":
            return BoundMethod(value.function, cls)
        if value.kind == "classproperty" or isinstance(receiver, InstanceValue):
            holder: Value = cls if value.kind == "classproperty" else receiver
            return self.evaluator.call(value.function, (holder,), {}, None, cls.frame)
        return value

    def _behind(self, value: SuperValue, name: str) -> Value:
        receiver = value.receiver
        cls = receiver.cls if isinstance(receiver, InstanceValue) else receiver
        if not isinstance(cls, ClassValue):
            return value.after.frame.unknown("super() of an object that is not followed", value.after.node)
        found: list[Value] = []
        for order in self.mros.of(cls):
            rest, blocked = self._rest(order.classes, value.after), order.blocked
            if rest is None:
                return value.after.frame.unknown(
                    f"super() in {value.after.node.name} is not followed", value.after.node
                )
            attribute = self._in_order(rest, name)
            if isinstance(attribute, Missing) and blocked is not None:
                attribute = blocked
            elif isinstance(attribute, Missing) and name in ("__init__", "__new__", "__init_subclass__"):
                attribute = Native(f"builtins.object.{name}")
            found.append(attribute)
        return self._bind(choose(found, self._why_several(cls)), receiver, cls)

    @staticmethod
    def _rest(
        classes: tuple[ClassValue | Native, ...], after: ClassValue
    ) -> tuple[ClassValue | Native, ...] | None:
        for number, cls in enumerate(classes):
            if isinstance(cls, ClassValue) and cls.node is after.node:
                return classes[number + 1 :]
        return None

    # -- functions, constants, modelled things ----------------------------------------------------------------------

    def of_function(self, function: FunctionValue, name: str) -> Value:
        """An attribute of a function object: set through its name in the block that defines it, or by a decorator."""
        if name in function.attributes:
            return function.attributes[name]
        own_name = getattr(function.node, "name", "")
        assigned = self._assigned_after(function.frame, function.node, name)
        if assigned is not None:
            return assigned
        if name == "__name__":
            return Const(own_name or "<lambda>")
        if name in ("__dict__", "__doc__", "__module__", "__qualname__", "__code__", "__wrapped__"):
            return function.frame.unknown(f"{name} of a function", function.node)
        return Missing(f"no attribute {name}")

    def with_attributes(self, value: FunctionValue | ClassValue, attributes: Mapping[str, Value]) -> Value:
        """The same object after ``value.name = ...``."""
        kept = {**value.attributes, **attributes}
        deleted = [name for name, attribute in kept.items() if isinstance(attribute, Missing)]
        for name in deleted:
            del kept[name]
        return replace(value, attributes=kept)

    def _of_native(self, value: Native, name: str, frame: Frame, node: ast.AST | None) -> Value:
        if value.name == "django.conf.settings":
            found = setting(self.evaluator, name)
            if isinstance(found, Unknown | Missing):
                # Unset here is not absent at run time: an app may set its defaults when it is loaded.
                return frame.unknown(found.reason, node)
            return found
        module = value.name
        if module.startswith("builtins."):
            return Native(f"{module}.{name}")
        return natives.native_member(module, name, self.evaluator)

    @staticmethod
    def _of_constant(value: Const, name: str, frame: Frame, node: ast.AST | None) -> Value:
        if isinstance(value.value, natives.VersionInfo) and name in natives.VersionInfo._fields:
            return Const(getattr(value.value, name))
        if value.value is None:
            return Missing(f"None has no attribute {name}")
        return frame.unknown(f"attribute {name} of a plain value", node)

    @staticmethod
    def _of_request(name: str, frame: Frame, node: ast.AST | None) -> Value:
        if name == "method":
            return Const("GET")
        if name in _OF_EVERY_REQUEST or name in stored_attributes(frame.module):
            return frame.unknown(f"request.{name} is only known at run time", node)
        return Missing(f"nothing sets request.{name}")

    @staticmethod
    def _of_get_response(value: GetResponse, name: str, frame: Frame, node: ast.AST | None) -> Value:
        if value.called:
            return frame.unknown("the response is only known at run time", node)
        return Missing(f"get_response has no attribute {name}")

    # -- listings ---------------------------------------------------------------------------------------------------

    def names(self, cls: ClassValue | Native) -> Iterator[str]:
        """Every name that the class itself may bind."""
        if isinstance(cls, ClassValue):
            yield from self.frame_of(cls).block.names
            yield from cls.attributes
            for event in self.assignments(cls.frame, cls.node):
                name = self.evaluator.attribute_name(event, cls.frame)
                if name is not None:
                    yield name

    def plain(self, value: Value) -> object:
        """The Python value behind a constant, or ``constants.FOLD_FAILED``."""
        return constants.as_const(value)
