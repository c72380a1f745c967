"""The options of DATABASES as far as they are known."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit._dataclass import dataclass
from bridgekit.check.settings.result import Known, OneOf, Unknown, Variant
from bridgekit.middleware_chain.facts import Location


@dataclass(frozen=True, slots=True)
class DatabaseOption:
    """One option of one database: the values that it may have, and the line that sets it.

    ``condition`` is empty where there is one value, or else the question that decides, which the source leaves open.
    ``assumes`` names the inputs, such as environment variables, whose default the value rests on.
    """

    alias: str
    values: tuple[object, ...]
    location: Location
    condition: str = ""
    assumes: tuple[str, ...] = ()


def database_options(variant: Variant, *path: str) -> Iterator[DatabaseOption]:
    """The option at ``path`` in every database that sets it to plain data: ``"OPTIONS", "pool"``."""
    databases = variant.value("DATABASES")
    if not isinstance(databases, Known) or not isinstance(databases.value, dict):
        return
    for alias, settings in databases.value.items():
        found: object = settings
        for key in path:
            found = found.get(key, _ABSENT) if isinstance(found, dict) else _ABSENT
        place = databases.places.get((alias, *path)) or databases.location
        if found is _ABSENT or place is None:
            continue
        if isinstance(found, OneOf):
            values = tuple(value for value in found.values if not isinstance(value, Unknown))
            yield DatabaseOption(str(alias), values, place, found.reason)
        elif not isinstance(found, Unknown):
            yield DatabaseOption(str(alias), (found,), place, assumes=databases.assumes)


_ABSENT = object()
