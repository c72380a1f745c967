"""What the search for a module has found."""

from __future__ import annotations

from enum import Enum

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import Answer


class ModuleKind(Enum):
    """What a dotted name leads to."""

    SOURCE = "source"
    NAMESPACE = "namespace"
    OPAQUE = "opaque"
    """It can be imported, but not read: a C extension, a built-in, bytecode without source."""
    MISSING = "missing"
    UNKNOWN = "unknown"
    """It may exist where we do not look: inside an archive on the search path."""


@dataclass(frozen=True, slots=True)
class FoundModule:
    """Where a name leads: ``path`` is the source file (or the extension), ``search`` where submodules are looked for."""

    name: str
    kind: ModuleKind
    path: str = ""
    search: tuple[str, ...] = ()
    reason: str = ""
    parent: str = ""
    """The module that the name would be in, where that is there and is no package."""

    @property
    def is_package(self) -> bool:
        """Whether it can have submodules."""
        return bool(self.search)

    @property
    def importable(self) -> Answer:
        """Whether ``import name`` finds it. That its own body then runs without an error is another question."""
        if self.kind is ModuleKind.UNKNOWN:
            return Answer.UNKNOWN
        return Answer.of(self.kind is not ModuleKind.MISSING)
