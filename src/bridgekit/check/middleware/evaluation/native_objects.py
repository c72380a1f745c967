"""Modelled built-ins that ask and make objects: attributes, instances, types, descriptors."""

from __future__ import annotations

import ast
import builtins
from dataclasses import replace

from bridgekit.check.middleware.evaluation import natives
from bridgekit.check.middleware.evaluation.alternatives import choose, options
from bridgekit.check.middleware.evaluation.atoms import (
    NONE,
    UNREAD,
    Const,
    GetResponse,
    Missing,
    ModuleValue,
    Native,
    Unknown,
)
from bridgekit.check.middleware.evaluation.native_call import NativeCall
from bridgekit.check.middleware.evaluation.settings_lookup import setting
from bridgekit.check.middleware.evaluation.syntax import fields
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    Descriptor,
    FunctionValue,
    InstanceValue,
    Partial,
    Sequence,
    ThreadCall,
    Value,
)
from bridgekit.middleware_chain.facts import Answer


def has_attribute(call: NativeCall) -> Value:
    """``hasattr(value, name)``."""
    name = call.text(1)
    if len(call.arguments) < 2 or name is None:
        return call.unknown()
    found = [_attribute(call, option, name) for option in options(call.arguments[0])]
    answers = [_presence(value) for value in found]
    if None in answers or len(set(answers)) != 1:
        blocked = next((value for value in found if isinstance(value, Unknown)), None)
        why = next((value.why for value in (*found, call.arguments[0]) if isinstance(value, Choice)), None)
        return blocked or why or call.unknown()
    return Const(answers[0])


def _attribute(call: NativeCall, value: Value, name: str) -> Value:
    """An attribute that the code expects to be absent at times: for settings, absent is an answer then."""
    if isinstance(value, Native) and value.name == "django.conf.settings":
        found = setting(call.evaluator, name)
        return call.unknown(found.reason) if isinstance(found, Unknown) else found
    if isinstance(value, Native) or (
        isinstance(value, ModuleValue) and call.evaluator.imports.is_native(value.name)
    ):
        present = natives.has_member(value.name, name, call.evaluator)
        if present is None:
            return call.unknown(f"whether {value.name} has {name} is only known at run time")
        if not present:
            return Missing(f"{value.name} has no attribute {name}")
    return call.evaluator.attribute(value, name, call.frame, call.node)


def _presence(value: Value) -> bool | None:
    if isinstance(value, Choice):
        answers = {_presence(option) for option in value.values}
        return answers.pop() if len(answers) == 1 else None
    return None if isinstance(value, Unknown) else not isinstance(value, Missing)


def get_attribute(call: NativeCall) -> Value:
    """``getattr(value, name[, default])``."""
    name = call.text(1)
    if len(call.arguments) < 2 or name is None:
        return call.unknown()
    value = _attribute(call, call.arguments[0], name)
    if len(call.arguments) < 3:
        return value
    default = call.arguments[2]
    if isinstance(value, Choice):
        return choose(
            (default if isinstance(option, Missing) else option for option in value.values), value.why
        )
    return default if isinstance(value, Missing) else value


def is_instance(call: NativeCall) -> Value:
    """``isinstance(value, kinds)``."""
    if len(call.arguments) != 2:
        return call.unknown()
    value, kind = call.arguments
    kinds = kind.items if isinstance(kind, Sequence) else (kind,)
    if UNREAD in call.keywords or any(isinstance(one, ClassValue) and one.node.keywords for one in kinds):
        return call.unknown("an isinstance() that cannot be decided")
    answers = [_is_instance(call, value, one) for one in kinds]
    if True in answers:
        return Const(True)
    if isinstance(value, Unknown):
        return value
    return call.unknown("an isinstance() that cannot be decided") if None in answers else Const(False)


def _is_instance(call: NativeCall, value: Value, kind: Value) -> bool | None:
    if isinstance(value, Unknown | Choice | Missing) or not isinstance(kind, ClassValue | Native):
        return None
    if isinstance(kind, Native):
        if kind.name == "builtins.type":
            return isinstance(value, ClassValue)
        if kind.name in ("types.FunctionType", "types.MethodType"):
            expected = FunctionValue if kind.name == "types.FunctionType" else BoundMethod
            return (
                isinstance(value, expected) if not isinstance(value, GetResponse | Native | Partial) else None
            )
        if kind.name.startswith("builtins.") and isinstance(value, Const | Sequence):
            wanted_type = getattr(builtins, kind.name.removeprefix("builtins."), None)
            given = value.kind if isinstance(value, Sequence) else type(value.value)
            return issubclass(given, wanted_type) if isinstance(wanted_type, type) else None
        if kind.name == "builtins.object":
            return True
        return False if isinstance(value, FunctionValue) and kind.name.startswith("builtins.") else None
    if isinstance(value, InstanceValue):
        orders = call.evaluator.attributes.mros.of(value.cls)
        if all(
            any(isinstance(cls, ClassValue) and cls.node is kind.node for cls in order.classes)
            for order in orders
        ):
            return True
        return None if any(order.blocked for order in orders) else False
    return False if isinstance(value, FunctionValue | ClassValue | Const) else None


def is_callable(call: NativeCall) -> Value:
    """``callable(value)``."""
    value = call.argument(0)
    if isinstance(value, FunctionValue | ClassValue | BoundMethod | Partial | ThreadCall):
        return Const(True)
    if isinstance(value, GetResponse):
        return Const(not value.called)
    if isinstance(value, Const):
        return Const(False)
    return call.unknown("a callable() that cannot be decided")


def make_type(call: NativeCall) -> Value:
    """``type(value)``, or a class from ``type(name, bases, namespace)``."""
    if len(call.arguments) == 1 and isinstance(call.arguments[0], InstanceValue):
        return call.arguments[0].cls
    if len(call.arguments) != 3:
        return call.unknown()
    name, bases, namespace = call.arguments
    if not isinstance(namespace, Const) or not isinstance(namespace.value, dict):
        return call.unknown("a class made by type() from values that are not followed")
    listed = bases.items if isinstance(bases, Sequence) else () if isinstance(bases, Const) else None
    if listed is None:
        return call.unknown("a class made by type() with bases that are not followed")
    called = str(name.value) if isinstance(name, Const) else "made"
    attributes = {
        key: call.evaluator.force(value) for key, value in namespace.value.items() if isinstance(key, str)
    }
    return _made_class(call, called, tuple(listed), attributes)


def _made_class(
    call: NativeCall, name: str, bases: tuple[Value, ...], attributes: dict[str, Value]
) -> ClassValue:
    where = call.node if call.node is not None else ast.Pass(lineno=1, col_offset=0)
    node = ast.parse("class made:\n    pass").body[0]
    assert isinstance(node, ast.ClassDef)
    node.name, node.body = name, []
    node.lineno, node.col_offset = where.lineno, where.col_offset
    return ClassValue(node, call.frame, attributes, bases)


def make_descriptor(call: NativeCall) -> Value:
    """``property`` and its kin."""
    function = call.argument(0)
    kind = call.name.rpartition(".")[2]
    return (
        Descriptor("property" if kind == "cached_property" else kind, function)
        if function is not None
        else call.unknown()
    )


def make_dataclass(call: NativeCall) -> Value:
    """`dataclasses.dataclass`: the class with a written ``__init__``."""
    cls = call.argument(0)
    if cls is None:
        return Partial(Native(call.name), (), call.keywords)
    if not isinstance(cls, ClassValue):
        return call.unknown()
    own = call.evaluator.attributes.own
    attributes = dict(cls.attributes)
    if isinstance(own(cls, "__init__"), Missing):
        attributes["__init__"] = Native("dataclasses.__init__")
    slots = call.keywords.get("slots")
    if slots is not None and call.evaluator.truth(slots).answer is not Answer.NO:
        attributes.update({name: Descriptor("member", own(cls, name)) for name in fields(cls.node)})
    return replace(cls, attributes=attributes)


def make_dict(call: NativeCall) -> Value:
    """``dict(a=1)``, ``dict()`` and ``dict(other, a=1)``."""
    given = call.argument(0)
    if given is None:
        return Const(dict(call.keywords))
    if len(call.arguments) == 1 and isinstance(given, Const) and isinstance(given.value, dict):
        return Const({**given.value, **call.keywords})
    return given if isinstance(given, Unknown) else call.unknown()


def new_object(call: NativeCall) -> Value:
    """``object.__new__(cls)``."""
    cls = call.argument(0)
    return InstanceValue(cls) if isinstance(cls, ClassValue) else call.unknown()


def give_nothing(call: NativeCall) -> Value:
    """A call that returns None."""
    if call.name == "builtins.print" and not set(call.keywords) <= {"sep", "end", "file", "flush"}:
        return call.unknown()
    return NONE
