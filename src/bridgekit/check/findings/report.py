"""The result of a run, which reporters turn into text. All of it is finished values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.conditions import when
from bridgekit.check.findings.finding import Finding
from bridgekit.check.findings.shown import shown_from
from bridgekit.check.findings.subject import Subject
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.settings.result import Note
from bridgekit.middleware_chain.requests import Server

if TYPE_CHECKING:
    from bridgekit.check.modules.environment import TargetEnvironment


@dataclass(frozen=True, slots=True)
class StackReport:
    """One settings module with its variants; the first subject is the default variant."""

    module: str
    path: str
    subjects: Sequence[Subject]
    notes: tuple[Note, ...] = ()
    cut: str = ""
    """Why further variants were not looked at; empty if all were."""
    configuration: str = ""
    """The class of django-configurations that was chosen, by the environment or by an entry point."""

    @property
    def default(self) -> Subject:
        """The variant under the project's own defaults."""
        return self.subjects[0]

    def switches(self) -> tuple[list[Subject], int]:
        """The other variants without the combinations that change what their switches change, each by itself, and how many
        such combinations there are."""
        single = {
            next(iter(conditions)): change
            for subject in self.subjects[1:]
            if len(conditions := subject.conditions) == 1
            and (change := _change(self.default, subject)) is not None
        }
        shown = [subject for subject in self.subjects[1:] if not _is_combined(self.default, subject, single)]
        return shown, len(self.subjects) - 1 - len(shown)

    @property
    def name(self) -> str:
        """The settings as reports call them."""
        return (
            f"{self.module}, DJANGO_CONFIGURATION={self.configuration}" if self.configuration else self.module
        )


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a run found. ``silenced`` and ``known`` are findings that do not count."""

    root: str
    server: Server
    stacks: Sequence[StackReport]
    findings: Sequence[Finding]
    silenced: Sequence[Finding] = ()
    known: Sequence[Finding] = ()
    live: bool = False
    notes: tuple[str, ...] = ()
    headline: str = ""
    """What makes most of the report unknown, for one reason: it stands before everything else."""
    environment: TargetEnvironment | None = None
    """Whose packages were read."""
    base: str = ""
    """What printed paths are relative to; empty for the root. Editors and code hosts start from the working directory."""
    bounds: RunBounds = field(default_factory=RunBounds, repr=False)
    """What is left of the run, for reports that look at the project's files once more."""

    def condition_of(self, finding: Finding) -> str:
        """What must hold for a finding, beside the project's own defaults; empty if nothing must."""
        variants = (subject.variant for stack in self.stacks for subject in stack.subjects)
        return when(finding.variants, variants)

    def shown(self, path: str) -> str:
        """A path as it is printed: relative to the base if it lies in it."""
        return shown_from(self.base or self.root, path)


_Change = tuple[frozenset[str], frozenset[str]]


def _change(default: Subject, other: Subject) -> _Change | None:
    """What a variant adds to the default stack, and what it leaves out; None where either is not known."""
    if default.variant.middleware is None or other.variant.middleware is None:
        return None
    before, after = ({facts.dotted_path for facts in one.chain.facts} for one in (default, other))
    return frozenset(after - before), frozenset(before - after)


def _is_combined(default: Subject, subject: Subject, single: dict[str, _Change]) -> bool:
    """Whether a variant of several switches is their changes put together, in the order that the shown stacks have."""
    parts = [single.get(condition) for condition in subject.conditions]
    known = [part for part in parts if part is not None]
    change = _change(default, subject)
    if len(parts) < 2 or len(known) < len(parts) or change is None:
        return False
    added = frozenset[str]().union(*(part[0] for part in known))
    gone = frozenset[str]().union(*(part[1] for part in known))
    kept = [facts.dotted_path for facts in default.chain.facts if facts.dotted_path not in gone]
    still = [facts.dotted_path for facts in subject.chain.facts if facts.dotted_path not in added]
    return change == (added - gone, gone - added) and kept == still
