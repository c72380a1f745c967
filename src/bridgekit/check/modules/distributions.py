"""Which versions of distributions are installed, read off the names of their metadata directories."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable


def installed_versions(search_path: Iterable[str], names: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """The release numbers of the named distributions (normalised names); those not found are left out.

    The first hit on the path wins, as it does for `importlib.metadata`. No metadata file is opened.
    """
    searched = set(names)
    found: dict[str, tuple[int, ...]] = {}
    for entry in search_path:
        try:
            with os.scandir(entry) as entries:  # Path.iterdir makes a Path of each: slow for site-packages
                children = [child.name for child in entries if child.name.endswith("-info")]
        except OSError:
            continue
        for child in children:
            match = re.fullmatch(r"(?P<name>.+?)-(?P<version>\d[^-]*)\.(?:dist|egg)-info", child)
            name = re.sub(r"[-_.]+", "-", match["name"]).lower() if match else ""
            if match and name in searched and name not in found:
                found[name] = release(match["version"])
    return found


def release(version: str) -> tuple[int, ...]:
    """The numbers that a version starts with: ``3.8.1rc1`` is (3, 8, 1)."""
    leading = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in leading[0].split(".")) if leading else ()
