"""Classes that were read: their order of resolution, what an attribute of an instance is, how an instance is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.values import (
    Class,
    Const,
    External,
    Frame,
    Function,
    Instance,
    Native,
    Value,
    alternatives,
    either,
)

THREAD_LOCALS = ("threading.local", "_thread._local")
_PROPERTIES = frozenset(
    {"property", "builtins.property", "functools.cached_property", "django.utils.functional.cached_property"}
)


def order_of(interpreter: Interpreter, cls: Class) -> list[Value]:
    """The class and all that it derives from: depth first, what comes twice at its last place."""
    if cls.order is None:
        cls.order = [cls]
        found: list[Value] = [cls]
        for base in bases_of(interpreter, cls):
            found += order_of(interpreter, base) if isinstance(base, Class) else [base]
        cls.order = [value for at, value in enumerate(found) if value not in found[at + 1 :]]
    return cls.order


def bases_of(interpreter: Interpreter, cls: Class) -> list[Value]:
    """The values of its bases."""
    frame = Frame(cls.namespace, outer=cls.outer)
    with interpreter.quiet():
        return [_one_of(interpreter.evaluate(base, frame)) for base in cls.node.bases]


def _one_of(base: Value) -> Value:
    """Of a base that may come from two places, as another version has it, the one that was read."""
    known = alternatives(base)
    return next((one for one in known if isinstance(one, Class)), known[0])


def derives_from(interpreter: Interpreter, cls: Class, *names: str) -> bool:
    """Whether one of these names is among what it derives from."""
    return any(isinstance(base, Native) and base.name in names for base in order_of(interpreter, cls))


def is_thread_local(interpreter: Interpreter, value: Value) -> bool:
    """Whether it is a ``threading.local``, or an instance of a class of the project that derives from it."""
    if isinstance(value, External):
        return value.kind in THREAD_LOCALS
    return isinstance(value, Instance) and derives_from(interpreter, value.cls, *THREAD_LOCALS)


def is_closed(interpreter: Interpreter, cls: Class) -> bool:
    """Whether all that it derives from was read."""
    return all(
        isinstance(base, Class)
        or (
            isinstance(base, Native)
            and base.name in {"object", "typing.Generic", "abc.ABC", "typing.Protocol"}
        )
        for base in order_of(interpreter, cls)
    )


def _body(interpreter: Interpreter, cls: Class) -> dict[str, Value | None]:
    if not cls.known:
        frame = Frame(cls.namespace, outer=cls.outer, of_class=cls)
        cls.known["__module__"] = None
        with interpreter.quiet():
            interpreter.execute(cls.node.body, frame)
        cls.known.update(frame.names)
    return cls.known


def found_on(interpreter: Interpreter, cls: Class, name: str, behind: Class | None = None) -> Value | None:
    """What the class, or the first behind ``behind``, has under a name; None if none that was read has it."""
    order = order_of(interpreter, cls)
    if behind is not None:
        order = order[order.index(behind) + 1 :] if behind in order else []
    for base in order:
        if isinstance(base, Class):
            value = base.stored.get(name) or _body(interpreter, base).get(name)
            if value is not None:
                return value
    return None


def member(interpreter: Interpreter, value: Value, receiver: Value, node: ast.AST, frame: Frame) -> Value:
    """A class attribute as an instance, or the class itself, sees it."""
    if isinstance(value, Function):
        return value if isinstance(receiver, Class) else value.bound_to(receiver)
    if isinstance(value, External) and value.arguments:
        inner = value.arguments[0]
        if value.kind == "staticmethod":
            return inner
        if value.kind == "classmethod" and isinstance(inner, Function):
            return inner.bound_to(receiver.cls if isinstance(receiver, Instance) else receiver)
        if value.kind in _PROPERTIES and isinstance(receiver, Instance):
            return interpreter.call(inner, [receiver], {}, node, frame)
        if value.kind == "functools.partialmethod" and not isinstance(receiver, Class):
            return interpreter.call(
                Native("functools.partial"),
                [inner, receiver, *value.arguments[1:]],
                value.keywords,
                node,
                frame,
            )
    return value


def attribute_of(
    interpreter: Interpreter, instance: Instance, name: str, node: ast.AST, frame: Frame
) -> Value | None:
    """An attribute of an instance; None if nothing that was read gives it."""
    on_class = found_on(interpreter, instance.cls, name)
    if isinstance(on_class, External) and on_class.kind == "property":
        return member(interpreter, on_class, instance, node, frame)
    if name in instance.attributes:
        return instance.attributes[name]
    if on_class is not None:
        return either(
            *(member(interpreter, value, instance, node, frame) for value in alternatives(on_class))
        )
    if name == "__class__":
        return instance.cls
    fallback = found_on(interpreter, instance.cls, "__getattr__")
    if isinstance(fallback, Function):
        return interpreter.call(fallback.bound_to(instance), [Const(name)], {}, node, frame)
    return None


def make(
    interpreter: Interpreter,
    cls: Class,
    arguments: list[Value],
    keywords: dict[str, Value],
    node: ast.AST,
    frame: Frame,
) -> Value:
    """Calls a class."""
    if interpreter.importer is not None:
        interpreter.emit("make", cls, node, frame, cls.name, [*arguments, *keywords.values()])
    new = found_on(interpreter, cls, "__new__")
    instance = Instance(cls)
    if new is not None and is_closed(interpreter, cls):
        target = new.arguments[0] if isinstance(new, External) and new.arguments else new
        given = interpreter.call(target, [cls, *arguments], keywords, node, frame)
        if isinstance(given, Instance):
            instance = given
    init = found_on(interpreter, cls, "__init__")
    if isinstance(init, Function):
        interpreter.call(init.bound_to(instance), arguments, keywords, node, frame)
    else:
        for name, value in [*zip(_fields(interpreter, cls), arguments, strict=False), *keywords.items()]:
            instance.attributes[name] = value
        after = found_on(interpreter, cls, "__post_init__")
        if isinstance(after, Function):
            interpreter.call(after.bound_to(instance), [], {}, node, frame)
    return instance


def _fields(interpreter: Interpreter, cls: Class) -> Iterator[str]:
    """Names that a dataclass, a named tuple and the like take, in their order."""
    for base in reversed(order_of(interpreter, cls)):
        for statement in base.node.body if isinstance(base, Class) else ():
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield statement.target.id
