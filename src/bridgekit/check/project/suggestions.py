"""What a user may have meant where the settings that were named or found are not those of the project."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.python_files import python_files
from bridgekit.check.project.discovery import FoundProject
from bridgekit.check.settings.result import SettingsResult

_SETS = re.compile(rb"^[ \t]*MIDDLEWARE[ \t]*(?:=|\+=|:[^\n]*=)", re.MULTILINE)
_MAX_SHOWN = 8


def without_middleware(result: SettingsResult) -> str:
    """Why these settings are no stack to check: no variant sets MIDDLEWARE, and none may. Empty if one does."""
    if result.error or any(variant.value("MIDDLEWARE") is not None for variant in result.variants):
        return ""
    if any(variant.blocked for variant in result.variants):
        return ""
    old = any(variant.value("MIDDLEWARE_CLASSES") is not None for variant in result.variants)
    return "sets MIDDLEWARE_CLASSES, which Django ignores, and no MIDDLEWARE" if old else "sets no MIDDLEWARE"


def instead_of(module: str, found: FoundProject, finder: ModuleFinder) -> str:
    """A sentence with the settings modules that the project has, the one first that is spelt like ``module``."""
    named = {
        candidate.module: f"{candidate.module} (named in {Path(candidate.path).name})"
        for candidate in found.candidates
        if candidate.module != module
    }
    for name in _that_set_middleware(found, finder):
        if name != module:
            named.setdefault(name, name)
    if not named and finder.bounds.reached:
        return f"{finder.bounds.reached}: give the project's own folder as PATH, or name the module with --settings"
    if not named:
        return "no settings file of the project sets MIDDLEWARE; name the module with --settings"
    near = [] if finder.find(module).path else get_close_matches(module, named, 1)
    order = [*near, *(name for name in named if name not in near)]
    shown = [named[name] for name in order[:_MAX_SHOWN]]
    more = f" and {len(order) - _MAX_SHOWN} more" if len(order) > _MAX_SHOWN else ""
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{meant}the project has {', '.join(shown)}{more}: name one, as in --settings {order[0]}"


def _that_set_middleware(found: FoundProject, finder: ModuleFinder) -> list[str]:
    """Modules in files or folders called like settings that assign to MIDDLEWARE."""
    names: list[str] = []
    root = Path(found.root)
    for file in python_files(root, finder.bounds.is_over):
        inside = str(file.relative_to(root))
        if not ("settings" in inside or "conf" in inside) or not finder.may_be_read(str(file)):
            continue
        try:
            content = read_bounded(file)
        except UnreadableError:
            continue
        name = finder.name_of(file)
        if _SETS.search(content) and name:
            names.append(name)
    return names
