"""One thing that a rule has to say about one place."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import Location


class Severity(StrEnum):
    """How bad it is: an error breaks requests, a warning costs or may break, a note is for information."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """Higher is worse."""
        return {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}[self]


class Group(StrEnum):
    """What a rule is about: what breaks or may break, or what works and costs."""

    MISTAKE = "mistake"
    COST = "cost"


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding, with what it shows."""

    location: Location
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule yields: what is wrong, where, and what to do. The engine adds the rule's code.

    ``subject`` is what the problem is about, stable under edits elsewhere: a dotted path or the name of a setting.
    """

    message: str
    location: Location
    fix: str = ""
    subject: str = ""
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem under its rule's code, in the variants of the settings in which it holds."""

    code: str
    severity: Severity
    message: str
    location: Location
    fix: str = ""
    subject: str = ""
    related: tuple[Related, ...] = ()
    variants: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, str, str, int, int]:
        """What makes two findings the same one seen in two variants: its message may count different hops."""
        return (self.code, self.location.path, self.subject, self.location.line, self.location.column)

    def also_in(self, variants: tuple[str, ...]) -> Finding:
        """The same finding, holding in these variants too."""
        return replace(self, variants=tuple(dict.fromkeys([*self.variants, *variants])))

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        """Order of a report: by file, line, column, code."""
        return (self.location.path, self.location.line, self.location.column, self.code)
