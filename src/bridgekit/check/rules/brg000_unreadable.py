"""BRG000: what the checker cannot know: MIDDLEWARE itself, a middleware in it, or an entry point."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Related, Severity
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.rules.rule import Rule
from bridgekit.check.settings.result import Unknown
from bridgekit.middleware_chain.facts import Answer, Claim, Location


def check(subject: Subject) -> Iterator[Problem]:
    """One problem for each line that blocks the settings, and for each middleware and entry point that cannot be read."""
    yield from _unread_entry_points(subject)
    for blocked in subject.variant.blocked:
        yield Problem(
            f"MIDDLEWARE cannot be known from source: {blocked.reason}",
            blocked.location,
            "Make the value readable from source, give the environment with --env NAME=VALUE, or use --live.",
            subject="MIDDLEWARE",
        )
    for entry in subject.variant.middleware or ():
        if isinstance(entry.dotted_path, Unknown):
            yield Problem(
                f"this entry of MIDDLEWARE cannot be known from source: {entry.dotted_path.reason}",
                entry.location,
                "Give the environment with --env NAME=VALUE, or use --live.",
                subject="MIDDLEWARE",
                related=(Related(entry.dotted_path.location, "blocked here"),),
            )
    unread = [
        (checked, claim)
        for checked in subject.middleware
        if checked.dotted_path and (claim := blocking_claim(checked)) is not None
    ]
    if unread and not subject.project.has_django:
        yield _without_django(unread, len(subject.middleware))
    else:
        for checked, claim in unread:
            yield Problem(
                f"{checked.dotted_path} cannot be read: {claim.reason}",
                checked.listed_at,
                "Install the package where the checker looks (--python names the interpreter), or use --live.",
                subject=checked.dotted_path,
                related=(Related(claim.location, "blocked here"),) if claim.location else (),
            )


def _unread_entry_points(subject: Subject) -> Iterator[Problem]:
    """An asgi.py without a syntax tree: what it serves, and how, is not known."""
    for module in subject.project.entry_points:
        if module.tree is None:
            yield Problem(
                f"this entry point cannot be read, and was not checked: it {module.error}",
                Location(module.path, module.error_line or 1),
                "Correct the file; a newer Python's syntax is read if that Python runs bridgekit.",
                subject="entry point",
            )


def _without_django(unread: list[tuple[CheckedMiddleware, Claim]], total: int) -> Problem:
    """One reason, one problem: every middleware of Django's, and what derives from it, is unknown for it."""
    return Problem(
        f"{len(unread)} of {total} middleware cannot be read, because Django is not among the packages that were read",
        unread[0][0].listed_at,
        "Name the project's interpreter or virtual environment with --python PATH.",
        subject="django",
    )


def blocking_claim(checked: CheckedMiddleware) -> Claim | None:
    """The first unknown among the facts that decide the mode."""
    facts = checked.facts
    return next((c for c in (facts.sync_capable, facts.async_capable) if c.answer is Answer.UNKNOWN), None)


RULE = Rule("BRG000", "unreadable", Severity.NOTE, check, tells_unknown=True)
