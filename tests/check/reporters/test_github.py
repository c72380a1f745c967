"""GitHub's workflow commands."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.check.findings.report import Report
from bridgekit.check.reporters.github import render


def test_a_finding_is_one_line_whatever_it_says(report: Report) -> None:
    """Line ends and percent signs in a message, and separators in a property, are encoded."""
    lines = render(report).splitlines()
    assert len(lines) == len(report.findings)
    assert lines[-1].startswith(
        "::error file=a%2Cb%3A c.py,line=1,col=1,title=BRG016::line one%0Aline two, 100%25: "
    )


def test_severities_become_githubs_levels(report: Report) -> None:
    """A note is a notice."""
    commands = {line.split(" ")[0] for line in render(report).splitlines()}
    assert commands == {"::error", "::warning", "::notice"}


def test_no_finding_is_no_line(empty_report: Report) -> None:
    """Nothing to annotate."""
    assert render(empty_report) == ""


def test_control_characters_do_not_reach_the_log(report: Report) -> None:
    """A log viewer colours what other people's files say."""
    finding = replace(report.findings[0], message="a\x1b[31m.B")
    assert "::a\\x1b[31m.B" in render(replace(report, findings=[finding]))
