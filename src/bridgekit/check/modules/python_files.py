"""Which files are a project's own source."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

_SKIPPED = frozenset(
    {"node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env", "tests", "migrations"}
)


def python_files(root: Path, is_over: Callable[[Path], object] = lambda place: False) -> Iterator[Path]:
    """The project's Python files, hidden and foreign folders left out, symbolic links to folders not followed.

    ``is_over``, asked at each folder and each file, ends the walk: a disk has more folders without Python files than with.
    """
    for directory, folders, names in os.walk(root):
        here = Path(directory)
        if is_over(here):
            return
        if "pyvenv.cfg" in names and here != root:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(name for name in names if name.endswith(".py")):
            file = here / name
            if is_over(file):
                return
            yield file
