"""GitLab's code quality report."""

from __future__ import annotations

import json

from bridgekit.check.findings.report import Report
from bridgekit.check.reporters.gitlab import render
from bridgekit.check.reporters.sarif import render as render_sarif


def test_each_finding_has_the_five_fields_that_gitlab_reads(report: Report) -> None:
    issues = json.loads(render(report))
    assert len(issues) == len(report.findings)
    for issue, finding in zip(issues, report.findings, strict=True):
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["check_name"] == finding.code
        assert issue["location"]["lines"]["begin"] >= 1
        assert finding.message in issue["description"]


def test_paths_start_at_the_repository_and_fingerprints_are_those_of_other_formats(report: Report) -> None:
    issues = json.loads(render(report))
    assert issues[-1]["location"]["path"] == "a,b: c.py"
    results = json.loads(render_sarif(report))["runs"][0]["results"]
    known = [result["partialFingerprints"]["bridgekit/v1"] for result in results]
    assert [issue["fingerprint"] for issue in issues] == known[: len(issues)]


def test_no_finding_is_an_empty_list(empty_report: Report) -> None:
    assert json.loads(render(empty_report)) == []
