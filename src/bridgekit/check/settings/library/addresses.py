"""Addresses that become dictionaries: ``env.db()``, ``dj_database_url.config()``."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.data import DictValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.registry import CALLS

_URLS: dict[str, tuple[str, ...]] = {
    "db": ("NAME", "USER", "PASSWORD", "HOST", "PORT", "ENGINE"),
    "cache": ("BACKEND", "LOCATION"),
    "email": (
        "EMAIL_FILE_PATH",
        "EMAIL_HOST_USER",
        "EMAIL_HOST_PASSWORD",
        "EMAIL_HOST",
        "EMAIL_PORT",
        "EMAIL_BACKEND",
    ),
    "search": ("ENGINE", "URL"),
    "channels": ("BACKEND", "CONFIG"),
}
"""The keys of each kind. What the address says of them is not read."""


def address(interpreter: Interpreter, kind: str, value: Value = None) -> Value:
    """The dictionary that an address becomes."""
    unknown = unwrap(value)[0]
    cause = (
        unknown if isinstance(unknown, Opaque) else interpreter.opaque(f"the {kind} address is not parsed")
    )
    return DictValue({Text(key): cause.derive(f".{key}") for key in _URLS[kind]})


def url_kind(name: str) -> str | None:
    """``db_url`` and ``dj_db_url`` are both ``db``."""
    kind = name.removeprefix("dj_").removesuffix("_url")
    return kind if kind in _URLS else None


def _database(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``dj_database_url.config(default=..., conn_max_age=600)``: what rules read of it; the rest is unknown."""
    result = address(interpreter, "db")
    for key, name in (("conn_max_age", "CONN_MAX_AGE"), ("atomic_requests", "ATOMIC_REQUESTS")):
        if key in kwargs and isinstance(result, DictValue):
            result[Text(name)] = kwargs[key]
    return result


def register() -> None:
    """Add this module's models to the registry."""
    for dotted in ("dj_database_url.config", "dj_database_url.parse"):
        CALLS[dotted] = _database
