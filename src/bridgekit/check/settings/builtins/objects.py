"""Built-in functions that look into objects and namespaces."""

from __future__ import annotations

from bridgekit.check.python.cause import Cause
from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.builtins.arguments import Arguments, Keywords
from bridgekit.check.settings.interpreter.control import Raised
from bridgekit.check.settings.interpreter.data import ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.errors import matches
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.inputs import outside_value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    External,
    Frame,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    NativeFunction,
    NativeMethod,
    SuperValue,
)

_ATTRIBUTE_ERROR = NativeFunction("AttributeError", None, AttributeError)


def call_getattr(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``getattr()``."""
    name = unwrap(args[1])[0]
    if not isinstance(name, str):
        return interpreter.opaque("the name of an attribute is not known")
    target = unwrap(args[0])[0]
    if len(args) == 2:
        return interpreter.getattr(args[0], name)
    if isinstance(target, Opaque) and target.cause is Cause.MODULE_ABSENT:
        # A module that the project expects from outside (NetBox's configuration.py): an input like any other.
        return outside_value(interpreter, f"{target.subject}.{name}", args[2])
    if isinstance(target, External) and interpreter.library.defines(target, name) is False:
        return args[2]
    try:
        return interpreter.getattr(args[0], name)
    except Raised as raised:
        caught = matches(raised.error, _ATTRIBUTE_ERROR)
        if caught:
            return args[2]
        if caught is None:
            return interpreter.refuse("whether an attribute is there is not known", args[0], args[2])
        raise


def call_hasattr(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``hasattr()``."""
    name = unwrap(args[1])[0]
    if not isinstance(name, str):
        return interpreter.opaque("the name of an attribute is not known")
    target = unwrap(args[0])[0]
    if isinstance(target, Opaque) and target.cause is Cause.MODULE_ABSENT:
        return outside_value(interpreter, f"{target.subject}.{name} is set", False)
    known = interpreter.library.defines(target, name) if isinstance(target, External) else None
    if known is not None:
        return known
    try:
        found = interpreter.getattr(args[0], name)
    except Raised as raised:
        caught = matches(raised.error, _ATTRIBUTE_ERROR)
        if caught:
            return False
        if caught is None:
            return interpreter.refuse("whether an attribute is there is not known", args[0])
        raise
    if isinstance(found, Opaque):
        return found.derive(".hasattr")
    if isinstance(found, External):
        if isinstance(target, External) and f"{target.dotted}.{name}" in interpreter.patched:
            return True
        return interpreter.opaque(
            f"whether {found.dotted} exists is not known", key=f"hasattr:{found.dotted}"
        )
    return True


def call_setattr(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``setattr()``."""
    name = unwrap(args[1])[0]
    target = unwrap(args[0])[0]
    if isinstance(name, str):
        interpreter.setattr(target, str(name), args[2])
    else:
        interpreter.refuse("an attribute whose name is not known is set", target, args[2])
    return None


def call_delattr(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``delattr()``."""
    name = unwrap(args[1])[0]
    if isinstance(name, str):
        interpreter.delattr(unwrap(args[0])[0], str(name))
    else:
        interpreter.refuse("an attribute whose name is not known is deleted", args[0])
    return None


def call_namespace(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``vars()``, ``globals()``, ``locals()``: at module level all three are the module's own dictionary."""
    if args:
        target = unwrap(args[0])[0]
        if isinstance(target, ModuleValue | InstanceValue | ClassValue):
            return interpreter.getattr(target, "__dict__")
        return interpreter.refuse("the attributes of something that is not read", target)
    frame = interpreter.frames[-1]
    if frame.kind in ("module", "class"):
        return frame.names
    return interpreter.refuse("the names of a function or a comprehension", *frame.names.values())


def call_globals(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``globals()``."""
    return interpreter.frames[-1].module.namespace


def call_dir(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``dir()``."""
    if not args:
        frame = interpreter.frames[-1]
        if frame.kind == "comprehension":
            return interpreter.opaque("the names that are visible in a comprehension")
        return ListValue(Text(name) for name in sorted(name for name in frame.names if isinstance(name, str)))
    target = unwrap(args[0])[0]
    names: set[str] = set()
    if isinstance(target, ModuleValue):
        if target.namespace.unseen is not None:
            return target.namespace.unseen.derive(".dir")
        if "__dir__" in target.namespace:
            return interpreter.refuse("a module that lists its names itself", target)
        names.update(name for name in target.namespace if isinstance(name, str))
        names.update(_OF_MODULES)
    elif isinstance(target, InstanceValue | ClassValue):
        cls = target.cls if isinstance(target, InstanceValue) else target
        for base in cls.mro:
            if not isinstance(base, ClassValue) or "__dir__" in base.namespace or base.namespace.poison:
                return interpreter.refuse(f"{cls.name} lists its attributes itself, or a base of it", target)
            names.update(name for name in base.namespace if isinstance(name, str))
        names.update(dir(object))
        names.update(("__dict__", "__weakref__"))
        if isinstance(target, InstanceValue):
            names.update(name for name in target.attributes if isinstance(name, str))
    else:
        return interpreter.opaque("the attributes of something that is not read")
    return ListValue(Text(name) for name in sorted(names))


_OF_MODULES = (
    "__builtins__", "__cached__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__spec__",
)  # fmt: skip


def call_super(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``super()``."""
    if len(args) == 2 and isinstance(args[0], ClassValue):
        return SuperValue(args[0], args[1])
    frame: Frame | None = interpreter.frames[-1]
    while frame is not None and frame.owner is None:
        frame = frame.parent
    if frame is None or frame.owner is None:
        return interpreter.opaque("super() outside a method")
    return SuperValue(frame.owner, frame.receiver)


def call_callable(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``callable()``."""
    value = unwrap(args[0])[0]
    if isinstance(value, InstanceValue):
        hook = special(interpreter, value, "__call__")
        return hook if isinstance(hook, Opaque) else hook is not None
    if isinstance(value, FunctionValue | BoundMethod | NativeFunction | NativeMethod | ClassValue):
        return True
    return False if is_plain(value) else interpreter.opaque("whether a value is callable is not known")
