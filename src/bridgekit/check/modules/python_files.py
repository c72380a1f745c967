"""Which files are a project's own source."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_SKIPPED = frozenset(
    {"node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env", "tests", "migrations"}
)
_MAX_FILES = 20_000


def python_files(root: Path) -> Iterator[Path]:
    """The project's Python files, hidden and foreign folders left out, symbolic links to folders not followed."""
    count = 0
    for directory, folders, names in os.walk(root):
        here = Path(directory)
        folders[:] = sorted(
            f
            for f in folders
            if f not in _SKIPPED and not f.startswith(".") and not (here / f / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            if name.endswith(".py"):
                count += 1
                if count > _MAX_FILES:
                    return
                yield here / name
