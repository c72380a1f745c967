"""pydantic's ``BaseSettings``: each annotated field is an environment variable with a default.

A default is checked and copied for each object, a variable is read by its annotation, and validators may turn either
into something else: what is not said here is unknown, field by field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridgekit.check.python.plain import Refused, is_plain
from bridgekit.check.settings.interpreter.control import Raised
from bridgekit.check.settings.interpreter.data import UNSET, DictValue, ListValue, SetValue, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ClassValue, InstanceValue, NativeFunction
from bridgekit.check.settings.library.copying import deep_copy
from bridgekit.check.settings.library.env_casts import WORDS, Cast, read_variable, words
from bridgekit.check.settings.library.env_files import named, variables
from bridgekit.check.settings.library.env_grammars import python_dotenv
from bridgekit.check.settings.library.environment import unset_or
from bridgekit.check.settings.library.registry import CALLS, CLASS_BASES

_PACKAGES = ("pydantic", "pydantic_settings", "pydantic.v1")
_SCALARS: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str}
"""Annotations by which one variable is read from its text."""
CASTS: dict[str, Cast] = {
    "bool": words(*WORDS),
    "int": lambda text: int(text.encode("ascii")),
    "float": lambda text: float(text.encode("ascii")),
    "str": Text,
}
_OWN_WAYS = (
    "__init__", "__new__", "model_post_init", "settings_customise_sources", "__pydantic_init_subclass__",
)  # fmt: skip
"""With these a class has the last word about its fields."""


class Validator(Model):
    """What ``@field_validator("name")`` makes of a function; no names: it has a say in every field."""

    __slots__ = ("names",)

    def __init__(self, names: Sequence[Value]) -> None:
        self.names = names

    def concerns(self, name: str) -> bool:
        """Whether the field may be changed by it."""
        return not self.names or any(not isinstance(one, str) or one in (name, "*") for one in self.names)


def _base_settings(
    interpreter: Interpreter, cls: ClassValue, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``class Settings(BaseSettings)``."""
    bases = [base for base in reversed(cls.mro) if isinstance(base, ClassValue)]
    own = next((name for base in bases for name in _OWN_WAYS if name in base.namespace), None)
    config = _config(bases)
    if own is not None or args or any(key.startswith("_") for key in kwargs) or "customise_sources" in config:
        why = f"{own}() of {cls.name}" if own else f"{cls.name} is made with arguments of its own"
        return interpreter.refuse(
            f"pydantic's settings are not followed through {why}", *args, *kwargs.values()
        )
    validators = [one for base in bases for one in base.namespace.values() if isinstance(one, Validator)]
    prefix = config.get("env_prefix")
    filed = _in_env_files(interpreter, config.get("env_file"))
    instance = InstanceValue(cls)
    for base in bases:
        for name, annotation in base.annotations.items():
            if name in ("Config", "model_config"):
                continue
            variable = f"{prefix if isinstance(prefix, str) else ''}{name}"
            if any(one.concerns(name) for one in validators):
                value: Value = interpreter.opaque(f"a validator of {cls.name} makes the value of {name}")
            elif name in kwargs:
                value = kwargs[name]
            elif unset_or(interpreter, variable.upper()) is UNSET and variable.lower() in filed:
                value = interpreter.opaque(f"{variable} stands in the env_file of {cls.name}")
            else:
                value = _field(interpreter, variable, annotation, base.namespace.get(name, UNSET))
            instance.attributes[name] = value
    return instance


def _field(interpreter: Interpreter, variable: str, annotation: Value, default: Value) -> Value:
    kind = annotation.name if isinstance(annotation, NativeFunction) else None
    others = {variable, variable.lower()} - {variable.upper()}
    if any(isinstance(unset_or(interpreter, name), str) for name in others):
        return interpreter.opaque(f"the environment variable {variable} is read in any case")
    is_set = unset_or(interpreter, variable.upper()) is not UNSET
    if is_set and kind not in _SCALARS:
        return interpreter.opaque(f"the environment variable {variable.upper()} is read by its annotation")
    plain, inputs = unwrap(default)
    if isinstance(plain, ListValue | DictValue | SetValue) and not inputs:
        try:
            default = deep_copy(interpreter, [plain], {})
        except Refused:
            default = interpreter.opaque("the copy of a default")
    elif is_plain(plain) and plain is not None and kind in _SCALARS and not _fits(plain, kind):
        default = interpreter.opaque(f"pydantic makes the default of {variable} a {kind}")
    value = None if default is UNSET else default
    try:
        return read_variable(
            interpreter, variable.upper(), value, CASTS, kind or "", has_default=default is not UNSET
        )
    except Raised:
        return interpreter.refuse(
            f"pydantic does not take the value of {variable.upper()}, or in its own way"
        )


def _fits(plain: Value, kind: str) -> bool:
    return isinstance(plain, _SCALARS[kind]) and (kind == "bool" or not isinstance(plain, bool))


def _config(bases: Sequence[ClassValue]) -> dict[str, Value]:
    """``class Config`` and ``model_config``, those of the class itself last."""
    found: dict[str, Value] = {}
    for base in bases:
        for name in ("Config", "model_config"):
            config = base.namespace.get(name)
            items = config.namespace if isinstance(config, ClassValue) else config
            if isinstance(items, dict):
                found.update({str(key): value for key, value in items.items() if isinstance(key, str)})
    return found


def _in_env_files(interpreter: Interpreter, given: Value) -> frozenset[str]:
    """The variables of the ``env_file``, without their case."""
    given = unwrap(given)[0]
    paths: Iterator[Value] = iter(
        given if isinstance(given, list | tuple) else () if given is None else (given,)
    )
    return frozenset(
        name.lower()
        for path in paths
        for name in variables(interpreter, named(interpreter, path), python_dotenv)
    )


def _settings_config(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    return DictValue(kwargs)


def _validator(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``@field_validator("name", mode="before")``."""
    made = Validator([unwrap(one)[0] for one in args])
    return NativeFunction("validator", lambda interpreter, args, kwargs: made)


def _model_validator(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``@model_validator(mode="after")``, and ``@root_validator`` with and without arguments."""
    return Validator(()) if args else _validator(interpreter, [], {})


def _computed_field(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``@computed_field`` over ``@property``, which it leaves as it is."""
    return args[0] if args else NativeFunction("computed_field", lambda interpreter, args, kwargs: args[0])


def register() -> None:
    """Add this module's models to the registry."""
    for package in _PACKAGES:
        CLASS_BASES[f"{package}.BaseSettings"] = _base_settings
        for name in ("field_validator", "validator"):
            CALLS[f"{package}.{name}"] = _validator
        for name in ("model_validator", "root_validator"):
            CALLS[f"{package}.{name}"] = _model_validator
        CALLS[f"{package}.computed_field"] = _computed_field
    CALLS["pydantic_settings.SettingsConfigDict"] = _settings_config
