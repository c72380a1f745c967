"""django-configurations' ``values.*`` and pydantic's ``BaseSettings``: defaults that the environment may change."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.settings.interpreter.data import DictValue, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ClassValue, InstanceValue, ModuleValue, NativeFunction
from bridgekit.check.settings.library.environment import read_variable
from bridgekit.check.settings.library.registry import CALLS, CLASS_BASES

_KINDS = {
    "BooleanValue": "bool",
    "IntegerValue": "int",
    "PositiveIntegerValue": "int",
    "FloatValue": "float",
    "ListValue": "list",
    "TupleValue": "tuple",
    "Value": "str",
    "EmailValue": "str",
    "URLValue": "str",
    "IPValue": "str",
    "RegexValue": "str",
    "PathValue": "str",
    "SecretValue": "str",
}


class SettingValue(Model):
    """``values.BooleanValue(False, environ_name="DEBUG")``: the variable is ``DJANGO_<ATTRIBUTE>`` unless named."""

    __slots__ = ("args", "kind", "kwargs")

    def __init__(self, kind: str, args: Sequence[Value], kwargs: dict[str, Value]) -> None:
        self.kind, self.args, self.kwargs = kind, list(args), kwargs

    def resolve(self, interpreter: Interpreter, attribute: str) -> Value:
        """The value as the configured settings have it."""
        default = self.args[0] if self.args else self.kwargs.get("default")
        kind = _KINDS.get(self.kind)
        if self.kwargs.get("environ") is False:
            return default
        name = unwrap(self.kwargs.get("environ_name"))[0] or attribute
        prefix = unwrap(self.kwargs.get("environ_prefix", "DJANGO"))[0]
        if not isinstance(name, str) or not isinstance(prefix, str | None):
            return interpreter.opaque("the name of an environment variable is not known")
        variable = f"{prefix}_{name.upper()}" if prefix else name.upper()
        return read_variable(interpreter, variable, default, kind, has_default=self.kind != "SecretValue")


def _maker(kind: str) -> object:
    def make(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        made = SettingValue(kind, args, kwargs)
        # With a name and without late binding, the value is there at once (configurations/values.py, Value.__new__).
        if kwargs.get("environ_name") is not None and not kwargs.get("late_binding"):
            return made.resolve(interpreter, "")
        return made

    return make


def _base_settings(
    interpreter: Interpreter, cls: ClassValue, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``class Settings(BaseSettings)``: each annotated field is an environment variable with a default."""
    instance = InstanceValue(cls)
    prefix = _env_prefix(cls)
    for base in reversed(cls.mro):
        if not isinstance(base, ClassValue):
            continue
        for name, annotation in base.annotations.items():
            if name in ("Config", "model_config"):
                continue
            if name in kwargs:
                instance.attributes[name] = kwargs[name]
                continue
            kind = annotation.name if isinstance(annotation, NativeFunction) else None
            default = base.namespace.get(name)
            variable = f"{prefix}{name}".upper()
            instance.attributes[name] = read_variable(
                interpreter, variable, default, kind, has_default=name in base.namespace
            )
    return instance


def _env_prefix(cls: ClassValue) -> str:
    for base in cls.mro:
        if isinstance(base, ClassValue):
            config = base.namespace.get("Config", base.namespace.get("model_config"))
            prefix: Value = None
            if isinstance(config, ClassValue):
                prefix = config.namespace.get("env_prefix")
            elif isinstance(config, dict):
                prefix = config.get("env_prefix")
            if isinstance(prefix, str):
                return prefix
    return ""


def _settings_config(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    return DictValue(kwargs)


def _uppercase_attributes(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``configurations.utils.uppercase_attributes(module)``: its settings by name."""
    module = interpreter.force(args[0]) if len(args) == 1 and not kwargs else None
    if not isinstance(module, ModuleValue) or module.namespace.unseen is not None:
        return interpreter.refuse(
            "the upper-case attributes of something that is not read", *args, *kwargs.values()
        )
    found = {
        name: value for name, value in module.namespace.items() if isinstance(name, str) and name.isupper()
    }
    return DictValue(found)


def register() -> None:
    """Add this module's models to the registry."""
    for kind in (*_KINDS, "DictValue", "SetValue", "DatabaseURLValue", "CacheURLValue", "EmailURLValue", "JSONValue",
                 "SingleNestedTupleValue", "SingleNestedListValue", "BackendsValue", "CastingMixin", "DecimalValue",
                 "SearchURLValue", "ValidationMixin", "MultipleMixin", "UUIDValue"):  # fmt: skip
        CALLS[f"configurations.values.{kind}"] = _maker(kind)  # type: ignore[assignment]  # a model by shape
    CALLS["configurations.utils.uppercase_attributes"] = _uppercase_attributes
    for dotted in ("pydantic.BaseSettings", "pydantic_settings.BaseSettings", "pydantic.v1.BaseSettings"):
        CLASS_BASES[dotted] = _base_settings
    CALLS["pydantic_settings.SettingsConfigDict"] = _settings_config
