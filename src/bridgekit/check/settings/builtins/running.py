"""Built-in functions that run or load code: what cannot be read may have changed whatever it reaches."""

from __future__ import annotations

from bridgekit.check.python.cause import Cause
from bridgekit.check.settings.builtins.arguments import Arguments, Keywords
from bridgekit.check.settings.interpreter.data import Namespace, Opaque, Value
from bridgekit.check.settings.interpreter.included_files import include_file
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    ClassValue,
    External,
    FunctionValue,
    ModuleValue,
    NativeFunction,
)


def call_exec(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``exec`` of a project's file is an include; of anything else, whatever the namespace holds is unknown."""
    frame = interpreter.frames[-1]
    scope = unwrap(args[1])[0] if len(args) > 1 else frame.names
    source = unwrap(args[0])[0] if args else None
    known = isinstance(source, Opaque) and source.cause is Cause.SOURCE_TEXT
    if known and isinstance(source, Opaque) and include_file(interpreter, source.subject, scope):
        return None
    cause = interpreter.opaque("exec() runs code that cannot be read")
    interpreter.hand_over([scope, *frame.names.values()], cause)
    interpreter.taint(frame.module.namespace, cause)
    _taint_names(interpreter, frame.module.namespace, cause)
    return None


def _taint_names(interpreter: Interpreter, namespace: Namespace, cause: Opaque) -> None:
    """Any name may be bound anew, and whatever changes may have changed; what is left are modules and definitions."""
    kept = (FunctionValue, ClassValue, ModuleValue, External, NativeFunction)
    interpreter.hand_over([value for value in namespace.values() if not isinstance(value, kept)], cause)
    for name, value in list(namespace.items()):
        if not isinstance(value, kept) and not str(name).startswith("__"):
            namespace[name] = cause.derive("." + str(name))


def call_eval(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    cause = interpreter.opaque("eval() runs code that cannot be read")
    frame = interpreter.frames[-1]
    interpreter.hand_over([*args[1:], *frame.names.values()], cause)
    _taint_names(interpreter, frame.module.namespace, cause)
    interpreter.may_raise(cause)
    return cause


def call_compile(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    source = unwrap(args[0])[0] if args else None
    return (
        source
        if isinstance(source, Opaque)
        else interpreter.opaque("compile() makes code that cannot be read")
    )


def call_open(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    return interpreter.library.open_file(args, kwargs)


def call_import(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    name = unwrap(args[0])[0] if args else None
    if not isinstance(name, str) or kwargs or len(args) > 3:
        return interpreter.opaque("__import__() of a name that is not known")
    return interpreter.imports.import_module(name.partition(".")[0] if len(args) < 4 else name)
