"""The source reader: from a dotted path to the class or function behind it, and to its facts."""

from __future__ import annotations

from bridgekit.check.source.definition import Definition, DefinitionKind, Method
from bridgekit.check.source.reader import SourceReader
from bridgekit.check.source.settings_lookup import Setting, SettingsLookup

__all__ = ["Definition", "DefinitionKind", "Method", "Setting", "SettingsLookup", "SourceReader"]
