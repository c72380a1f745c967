"""What the rules of `bridgekit check` find in the running project, as messages of Django's.

Apart from `bridgekit.django.checks`, which every process of a project imports: only those that run system checks need the rules. Every
management command and every reload of ``runserver`` does, so nothing here evaluates settings, which are loaded, and source is read only
for middleware of which that tells more than the loaded class does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.core import checks
from django.core.checks import CheckMessage

from bridgekit.check.findings.finding import Finding, Severity
from bridgekit.check.findings.shown import base_of, shown_from
from bridgekit.check.findings.subject import Subject
from bridgekit.check.findings.suppress import split_silenced
from bridgekit.check.project.config import Options, merge_config, read_config
from bridgekit.check.project.handler_served import OURS, serves_by_ours
from bridgekit.check.reporters._totals import totals
from bridgekit.check.rules.engine import refuse_unknown_codes, run_rules, selected
from bridgekit.check.rules.of_chain import CHAIN_RULES
from bridgekit.check.rules.rule import Rule
from bridgekit.django import conf
from bridgekit.django.inspection import LoadedProject, project_root
from bridgekit.middleware_chain.facts import Location
from bridgekit.middleware_chain.hops import count_hops
from bridgekit.middleware_chain.requests import ASYNC_VIEW, Server
from bridgekit.middleware_chain.threads import in_the_way

_HINT = f"The handler is one changed import in asgi.py: {OURS}. SILENCED_SYSTEM_CHECKS takes this id."

_LEVELS = {
    Severity.ERROR: (checks.ERROR, "E"),
    Severity.WARNING: (checks.WARNING, "W"),
    Severity.NOTE: (checks.INFO, "I"),
}


def find_messages(server: Server) -> list[CheckMessage]:
    """Judge the loaded MIDDLEWARE for a server; what ``[tool.bridgekit]`` ignores and accepts stays away here, too.

    Raises `ProjectError` where the project cannot be checked.
    """
    root = project_root()
    options = _options(root, server)
    project = LoadedProject(options.server)
    subject = project.subject()
    rules = selected(_rules(project), options.select, options.ignore, options.severity)
    findings, _ = split_silenced(run_rules(rules, [subject]))
    if options.baseline is not None:
        from bridgekit.check.findings.baseline import load_baseline, split_known

        findings, _ = split_known(findings, load_baseline(options.baseline), root)
    base = base_of(str(root))
    messages = [message_of(finding, base) for finding in findings]
    if options.baseline is not None and not findings:
        return messages  # who has accepted what there is wants to hear of what is new
    return [*_totals(subject, project.place, base), *messages]


def _totals(subject: Subject, place: Location, base: str) -> Iterator[CheckMessage]:
    """What requests cost today, with the one line and with the handler; nothing where nothing could cost less."""
    if subject.project.server is not Server.ASGI or _costs_nothing(subject):
        return
    rows = "".join(f"\n\t{label + ':':<9} {text}" for label, text in totals(subject))
    yield checks.Info(
        f"What MIDDLEWARE costs under ASGI:{rows}",
        hint=None if serves_by_ours(subject.project) else _HINT,
        obj=shown_from(base, str(place)),
        id="bridgekit.I106",
    )


def _costs_nothing(subject: Subject) -> bool:
    """Whether nothing in the stack makes a hop, or, under bridgekit's handler, keeps a thread."""
    stack = subject.chain.facts
    if serves_by_ours(subject.project):
        return not in_the_way(stack)
    return count_hops(stack, Server.ASGI, ASYNC_VIEW) == count_hops([], Server.ASGI, ASYNC_VIEW)


def message_of(finding: Finding, base: str) -> CheckMessage:
    """One finding as a message of Django's; its place, relative to `base`, stands where Django shows the object."""
    level, letter = _LEVELS[finding.severity]
    return CheckMessage(
        level,
        finding.message,
        hint=finding.fix or None,
        obj=shown_from(base, str(finding.location)),
        id=f"bridgekit.{letter}{finding.code.removeprefix('BRG')}",
    )


def _options(root: Path, server: Server) -> Options:
    """``[tool.bridgekit]`` as far as it is about rules; the setting goes before its ``server``."""
    config, _ = read_config(root)
    explicit = ["settings", "python", "env", *(["server"] if conf.is_set("CHECK_SERVER") else [])]
    options = merge_config(Options(path=root, server=server), explicit, config)
    codes = [*options.select, *options.ignore]
    if not all(any(rule.code.startswith(code) for rule in CHAIN_RULES) for code in codes):
        from bridgekit.check.rules.registry import ALL_RULES

        refuse_unknown_codes(ALL_RULES, codes)
    return options


def _rules(project: LoadedProject) -> Sequence[Rule]:
    """All of them where source was read that they can follow."""
    if not project.reads_source:
        return CHAIN_RULES
    from bridgekit.check.rules.registry import ALL_RULES

    return ALL_RULES
