"""What only the source of a loaded middleware tells: its own hops, and mistakes in its code.

Apart from `bridgekit.django.inspection`, because the source reader costs a process a tenth of a second: it is loaded where MIDDLEWARE has
others than Django's and ours.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.conf import settings

from bridgekit.check.live.parent import with_source
from bridgekit.check.middleware import Setting, SourceReader
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.environment import current_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Location, MiddlewareFacts


class Sources:
    """The source of this process' middleware, as the process finds it."""

    def __init__(self, root: Path) -> None:
        self._reader = SourceReader(ModuleFinder((root,), current_environment()), loaded_setting)

    def completed(self, path: str, listed_at: Location, facts: MiddlewareFacts) -> Definition:
        """The definition behind a dotted path, with what is known of it loaded in the place of what was read."""
        definition = self._reader.read(path, listed_at)
        return replace(definition, facts=with_source(facts, definition.facts))


def loaded_setting(name: str) -> object:
    """A `bridgekit.check.middleware.SettingsLookup` over the settings in use."""
    return getattr(settings, name) if settings.is_overridden(name) else Setting.ABSENT
