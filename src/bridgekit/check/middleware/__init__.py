"""The source reader: from a dotted path to the class or function behind it, and to its facts.

The names are loaded when they are first used (PEP 562): rules import what a `Definition` is, and a process that judges loaded middleware
needs no reader for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridgekit._lazy import lazily

if TYPE_CHECKING:
    from bridgekit.check.middleware.definition import Definition as Definition
    from bridgekit.check.middleware.definition import DefinitionKind as DefinitionKind
    from bridgekit.check.middleware.definition import Method as Method
    from bridgekit.check.middleware.evaluation.settings_lookup import Setting as Setting
    from bridgekit.check.middleware.evaluation.settings_lookup import SettingsLookup as SettingsLookup
    from bridgekit.check.middleware.reader import SourceReader as SourceReader
else:  # hidden from type checkers: they would believe in every name
    __getattr__ = lazily(
        __name__,
        {
            "Definition": "bridgekit.check.middleware.definition",
            "DefinitionKind": "bridgekit.check.middleware.definition",
            "Method": "bridgekit.check.middleware.definition",
            "Setting": "bridgekit.check.middleware.evaluation.settings_lookup",
            "SettingsLookup": "bridgekit.check.middleware.evaluation.settings_lookup",
            "SourceReader": "bridgekit.check.middleware.reader",
        },
    )
