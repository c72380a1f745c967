"""Class statements: the body is run, the MRO computed; metaclasses and unread bases leave what they hide unknown."""

from __future__ import annotations

import ast

from bridgekit.check.python.linearization import c3
from bridgekit.check.python.scopes import names_of_body
from bridgekit.check.settings.interpreter.data import MISSING, DictValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.enumerations import is_member
from bridgekit.check.settings.interpreter.hooks import TRANSPARENT, special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassMethod,
    ClassValue,
    External,
    Frame,
    FunctionValue,
    NativeFunction,
    PropertyValue,
    StaticMethod,
)
from bridgekit.check.settings.objects.class_attributes import find_in_class

_Base = ClassValue | External | NativeFunction


def make_class(interpreter: Interpreter, node: ast.ClassDef, frame: Frame) -> Value:
    """The class object, or the unknown where its bases cannot be followed."""
    bases: list[Value] = [
        unwrap(interpreter.force(interpreter.evaluate(base, frame)))[0] for base in node.bases
    ]
    prepared = _prepared(interpreter, node, bases, frame)
    if prepared is not None:
        return prepared
    cls = ClassValue(node.name, tuple(bases), DictValue(), frame.module)
    names = cls.namespace
    names[Text("__module__")] = Text(frame.module.name)
    names[Text("__qualname__")] = (
        Text(node.name) if frame.kind == "module" else interpreter.opaque("a qualified name")
    )
    inner = Frame(frame.module, names, frame.path, frame, "class", names_of_body(node), owner=cls)
    interpreter.frames.append(inner)
    try:
        interpreter.run_block(node.body, inner)
    finally:
        interpreter.frames.pop()
    if node.body and ast.get_docstring(node, clean=False) is None:
        names.setdefault(Text("__doc__"), None)
    else:
        names.setdefault(Text("__doc__"), interpreter.opaque("the documentation of a class"))
    for value in names.values():
        _own(value, cls)
    mro = _linearize(interpreter, cls, bases)
    if mro is None:
        if all(isinstance(base, ClassValue) for base in bases):
            raise interpreter.fault(
                TypeError, "Cannot create a consistent method resolution order (MRO) for bases"
            )
        return interpreter.refuse(f"the bases of class {node.name} cannot be followed", cls, *bases)
    cls.mro = mro
    return _made(interpreter, cls, node, frame)


def _prepared(
    interpreter: Interpreter, node: ast.ClassDef, bases: list[Value], frame: Frame
) -> Opaque | None:
    """The unknown, where a metaclass of the project makes the namespace in which the body runs: it may hold any name."""
    for keyword in node.keywords:
        if keyword.arg == "metaclass":
            kind = unwrap(interpreter.force(interpreter.evaluate(keyword.value, frame)))[0]
            prepare = find_in_class(kind, "__prepare__") if isinstance(kind, ClassValue) else MISSING
            is_plain = isinstance(prepare, NativeFunction) and prepare.kind is type
            if isinstance(kind, ClassValue) and prepare is not MISSING and not is_plain:
                cause = interpreter.refuse(
                    f"{kind.name}.__prepare__ makes the names of class {node.name}", kind, *bases
                )
                interpreter.forget(node.body, cause, frame)
                return cause
    return None


def _made(interpreter: Interpreter, cls: ClassValue, node: ast.ClassDef, frame: Frame) -> Value:
    """The class as its metaclass and its bases' ``__init_subclass__`` leave it (`type.__new__`)."""
    given: dict[str, Value] = {}
    for keyword in node.keywords:
        value = unwrap(interpreter.force(interpreter.evaluate(keyword.value, frame)))[0]
        if keyword.arg == "metaclass":
            if not (isinstance(value, External) and value.dotted in _PLAIN_METACLASSES):
                return interpreter.refuse(f"class {node.name} has a metaclass of its own", cls, value)
            cls.is_checked = True
        elif keyword.arg is None:
            return interpreter.refuse(f"the keywords of class {node.name} are not known", cls, value)
        else:
            given[keyword.arg] = value
    names = [(str(name), value) for name, value in cls.namespace.items()]
    for name, value in names:
        hook = special(interpreter, value, "__set_name__")
        if isinstance(hook, Opaque) and not is_member(value):
            interpreter.refuse(hook.reason, value, cls)
        elif isinstance(hook, BoundMethod):
            interpreter.call(hook, [cls, Text(name)], {})
    return _introduced(interpreter, cls, given)


_PLAIN_METACLASSES = ("abc.ABCMeta",)
"""Metaclasses under which a class is what its body says."""


def _introduced(interpreter: Interpreter, cls: ClassValue, given: dict[str, Value]) -> Value:
    """What the first ``__init_subclass__`` of the bases makes of the class."""
    for base in cls.mro[1:]:
        if isinstance(base, External | NativeFunction):
            if given and not (isinstance(base, External) and base.dotted.startswith(TRANSPARENT)):
                interpreter.hand_over(
                    [*given.values()],
                    interpreter.opaque(f"{cls.name} derives from something that is not read"),
                )
            continue
        if base.namespace.poison is not None:
            return interpreter.refuse(base.namespace.poison.reason, cls)
        hook = base.namespace.get("__init_subclass__")
        if hook is not None:
            interpreter.call(hook.function if isinstance(hook, ClassMethod) else hook, [cls], given)
            return cls
    if given and not any(isinstance(base, External) for base in cls.mro):
        raise interpreter.fault(TypeError, f"{cls.name}.__init_subclass__() takes no keyword arguments")
    return cls


def _own(value: Value, cls: ClassValue) -> None:
    """Tell a method its class, for ``super()`` without arguments."""
    if isinstance(value, ClassMethod | StaticMethod):
        value = value.function
    elif isinstance(value, PropertyValue):
        for part in (value.setter, value.deleter):
            _own(part, cls)
        value = value.getter
    if isinstance(value, FunctionValue) and value.owner is None:
        value.owner = cls


def _linearize(interpreter: Interpreter, cls: ClassValue, bases: list[Value]) -> tuple[_Base, ...] | None:
    """C3, as `type.mro` computes it; a base that is unknown makes a stand-in that hides every attribute."""
    sequences: list[list[_Base]] = []
    direct: list[_Base] = []
    for base in bases:
        if isinstance(base, ClassValue):
            sequences.append(list(base.mro))
            direct.append(base)
        elif isinstance(base, NativeFunction):
            if base.kind is not object:
                sequences.append([base])
                direct.append(base)
        else:
            name = (
                base.dotted
                if isinstance(base, External)
                else base.reason
                if isinstance(base, Opaque)
                else "?"
            )
            stand_in = base if isinstance(base, External) else External(name)
            sequences.append([stand_in])
            direct.append(stand_in)
    order = c3(sequences, direct, _key)
    interpreter.spend(sum(map(len, sequences)))
    return None if order is None else (cls, *order)


def _key(base: _Base) -> object:
    return base.dotted if isinstance(base, External) else id(base)
