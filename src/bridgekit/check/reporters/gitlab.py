"""GitLab's code quality report: findings on the lines of a merge request."""

from __future__ import annotations

import json
from typing import Any

from bridgekit.check.findings.finding import Finding, Severity
from bridgekit.check.findings.report import Report
from bridgekit.check.reporters._finding import fingerprint, sentence

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(report: Report) -> str:
    """A list of issues (GitLab's documentation, "Code Quality report format"); silenced and accepted findings are left out."""
    return json.dumps([_issue(report, finding) for finding in report.findings], indent=2) + "\n"


def _issue(report: Report, finding: Finding) -> dict[str, Any]:
    return {
        "description": sentence(report, finding),
        "check_name": finding.code,
        "fingerprint": fingerprint(report, finding),
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": report.shown(finding.location.path),
            "lines": {"begin": max(1, finding.location.line)},
        },
    }
