"""How paths are printed: relative to where the reader is."""

from __future__ import annotations

from pathlib import Path


def base_of(root: str) -> str:
    """The working directory if the project lies below it, as in a repository with the project in a folder."""
    here = str(Path.cwd())
    return here if root.startswith(f"{here}/") else root


def shown_from(base: str, path: str) -> str:
    """``path`` relative to ``base`` if it lies in it."""
    return path[len(base) + 1 :] if path.startswith(f"{base}/") else path
