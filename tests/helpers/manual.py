"""The blocks of the README, the manual and the examples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["DOCUMENTS", "PAGES", "ROOT", "block_with", "blocks", "name_of"]

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES, *sorted((ROOT / "examples").rglob("*.md"))]
FENCE = re.compile(r"^( *)```(\S*)[^\n]*\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks() -> Iterator[tuple[str, str, str]]:
    """Each block with its place and its language."""
    for path in DOCUMENTS:
        text = path.read_text("utf-8")
        for found in FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{name_of(path)}:{line}", found[2], found[3]


def block_with(page: str, language: str, part: str) -> str:
    """The one block of a page that holds the text ``part``; an `AssertionError` if there is none, or more than one."""
    found = [
        text
        for place, its_language, text in blocks()
        if place.startswith(f"{page}:") and its_language == language and part in text
    ]
    assert len(found) == 1, f"{len(found)} blocks of {language} with {part!r} in {page}"
    return found[0]
