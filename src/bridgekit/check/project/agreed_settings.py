"""What a project's settings say in every variant: the source reader's answers for ``django.conf.settings``."""

from __future__ import annotations

from bridgekit.check.middleware import Setting, SettingsLookup
from bridgekit.check.settings.result import Known, SettingsResult


def agreed_settings(result: SettingsResult) -> SettingsLookup:
    """A lookup over all variants of one settings module.

    A middleware is read once for all variants, so a setting is known only where they agree; a value that rests on an
    environment variable's default is one that another environment may change, and unknown.
    """

    def lookup(name: str) -> object:
        found = [variant.value(name) for variant in result.variants]
        if result.error or result.cut:
            return Setting.UNKNOWN
        if all(value is None for value in found):
            return Setting.ABSENT
        first = found[0]
        for value in found:
            if not isinstance(value, Known) or not isinstance(first, Known) or value.assumes:
                return Setting.UNKNOWN
            if type(value.value) is not type(first.value) or value.value != first.value:
                return Setting.UNKNOWN
        return first.value if isinstance(first, Known) else Setting.UNKNOWN

    return lookup
