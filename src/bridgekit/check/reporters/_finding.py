"""What reporters for machines say of a finding."""

from __future__ import annotations

import hashlib

from bridgekit.check.findings.finding import Finding
from bridgekit.check.findings.report import Report


def message(report: Report, finding: Finding) -> str:
    """The message, with the condition under which it holds."""
    condition = report.condition_of(finding)
    return f"{finding.message} (if {condition})" if condition else finding.message


def sentence(report: Report, finding: Finding) -> str:
    """The message and the fix in one line of text."""
    text = message(report, finding)
    return f"{text}. {finding.fix}" if finding.fix else text


def fingerprint(report: Report, finding: Finding) -> str:
    """What names the finding in another run, stable under edits elsewhere in its file."""
    identity = f"{finding.code}\0{report.shown(finding.location.path)}\0{finding.subject}"
    return hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()
