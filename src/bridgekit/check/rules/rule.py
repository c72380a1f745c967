"""What a rule is: a code, a name, and a pure function from a checked stack to problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.finding import Group, Problem, Severity
from bridgekit.check.findings.subject import Subject


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its file is ``rules/brgNNN_name.py`` and its page ``docs/rules/BRGNNN.md``.

    A rule with a known false positive is not ``on_by_default``: it runs only when selected.
    """

    code: str
    name: str
    severity: Severity
    check: Callable[[Subject], Iterable[Problem]]
    on_by_default: bool = True
    group: Group = Group.MISTAKE
    tells_unknown: bool = False
    """Whether it reports what could not be looked at."""
