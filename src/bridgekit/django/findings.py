"""What the engine of `bridgekit check` finds in the running project, as messages of Django's.

Apart from `bridgekit.django.checks`, which every process of a project imports: only those that run system checks need the engine.
"""

from __future__ import annotations

import sys

from django.core import checks
from django.core.checks import CheckMessage

from bridgekit.check.command import configured
from bridgekit.check.config import Options
from bridgekit.check.finding import Finding, Severity
from bridgekit.check.pipeline import run
from bridgekit.check.report import Report
from bridgekit.django import conf, inspection
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
    report = _report(server)
    return [message_of(finding, report) for finding in report.findings]


def message_of(finding: Finding, report: Report) -> CheckMessage:
    """One finding of the engine as a message of Django's; its place stands where Django shows the object."""
    level, letter = _LEVELS[finding.severity]
    return CheckMessage(
        level,
        finding.message,
        hint=finding.fix or None,
        obj=report.shown(str(finding.location)),
        id=f"bridgekit.{letter}{finding.code.removeprefix('BRG')}",
    )


def _report(server: Server) -> Report:
    """The engine's report on this process: nothing is loaded a second time."""
    given = Options(
        path=inspection.project_root(),
        settings=(inspection.settings_module(),),
        server=server,
        python=sys.executable,
        live=True,
    )
    said = ["settings", "python"]
    if conf.is_set("CHECK_SERVER"):
        said.append("server")
    return run(
        configured(given, said),
        load=lambda module, options, found, environment: inspection.loaded_stack(options.server),
    )
