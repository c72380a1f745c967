"""The options of DATABASES as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.settings.result import Known, Variant

__all__ = ["database_options"]


def database_options(variant: Variant, option: str) -> Iterator[tuple[str, Known]]:
    """Alias and known value of one option for every database that sets it."""
    databases = variant.value("DATABASES")
    if not isinstance(databases, Known) or not isinstance(databases.value, dict):
        return
    for alias, settings in databases.value.items():
        if isinstance(settings, dict) and option in settings:
            value = settings[option]
            if isinstance(value, (bool, int, float, str)) or value is None:
                yield str(alias), Known(value, databases.location, databases.assumes)
