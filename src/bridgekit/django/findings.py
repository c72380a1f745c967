"""What the rules of `bridgekit check` find in the running project, as messages of Django's.

Apart from `bridgekit.django.checks`, which every process of a project imports: only those that run system checks need the rules. Every
management command and every reload of ``runserver`` does, so nothing here evaluates settings, which are loaded, and source is read only
for middleware of which that tells more than the loaded class does.
"""

from __future__ import annotations

from pathlib import Path

from django.core import checks
from django.core.checks import CheckMessage

from bridgekit.check.config import Options, merge_config, read_config
from bridgekit.check.engine import refuse_unknown_codes, run_rules, selected
from bridgekit.check.finding import Finding, Severity
from bridgekit.check.report import base_of, shown_from
from bridgekit.check.rules import ALL_RULES
from bridgekit.check.suppress import split_silenced
from bridgekit.django import conf
from bridgekit.django.inspection import LoadedProject, project_root
from bridgekit.middleware_chain.requests import Server

__all__ = ["find_messages", "message_of"]

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
    rules = selected(ALL_RULES, options.select, options.ignore, options.severity)
    findings, _ = split_silenced(run_rules(rules, [project.subject()]))
    if options.baseline is not None:
        from bridgekit.check.baseline import load_baseline, split_known

        findings, _ = split_known(findings, load_baseline(options.baseline), root)
    base = base_of(str(root))
    return [message_of(finding, base) for finding in findings]


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
    said = ["settings", "python", "env", *(["server"] if conf.is_set("CHECK_SERVER") else [])]
    options = merge_config(Options(path=root, server=server), said, config)
    refuse_unknown_codes(ALL_RULES, [*options.select, *options.ignore])
    return options
