"""What a setting names by its dotted path."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


def imported(setting: str, path: str) -> Any:
    """The object; raises `ImproperlyConfigured`, which names the setting, for whatever keeps it from being imported."""
    try:
        return import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"{setting}: {error}") from error
    except Exception as error:  # a module may raise anything while it is imported
        raise ImproperlyConfigured(f"{setting}: {path} cannot be imported: {error!r}") from error
