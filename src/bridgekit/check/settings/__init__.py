"""Evaluate Django settings from source: nothing is executed, nothing is imported."""

from __future__ import annotations

from bridgekit.check.settings.evaluator import evaluate_settings
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
