"""The result of a run, which reporters turn into text. All of it is finished values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bridgekit.check.finding import Finding
from bridgekit.check.settings.result import Note
from bridgekit.check.subject import Subject
from bridgekit.middleware_chain.plan import Proposal
from bridgekit.middleware_chain.requests import Server

if TYPE_CHECKING:
    from bridgekit.check.environment import TargetEnvironment

__all__ = ["Report", "StackReport", "base_of", "best_proposal", "shown_from"]


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
    environment: TargetEnvironment | None = None
    """Whose packages were read."""
    base: str = ""
    """What printed paths are relative to; empty for the root. Editors and code hosts start from the working directory."""

    def shown(self, path: str) -> str:
        """A path as it is printed: relative to the base if it lies in it."""
        return shown_from(self.base or self.root, path)


def base_of(root: str) -> str:
    """The working directory if the project lies below it, as in a repository with the project in a folder."""
    here = str(Path.cwd())
    return here if root.startswith(f"{here}/") else root


def shown_from(base: str, path: str) -> str:
    """``path`` relative to ``base`` if it lies in it."""
    return path[len(base) + 1 :] if path.startswith(f"{base}/") else path


def best_proposal(subject: Subject) -> Proposal | None:
    """The change of one line that certainly saves most hops in this stack."""
    return next((proposal for proposal in subject.proposals if proposal.difference.saves), None)
