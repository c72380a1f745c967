"""Exporters: functions that take a finished `RequestTiming` each."""

from __future__ import annotations
