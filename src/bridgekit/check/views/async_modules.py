"""Which modules of a project lead to ``async def``: by their bytes and their imports, without parsing them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import field

from bridgekit._dataclass import dataclass

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n#]*))|import[ \t]+([^\n#]*))",
    re.MULTILINE,
)
_OTHERS = frozenset({"asgiref", "django", *sys.stdlib_module_names})
_DEPTH = 2
"""Modules between a view and the function that gives it a coroutine."""
_MAX_READ = 1000
"""Modules that are looked at in one run."""

Content = Callable[[str], tuple[bytes, bool] | None]
"""The bytes of a module of the project's own, and whether it is a package; None for any other."""


@dataclass(slots=True)
class AsyncModules:
    """Asked by name, and remembered."""

    content: Content
    _known: dict[str, tuple[bytes, bool] | None] = field(default_factory=dict)

    def lead_from(self, name: str) -> bool:
        """Whether a module imports one of the project's own in which ``async def`` stands, or one that does."""
        nearest, seen = [name], set[str]()
        for _ in range(_DEPTH):
            reached = list(self._reached_from(nearest, seen))
            if any(b"async def" in content for _, content in reached):
                return True
            nearest = [imported for imported, _ in reached]
        return False

    def _reached_from(self, names: list[str], seen: set[str]) -> Iterator[tuple[str, bytes]]:
        """The modules that these import and no nearer ones did, with their bytes."""
        for name in names:
            content, is_package = self._read(name) or (b"", False)
            for imported in _imported(content, name, is_package=is_package):
                if imported in seen:
                    continue
                seen.add(imported)
                if (other := self._read(imported)) is not None:
                    yield imported, other[0]

    def _read(self, name: str) -> tuple[bytes, bool] | None:
        if name not in self._known:
            if len(self._known) >= _MAX_READ:
                return None
            self._known[name] = self.content(name)
        return self._known[name]


def _imported(content: bytes, name: str, *, is_package: bool) -> Iterator[str]:
    """Names that may be modules: of ``from a import b`` both ``a.b`` and ``a``."""
    for source, inside, plain, modules in _IMPORT.findall(content):
        if modules:
            for part in modules.split(b","):
                yield from _own(part.split()[0].decode("ascii", "replace") if part.split() else "")
            continue
        base = _absolute(source.decode("ascii", "replace"), name, is_package=is_package)
        yield from _own(base)
        for part in (inside or plain).split(b","):
            if part.split() and _is_own(base):
                yield f"{base}.{part.split()[0].decode('ascii', 'replace')}"


def _own(name: str) -> Iterator[str]:
    if _is_own(name):
        yield name


def _is_own(name: str) -> bool:
    return bool(name) and name.partition(".")[0] not in _OTHERS


def _absolute(source: str, name: str, *, is_package: bool) -> str:
    """``..more`` from where it stands (language reference, section 7.11)."""
    dots = len(source) - len(source.lstrip("."))
    if not dots:
        return source
    parts = name.split(".")
    kept = parts[: len(parts) - dots + is_package]
    return ".".join([*kept, source[dots:]]).strip(".")
