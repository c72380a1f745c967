"""How the reader asks for the project's settings: `django.conf.settings` decides some bases, flags and hops."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias

from bridgekit.check.middleware.evaluation.atoms import Const, Missing, Unknown
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.values import Value


class Setting(Enum):
    """Answers of a lookup that are no value."""

    ABSENT = "absent"
    """The project's settings certainly do not set it: Django's default holds, if there is one."""
    UNKNOWN = "unknown"


SettingsLookup: TypeAlias = Callable[[str], object]
"""From a setting's name to its plain Python value (None, bool, numbers, text, and tuples, lists, sets or dicts of them),
or to a `Setting`."""


def setting(evaluator: Evaluator, name: str) -> Value:
    """What ``getattr(settings, name)`` gives: `Missing` if neither the project nor Django's defaults set it."""
    found: object = evaluator.settings(name) if evaluator.settings is not None else Setting.UNKNOWN
    if found is Setting.UNKNOWN or not _is_plain(found):
        return Unknown(f"depends on settings.{name}")
    if found is not Setting.ABSENT:
        return Const(found)
    default = evaluator.imports.member("django.conf.global_settings", name)
    return Missing(f"settings.{name} is not set") if isinstance(default, Missing) else default


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | list | set | frozenset):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(_is_plain(key) and _is_plain(item) for key, item in value.items())
    return value is None or isinstance(value, bool | int | float | str | bytes | Setting)
