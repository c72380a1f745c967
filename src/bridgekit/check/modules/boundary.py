"""What belongs to a project, decided on real paths: a link in the project may lead to any file of the machine.

A pull request can bring a symbolic link as easily as a file. What such a link leads to is neither read nor shown, and no
program that it leads to is run: a report, which others may see, would tell what the pull request's author cannot read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

RULES: Any = os.path
"""The platform's rules for paths: `posixpath` or `ntpath`."""

_REPOSITORY = (".git", ".hg")


def real(path: str | os.PathLike[str]) -> str:
    """The path without any link; as it stands where it is no path at all."""
    try:
        return os.path.realpath(path)
    except ValueError:  # it holds a NUL
        return os.fspath(path)


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether a real path is one of these real folders or lies in one, by the platform's rules."""
    path = RULES.normcase(path)
    for folder in map(RULES.normcase, folders):
        bare = folder.rstrip(RULES.sep)
        if path in (folder, bare) or path.startswith(bare + RULES.sep):
            return True
    return False


def slashed(path: str) -> str:
    """The path with "/" between its parts, which Windows takes as well: inside the checker paths are joined with it."""
    text: str = path if RULES.sep == "/" else path.replace(RULES.sep, "/")
    return text


def parts_of(path: str) -> list[str]:
    """The names of the folders and the file, in the case in which the platform compares them."""
    parts: list[str] = RULES.normcase(path).split(RULES.sep)
    return parts


def folders_of(root: Path) -> list[Path]:
    """The project's folder, and those above it to the root of its repository: a backend shares the root's."""
    folders = [root, *root.parents]
    for number, folder in enumerate(folders):
        if any((folder / name).exists() for name in _REPOSITORY):
            return folders[: number + 1]
    return [root]


def real_folder(root: str | os.PathLike[str]) -> str:
    """The real folder of everything that comes with the project: its repository's, or else ``root``."""
    return str(folders_of(Path(real(root)))[-1])
