"""Follow the ``.pth`` files and editable installs of a site-packages directory without executing them.

`site` executes ``.pth`` lines that start with ``import``. Here only plain path lines count, and of the modules which
setuptools writes for editable installs, the literal ``MAPPING`` is read.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.modules.parsing import parse_file


@dataclass(frozen=True, slots=True)
class Expanded:
    """Directories in search order, and the names that editable finders serve from elsewhere."""

    directories: tuple[str, ...]
    editable: tuple[tuple[str, str], ...]


def expand(entries: Iterable[str]) -> Expanded:
    """Each entry followed by what its ``.pth`` files add, as `site.addsitedir` orders them."""
    directories: dict[str, None] = {}
    editable: dict[str, str] = {}
    for entry in entries:
        directories[entry] = None
        for name in _listing(entry):
            if name.endswith(".pth"):
                for added in _pth_directories(entry, name):
                    directories[added] = None
            elif name.startswith("__editable__") and name.endswith("_finder.py"):
                editable.update(_mapping(f"{entry}/{name}"))
    return Expanded(tuple(directories), tuple(editable.items()))


def _listing(directory: str) -> list[str]:
    if not directory.endswith(("site-packages", "dist-packages")):
        return []
    try:
        with os.scandir(directory) as entries:
            return sorted(entry.name for entry in entries)
    except OSError:
        return []


def _pth_directories(directory: str, name: str) -> Iterator[str]:
    try:
        text = read_bounded(f"{directory}/{name}").decode("utf-8-sig", "replace")
    except UnreadableError:
        return
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith(("#", "import ", "import\t")):
            continue
        target = Path(directory, line)
        if "\0" not in line and (target.is_dir() or _is_archive(target)):
            yield str(target)


def _is_archive(target: Path) -> bool:
    """Modules may lie in it, which is all that is said of them: nothing is unpacked."""
    return target.suffix in (".zip", ".egg", ".pyz") and target.is_file()


def _mapping(path: str) -> dict[str, str]:
    """``MAPPING`` of a setuptools editable finder: top-level names to directories or files."""
    tree = parse_file(path).tree
    for statement in tree.body if tree is not None else ():
        if isinstance(statement, ast.AnnAssign):
            target: ast.expr = statement.target
        elif isinstance(statement, ast.Assign):
            target = statement.targets[0]
        else:
            continue
        if isinstance(target, ast.Name) and target.id == "MAPPING" and isinstance(statement.value, ast.Dict):
            return dict(_string_items(statement.value))
    return {}


def _string_items(node: ast.Dict) -> Iterator[tuple[str, str]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
            yield str(key.value), str(value.value)
