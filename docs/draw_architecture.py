"""Draws the pictures of docs/architecture.md from the imports in src: ``python docs/draw_architecture.py`` writes them anew.

A test compares (tests/test_architecture.py), so a picture cannot go stale.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PAGE = ROOT / "docs" / "architecture.md"

OPENED = {
    "bridgekit": {"bridgekit", "bridgekit.adapters", "bridgekit.concurrency"},
    "bridgekit.check": {"bridgekit.check"},
    "bridgekit.check.settings": {"bridgekit.check.settings"},
    "bridgekit.timing": {"bridgekit.timing"},
}
"""Each picture by its package, and the packages whose rooms it shows one by one."""


def modules() -> dict[str, Path]:
    """Every module by its dotted name."""
    found = {}
    for file in sorted(SOURCE.rglob("*.py")):
        parts = file.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imported(file: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of ours that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def room_of(name: str, picture: str) -> str | None:
    """The room of a module in a picture; None where it is not in it, or is the package itself."""
    if not name.startswith(f"{picture}.") or name in OPENED[picture]:
        return None
    parts = name.split(".")
    for end in range(len(picture.split(".")) + 1, len(parts) + 1):
        room = ".".join(parts[:end])
        if room not in OPENED[picture]:
            return room
    return None


def edges_of(picture: str) -> dict[str, set[str]]:
    """Which room imports which, without those that a longer way shows already."""
    known = modules()
    edges: dict[str, set[str]] = {}
    for name, file in known.items():
        room = room_of(name, picture)
        if room is not None:
            targets = (room_of(target, picture) for target in imported(file, known))
            edges.setdefault(room, set()).update(target for target in targets if target not in (None, room))
    reached: dict[str, set[str]] = {}
    for room in TopologicalSorter(edges).static_order():
        direct = edges.get(room, set())
        further = {there for target in direct for there in reached[target]}
        reached[room] = direct | further
        edges[room] = direct - further
    return edges


def drawn(picture: str) -> str:
    """The picture as Mermaid text."""
    edges = edges_of(picture)
    name = {room: room.replace(".", "_") for room in edges}
    lines = ["```mermaid", "flowchart TD"]
    lines += [f'  {name[room]}["{room.removeprefix(f"{picture}.")}"]' for room in sorted(edges)]
    lines += [
        f"  {name[room]} --> {name[target]}" for room in sorted(edges) for target in sorted(edges[room])
    ]
    return "\n".join([*lines, "```"])


def redrawn(page: str) -> str:
    """The page with its pictures as the source has them now."""

    def picture(match: re.Match[str]) -> str:
        return f"{match[1]}\n{drawn(match[2])}\n{match[3]}"

    return re.sub(r"(<!-- drawn: (\S+) -->)\n.*?(<!-- end -->)", picture, page, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(redrawn(PAGE.read_text("utf-8")), "utf-8")
