"""Evaluate Django settings from source: nothing is executed, nothing is imported.

The evaluator is loaded when it is first used (PEP 562): what its results are made of is needed without it, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridgekit._lazy import lazily
from bridgekit.check.settings.result import (
    Blocked,
    Condition,
    Known,
    MiddlewareEntry,
    Note,
    SettingsResult,
    Unknown,
    Variant,
)

if TYPE_CHECKING:
    from bridgekit.check.settings.evaluator import evaluate_settings
else:  # hidden from type checkers: they would believe in every name
    __getattr__ = lazily(__name__, {"evaluate_settings": "bridgekit.check.settings.evaluator"})

__all__ = [
    "Blocked",
    "Condition",
    "Known",
    "MiddlewareEntry",
    "Note",
    "SettingsResult",
    "Unknown",
    "Variant",
    "evaluate_settings",
]
