"""Run rules over checked stacks; merge what several variants have in common; sort."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bridgekit.check.findings.finding import Finding, Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules.rule import Rule
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.facts import Location


def selected(
    rules: Iterable[Rule],
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severity: Severity = Severity.NOTE,
) -> list[Rule]:
    """The rules to run. ``select`` and ``ignore`` hold codes or their beginnings (``BRG``, ``BRG01``).

    Without ``select``, those that are on by default; the longer, that is the more precise, of two answers wins. Rules below
    ``severity`` are left out, but for the one that reports what could not be looked at: a report without it would look clean.
    """

    def match(code: str, prefixes: Sequence[str]) -> int:
        return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=0)

    chosen = []
    for rule in rules:
        strength = match(rule.code, select) if select else int(rule.on_by_default)
        # Between equals "ignore" wins: it is the later thought.
        counts = rule.tells_unknown or rule.severity.rank >= severity.rank
        if counts and strength > match(rule.code, ignore):
            chosen.append(rule)
    return chosen


def refuse_unknown_codes(rules: Iterable[Rule], codes: Iterable[str]) -> None:
    """Raises `ProjectError` for a code, or the beginning of one, that no rule has."""
    known = [rule.code for rule in rules]
    for code in codes:
        if not any(other.startswith(code) for other in known):
            raise ProjectError(
                f"no rule's code begins with {code!r}; `bridgekit explain --list` names them all"
            )


def _problems(rule: Rule, subject: Subject) -> list[Problem]:
    """What a rule finds. A rule that fails on somebody's source must not take the report on everything else with it."""
    try:
        return list(rule.check(subject))
    except Exception as error:
        place = subject.middleware[0].listed_at if subject.middleware else Location(subject.project.root, 1)
        return [
            Problem(
                f"{rule.code} could not be run, which is a fault of bridgekit: {type(error).__name__}: {error}",
                place,
                f"Please report it; --ignore {rule.code} leaves the rule out.",
                subject=rule.code,
            )
        ]


def run_rules(
    rules: Sequence[Rule], subjects: Iterable[Subject], is_over: Callable[[], object] = lambda: False
) -> list[Finding]:
    """Every finding of every rule, each once, with the variants in which it holds.

    Once ``is_over`` says that the run has ended, only the rule that reports what is unknown is run.
    """
    found: dict[tuple[str, str, str, int, int], Finding] = {}
    for subject in subjects:
        for rule in rules:
            if is_over() and not rule.tells_unknown:
                continue
            for problem in _problems(rule, subject):
                finding = Finding(
                    rule.code,
                    rule.severity,
                    problem.message,
                    problem.location,
                    problem.fix,
                    problem.subject,
                    problem.related,
                    (subject.variant.name,),
                )
                known = found.get(finding.identity)
                found[finding.identity] = known.also_in(finding.variants) if known else finding
    return sorted(found.values(), key=lambda finding: finding.sort_key)
