"""GitHub workflow commands: each finding becomes an annotation on its line."""

from __future__ import annotations

from bridgekit.check.findings.finding import Finding, Severity
from bridgekit.check.findings.report import Report
from bridgekit.check.reporters._finding import message
from bridgekit.check.reporters._plain import plain

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report) -> str:
    """One command a line (GitHub's documentation, workflow commands); empty without findings."""
    return "".join(f"{_command(report, finding)}\n" for finding in report.findings)


def _command(report: Report, finding: Finding) -> str:
    location = finding.location
    place = f"file={_property(report.shown(location.path))},line={location.line},col={location.column}"
    headline = message(report, finding)
    text = f"{headline}\n{finding.fix}" if finding.fix else headline
    text = "\n".join(map(plain, text.split("\n")))
    return f"::{_COMMANDS[finding.severity]} {place},title={_property(finding.code)}::{_data(text)}"


def _data(text: str) -> str:
    """A message: what would end the command or the line is percent-encoded."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property: its separators too."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
