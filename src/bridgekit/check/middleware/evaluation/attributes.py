"""``value.name`` for every kind of value: modules, classes by their MRO, instances, functions."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from bridgekit.check.middleware.evaluation import natives
from bridgekit.check.middleware.evaluation.alternatives import choose, options
from bridgekit.check.middleware.evaluation.atoms import (
    COROUTINE_MARK,
    MISSING,
    Const,
    GetResponse,
    Missing,
    ModuleValue,
    Native,
    Request,
    Unknown,
)
from bridgekit.check.middleware.evaluation.attribute_setters import set_unseen
from bridgekit.check.middleware.evaluation.changeable import is_changeable
from bridgekit.check.middleware.evaluation.class_attributes import ClassAttributes
from bridgekit.check.middleware.evaluation.class_bodies import ASKED
from bridgekit.check.middleware.evaluation.hazards import (
    filled_attributes,
    replaced_attributes,
    set_inside,
)
from bridgekit.check.middleware.evaluation.set_elsewhere import set_by_a_function, set_through_a_call
from bridgekit.check.middleware.evaluation.settings_lookup import setting
from bridgekit.check.middleware.evaluation.syntax import stored_attributes
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    Deferred,
    Descriptor,
    Frame,
    FunctionValue,
    InstanceValue,
    Partial,
    SuperValue,
    ThreadCall,
    Value,
)
from bridgekit.check.python.cause import Cause
from bridgekit.check.python.target import VersionInfo
from bridgekit.middleware_chain.facts import HOOKS, Answer

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

_OF_FUNCTIONS = frozenset(
    {"__name__", "__dict__", "__doc__", "__module__", "__qualname__", "__code__", "__wrapped__"}
)
_NEVER_COMPUTED = frozenset({*HOOKS, "__acall__", "__call__", "async_mode"})
"""Names that Django looks up; a constructor that sets computed names (from settings, mostly) does not mean these."""


class Attributes(ClassAttributes):
    """Attribute access on every kind of value."""

    def get(self, value: Value, name: str, frame: Frame, node: ast.AST | None = None) -> Value:
        """``value.name``; `Missing` where it would raise AttributeError."""
        if "__" in name.lstrip("_") and name.startswith("_") and not name.endswith("__"):
            return frame.unknown("the private names of classes are not followed", node)
        if name.startswith("__") and not name.endswith("__"):
            return frame.unknown("the private names of classes are not followed", node)
        match value:
            case Choice():
                return choose((self.get(option, name, frame, node) for option in value.values), value.why)
            case ModuleValue():
                replaced = replaced_attributes(frame.module).get(name)
                if replaced is not None:
                    return frame.unknown(f"{name} may be replaced", replaced)
                return self.evaluator.imports.attribute(value.name, name, frame, node)
            case ClassValue():
                if name == "__name__" and self._keeps_name(value):
                    return Const(value.node.name)
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

    @staticmethod
    def _keeps_name(cls: ClassValue) -> bool:
        """Whether a class is called what its statement says."""
        made = cls.bases is not None or bool(cls.node.keywords)
        return not made and "__name__" not in replaced_attributes(cls.frame.module)

    def of_instance(self, instance: InstanceValue, name: str, frame: Frame) -> Value:
        """An attribute of an object: what its constructor set, else what its class has."""
        if name == "__class__":
            return instance.cls
        if not isinstance(self.of_class(instance.cls, "__getattribute__", instance), Missing | Unknown):
            return frame.unknown(
                f"{instance.cls.node.name} has a __getattribute__ of its own", instance.cls.node
            )
        self.evaluator.calls.construct(instance)
        if name == COROUTINE_MARK and instance.marked.answer is not Answer.NO:
            known = instance.marked.answer is Answer.YES
            blocked = Unknown(instance.marked.reason, instance.marked.location)
            return Native("inspect._is_coroutine_mark") if known else blocked
        if instance.lost is not None:
            return self._of_lost(instance, instance.lost, name)
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
            return self._by_getattr(instance, name, frame)
        return value

    def _of_lost(self, instance: InstanceValue, lost: Unknown, name: str) -> Value:
        """An attribute of an object that others may have changed: a method of its class, or unknown."""
        found = self.of_class(instance.cls, name, instance)
        replaced = name in replaced_attributes(instance.cls.frame.module)
        return found if isinstance(found, BoundMethod) and not replaced else lost

    def _by_getattr(self, instance: InstanceValue, name: str, frame: Frame) -> Value:
        """What the instance's ``__getattr__``, if it has one, answers where nothing else does."""
        hook = self.of_class(instance.cls, "__getattr__", instance)
        if isinstance(hook, Missing):
            return MISSING
        if isinstance(hook, BoundMethod) and name not in instance.asked:
            instance.asked.add(name)
            try:
                found = self.evaluator.call(hook, (Const(name),), {}, None, frame)
            finally:
                instance.asked.discard(name)
            if isinstance(found, BoundMethod | FunctionValue | Native):
                return found
            if isinstance(found, Missing):
                return MISSING
        return frame.unknown(f"{instance.cls.node.name} answers attributes through __getattr__")

    def _assigned_to(self, instance: InstanceValue, name: str) -> Value:
        """An attribute that the constructor assigned, evaluated now; its own name means its value before."""
        found = instance.attributes[name]
        if not isinstance(found, Deferred):
            return found
        if found.before is None:
            del instance.attributes[name]
        else:
            instance.attributes[name] = found.before
        value = self.evaluator.names.attribute_value(found.step, found.frame)
        value = self._unless_filled_in(value, name, found.frame)
        if found.why is not None:
            before = self._assigned_to(instance, name) if name in instance.attributes else MISSING
            value = choose((before, value), found.why)
        instance.attributes[name] = value
        return value

    @staticmethod
    def _unless_filled_in(value: Value, name: str, frame: Frame) -> Value:
        """A list, dict or set in an attribute that is begun in one place and filled elsewhere in the module is not known."""
        if not any(is_changeable(option) for option in options(value)):
            return value
        where = filled_attributes(frame.module).get(name)
        return value if where is None else frame.unknown(f"{name} is changed after it is made", where)

    def _behind(self, value: SuperValue, name: str) -> Value:
        receiver = value.receiver
        cls = receiver.cls if isinstance(receiver, InstanceValue) else receiver
        if not isinstance(cls, ClassValue):
            return value.after.frame.unknown(
                "super() of an object that is not followed", value.after.node, Cause.SUPER_NOT_FOLLOWED
            )
        found: list[Value] = []
        for order in self.mros.of(cls):
            rest, blocked = self._rest(order.classes, value.after), order.blocked
            if rest is None:
                return value.after.frame.unknown(
                    f"super() in {value.after.node.name} is not followed",
                    value.after.node,
                    Cause.SUPER_NOT_FOLLOWED,
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

    def of_function(self, function: FunctionValue, name: str) -> Value:
        """An attribute of a function object: set through its name in the block that defines it, or by a decorator."""
        outside = self.evaluator.outside.of_definition(function, name)
        if outside is not None:
            return outside
        if name in function.attributes:
            given = function.attributes[name]
            anew = set_through_a_call(function, name)
            return anew or self._unless_assigned(given, function.frame, function.node, name)
        if name in ASKED and not isinstance(function.node, ast.Lambda):
            handed = set_by_a_function(self.evaluator, function.frame, function.node, name)
            if handed is not None:
                return handed
        own_name = getattr(function.node, "name", "")
        later = set_inside(function.frame.module, own_name, name)
        if later is not None:
            return function.frame.unknown(f"{own_name} sets its own {name} when it is called", later)
        assigned = self._assigned_after(function.frame, function.node, name)
        if assigned is not None:
            return self._unless_filled_in(assigned, name, function.frame)
        computed = self._set_under_computed_name(function)
        if computed is not None and name not in _OF_FUNCTIONS:
            return computed
        unseen = set_unseen(function.frame.module, name) if name in ASKED else None
        if unseen is not None:
            return function.frame.unknown(f"{name} may be set by code that is not followed", unseen)
        if name == "__name__":
            return Const(own_name or "<lambda>")
        if name in _OF_FUNCTIONS or name.startswith("__"):
            return function.frame.unknown(f"{name} of a function", function.node)
        return Missing(f"no attribute {name}")

    def _set_under_computed_name(self, function: FunctionValue) -> Unknown | None:
        """``setattr(middleware, name, ...)`` in the defining block, under a name that only a run can tell."""
        if isinstance(function.node, ast.Lambda) or not function.frame.block.attributes:
            return None
        for event in self.assignments(function.frame, function.node):
            if self.evaluator.names.attribute_name(event, function.frame) is None:
                return function.frame.unknown(
                    f"attributes of {function.node.name} are set under computed names", event.node
                )
        return None

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
        replaced = replaced_attributes(frame.module).get(name)
        if replaced is not None:
            return frame.unknown(f"{name} may be replaced", replaced)
        if module.startswith("builtins."):
            return Native(f"{module}.{name}")
        return natives.native_member(module, name, self.evaluator)

    @staticmethod
    def _of_constant(value: Const, name: str, frame: Frame, node: ast.AST | None) -> Value:
        if isinstance(value.value, VersionInfo) and name in VersionInfo._fields:
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
