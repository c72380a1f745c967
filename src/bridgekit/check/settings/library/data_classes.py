"""`@dataclass` and `field()`: the options that are modelled, and the defaults of fields."""

from __future__ import annotations

from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.interpreter.data import DictValue, ListValue, SetValue, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ClassValue, NativeFunction
from bridgekit.check.settings.library.registry import Args, Kwargs
from bridgekit.check.settings.objects.instances import Field

_DATACLASS = (
    "init",
    "repr",
    "eq",
    "order",
    "unsafe_hash",
    "frozen",
    "match_args",
    "kw_only",
    "slots",
    "weakref_slot",
)


def mark_dataclass(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    """``@dataclass``, plain and with options."""
    options = {name: unwrap(value)[0] for name, value in kwargs.items()}
    if not all(isinstance(value, bool) for value in options.values()) or not set(options) <= set(_DATACLASS):
        raise Refused("the options of @dataclass are not known")

    def mark(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
        return _made_dataclass(interpreter, args[0], {name: value is True for name, value in options.items()})

    if not args or args[0] is None:
        return NativeFunction("dataclass", mark)
    return mark(interpreter, args, {})


def _made_dataclass(interpreter: Interpreter, cls: Value, options: dict[str, bool]) -> Value:
    if not isinstance(cls, ClassValue):
        return interpreter.refuse("@dataclass of something that is not read", cls)
    cls.dataclass = options
    for name in cls.annotations:
        if name not in cls.namespace:
            continue
        raw = cls.fields[name] = cls.namespace[name]
        if isinstance(raw, ListValue | DictValue | SetValue):
            raise interpreter.fault(ValueError, f"mutable default for field {name}")
        if isinstance(raw, Field):
            if "default" in raw.options:
                cls.namespace[name] = raw.options["default"]
            else:
                del cls.namespace[name]
    return cls


def make_field(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    if args:
        raise Refused("field() takes keywords")
    return Field(dict(kwargs))
