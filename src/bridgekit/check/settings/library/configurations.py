"""django-configurations' ``values.*``, whose defaults the environment may change, and its ``DOTENV``."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.settings.interpreter.data import UNSET, DictValue, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ModuleValue
from bridgekit.check.settings.library import env_casts as casts
from bridgekit.check.settings.library.env_casts import Cast
from bridgekit.check.settings.library.env_files import EnvFile
from bridgekit.check.settings.library.env_grammars import CONFIGURATIONS
from bridgekit.check.settings.library.environment import unset_or
from bridgekit.check.settings.library.registry import CALLS

CASTS: dict[str, Cast] = {
    "BooleanValue": casts.words("yes y true 1", "no n false 0", strips=True, empty_is_no=True),
    "IntegerValue": int,
    "PositiveIntegerValue": casts.natural,
    "FloatValue": float,
    "ListValue": casts.stripped_parts,
    "TupleValue": casts.as_tuple(casts.stripped_parts),
    "Value": Text,
    "SecretValue": Text,
}
_UNREAD = (
    "BackendsValue", "CacheURLValue", "CastingMixin", "DatabaseURLValue", "DecimalValue", "DictValue", "EmailURLValue",
    "EmailValue", "IPValue", "JSONValue", "MultipleMixin", "PathValue", "RegexValue", "SearchURLValue", "SetValue",
    "SingleNestedListValue", "SingleNestedTupleValue", "URLValue", "UUIDValue", "ValidationMixin",
)  # fmt: skip
"""Of these the default is known, and not what they make of a variable, or whether they take it."""


_ARGUMENTS = {"default", "environ", "environ_name", "environ_prefix", "environ_required", "late_binding"}


class SettingValue(Model):
    """``values.BooleanValue(False, environ_name="DEBUG")``: the variable is ``DJANGO_<ATTRIBUTE>`` unless named."""

    __slots__ = ("args", "kind", "kwargs")

    def __init__(self, kind: str, args: Sequence[Value], kwargs: dict[str, Value]) -> None:
        self.kind, self.args, self.kwargs = kind, list(args), kwargs

    def resolve(self, interpreter: Interpreter, attribute: str) -> Value:
        """The value as the configured settings have it."""
        default = self.args[0] if self.args else self.kwargs.get("default")
        if self.kwargs.get("environ") is False:
            return default
        name = unwrap(self.kwargs.get("environ_name"))[0] or attribute.upper()
        prefix = unwrap(self.kwargs.get("environ_prefix", "DJANGO"))[0]
        if not isinstance(name, str) or not isinstance(prefix, str | None):
            return interpreter.opaque("the name of an environment variable is not known")
        variable = f"{prefix.removesuffix('_')}_{name}" if prefix else name
        if (set(self.kwargs) - _ARGUMENTS or len(self.args) > 1) and unset_or(
            interpreter, variable
        ) is not UNSET:
            return interpreter.opaque(f"values.{self.kind}() with these arguments")
        is_required = self.kind == "SecretValue" or self.kwargs.get("environ_required", False) is not False
        return casts.read_variable(
            interpreter, variable, default, CASTS, self.kind, has_default=not is_required
        )


def _maker(kind: str) -> object:
    def make(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        made = SettingValue(kind, args, kwargs)
        # With a name and without late binding, the value is there at once (configurations/values.py, Value.__new__).
        if kwargs.get("environ_name") is not None and not kwargs.get("late_binding"):
            return made.resolve(interpreter, "")
        return made

    return make


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


def load_dotenv(interpreter: Interpreter, path: Value) -> None:
    """What ``Configuration.pre_setup`` does with ``DOTENV``: the file sets what is unset (configurations/base.py)."""
    if unwrap(path)[0] is not None:
        EnvFile(CONFIGURATIONS, ("DOTENV",)).load(interpreter, [path], {})


def register() -> None:
    """Add this module's models to the registry."""
    for kind in (*CASTS, *_UNREAD):
        CALLS[f"configurations.values.{kind}"] = _maker(kind)  # type: ignore[assignment]  # a model by shape
    CALLS["configurations.utils.uppercase_attributes"] = _uppercase_attributes
