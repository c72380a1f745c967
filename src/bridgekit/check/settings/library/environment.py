"""Environment variables: ``os.environ``, and what stands for a variable that is not set.

The environment is the one given to the evaluator (nothing of the process's own), so that a variable that is not in
it is unset: its default holds, and the value is an input that a variant may change.
"""

from __future__ import annotations

from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.interpreter.control import Raised
from bridgekit.check.settings.interpreter.data import (
    NOT_IMPLEMENTED,
    UNSET,
    DictValue,
    Input,
    Opaque,
    Text,
    Value,
)
from bridgekit.check.settings.interpreter.inputs import environment_variable
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ErrorValue, External, NativeFunction, NativeMethod
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS


def unset_or(interpreter: Interpreter, name: str) -> Value:
    """The variable's text, or `UNSET` with nothing decided."""
    if interpreter.written_environ.get(name) is UNSET:
        return UNSET
    if interpreter.lost_environ is not None and name not in interpreter.written_environ:
        return interpreter.lost_environ.named(name)
    value = environment_variable(interpreter, name)
    return UNSET if isinstance(value, Input) and value.value is None else value


def _inputs(name: str) -> frozenset[str]:
    return frozenset((f"env:{name}",))


def with_inputs(value: Value, inputs: frozenset[str]) -> Value:
    """``value`` as something that depends on ``inputs``."""
    plain, more = unwrap(value)
    if isinstance(plain, Opaque):
        return Opaque(plain.reason, plain.location, plain.key, plain.truth, plain.inputs | inputs)
    return Input(plain, inputs | more)


def with_any(value: Value, inputs: frozenset[str]) -> Value:
    """``value``, as depending on ``inputs`` if there are some."""
    return with_inputs(value, inputs) if inputs else value


def required(interpreter: Interpreter, name: str, error: ErrorValue) -> Value:
    """A variable without default that is not set: ``error`` where the settings catch it, else simply unknown.

    Uncaught it would end the settings, so whoever runs them has set it.
    """
    inputs = _inputs(name)
    if interpreter.catches_error(error) and not interpreter.decide(
        f"set:{name}", None, interpreter.here(), False, inputs=inputs, reason=f"{name} is set"
    ):
        raise Raised(error, interpreter.here())
    return interpreter.opaque(
        f"the environment variable {name} is required and not given", inputs=inputs, key=f"env:{name}"
    )


def key_error(name: str) -> ErrorValue:
    """What ``os.environ[name]`` raises."""
    return ErrorValue(NativeFunction("KeyError", None, KeyError), (Text(name),))


class Environ(Model):
    """``os.environ``, or a copy of it: what the settings write into one is not seen through the other."""

    __slots__ = ("written",)

    def __init__(self, written: dict[str, Value] | None = None) -> None:
        self.written = written

    def _own(self, interpreter: Interpreter) -> dict[str, Value]:
        return interpreter.written_environ if self.written is None else self.written

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        methods = {
            "get": self._get,
            "setdefault": self._setdefault,
            "pop": self._pop,
            "update": self.update,
            "copy": lambda interpreter, args, kwargs: Environ(dict(self._own(interpreter))),
            "__getitem__": lambda interpreter, args, kwargs: self.item(interpreter, args[0]),
            "__contains__": lambda interpreter, args, kwargs: self.contains(interpreter, args[0]),
            "__setitem__": lambda interpreter, args, kwargs: self._set(interpreter, args[0], args[1]),
            "__delitem__": lambda interpreter, args, kwargs: self._delete(interpreter, args[0]),
            **dict.fromkeys(("items", "keys", "values"), _whole),
        }
        return NativeFunction(f"os.environ.{name}", methods[name]) if name in methods else NOT_IMPLEMENTED

    def taint(self, interpreter: Interpreter, cause: Opaque) -> None:
        interpreter.lost_environ = interpreter.lost_environ or cause
        self._own(interpreter).clear()

    def _read(self, interpreter: Interpreter, key: Value) -> tuple[str, Value]:
        """The name, and the variable's text, or `UNSET` with nothing decided."""
        name = unwrap(key)[0]
        if not isinstance(name, str):
            return "", interpreter.opaque("the name of an environment variable is not known")
        kept, interpreter.written_environ = interpreter.written_environ, self._own(interpreter)
        try:
            return name, unset_or(interpreter, name)
        finally:
            interpreter.written_environ = kept

    def item(self, interpreter: Interpreter, key: Value) -> Value:
        name, value = self._read(interpreter, key)
        if value is not UNSET:
            return value
        if name in self._own(interpreter):
            raise Raised(key_error(name), interpreter.here())
        return required(interpreter, name, key_error(name))

    def contains(self, interpreter: Interpreter, key: Value) -> Value:
        name, value = self._read(interpreter, key)
        if value is UNSET:
            return False if name in self._own(interpreter) else Input(False, _inputs(name))
        if isinstance(value, Opaque) and not value.truth:
            return value if not value.inputs else Input(True, value.inputs)
        return True if isinstance(value, Text) else Input(True, _inputs(name))

    def set_item(self, interpreter: Interpreter, key: Value, value: Value) -> bool:
        self._set(interpreter, key, value)
        return True

    def _set(self, interpreter: Interpreter, key: Value, value: Value) -> None:
        text = unwrap(value)[0]
        if is_plain(text) and not isinstance(text, str):
            raise interpreter.fault(TypeError, "str expected")
        self._put(interpreter, key, value, "set")

    def _put(self, interpreter: Interpreter, key: Value, value: Value, done: str) -> None:
        name = unwrap(key)[0]
        if isinstance(name, str):
            self._own(interpreter)[str(name)] = value
        else:
            what = f"an environment variable whose name is not known is {done}"
            self.taint(interpreter, interpreter.opaque(what))

    def delete_item(self, interpreter: Interpreter, key: Value) -> bool:
        self._delete(interpreter, key)
        return True

    def _delete(self, interpreter: Interpreter, key: Value) -> None:
        self.item(interpreter, key)
        self._put(interpreter, key, UNSET, "deleted")

    def _get(self, interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        if len(args) > 2 or not set(kwargs) <= {"key", "varname", "default"}:
            raise TypeError("get() with these arguments")
        name, value = self._read(interpreter, args[0] if args else kwargs.get("key", kwargs.get("varname")))
        if value is not UNSET:
            return value
        default = args[1] if len(args) > 1 else kwargs.get("default")
        return default if name in self._own(interpreter) else with_inputs(default, _inputs(name))

    def _pop(self, interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        is_optional = len(args) > 1 or kwargs
        value = self._get(interpreter, args, kwargs) if is_optional else self.item(interpreter, args[0])
        self._put(interpreter, args[0], UNSET, "deleted")
        return value

    def _setdefault(self, interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        name, value = self._read(interpreter, args[0])
        if not isinstance(unwrap(args[0])[0], str):
            self._set(interpreter, args[0], args[1] if len(args) > 1 else kwargs.get("value"))
        if value is UNSET:
            certain = name in self._own(interpreter)
            self._set(interpreter, args[0], args[1] if certain else with_inputs(args[1], _inputs(name)))
        return self._get(interpreter, args[:1], {})

    def update(self, interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """``os.environ.update(mapping, NAME=value)``, and ``os.environ |= mapping``."""
        added = DictValue()
        interpreter.call(NativeMethod(added, "update"), args, kwargs)
        if added.poison is not None:
            self.taint(interpreter, added.poison)
        for name, value in added.items():
            self._set(interpreter, name, value)
        return None


def _whole(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    return interpreter.opaque("the content of the whole environment")


def _get(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    environ = interpreter.getattr(External("os", is_module=True), "environ")
    return interpreter.call(interpreter.getattr(environ, "get"), args, kwargs)


def register() -> None:
    """Add this module's models to the registry."""
    CONSTANTS["os.environ"] = lambda interpreter: Environ()
    CALLS["os.getenv"] = _get
    CALLS["os.environ.get"] = _get
    CALLS["os.putenv"] = lambda interpreter, args, kwargs: None
