"""JUnit's XML."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import fromstring

from bridgekit.check.findings.report import Report
from bridgekit.check.reporters.junit import render


def test_each_finding_is_a_failed_case_on_its_line(report: Report) -> None:
    suite = fromstring(render(report))[0]
    cases = suite.findall("testcase")
    assert suite.attrib["tests"] == suite.attrib["failures"] == str(len(report.findings)) == str(len(cases))
    for case, finding in zip(cases, report.findings, strict=True):
        assert case.attrib["line"] == str(finding.location.line)
        failure = case.find("failure")
        assert failure is not None
        assert failure.attrib["type"] == finding.severity.value


def test_hostile_text_stays_text(report: Report) -> None:
    """Markup, control characters and surrogates of file names that are no UTF-8."""
    finding = replace(report.findings[-1], message="</failure>\x1b[31m\udc80\x00")
    failure = fromstring(render(replace(report, findings=[finding]))).find(".//failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("</failure>\\x1b[31m")


def test_no_finding_is_one_success(empty_report: Report) -> None:
    suite = fromstring(render(empty_report))[0]
    assert suite.attrib["failures"] == "0"
    assert [len(case) for case in suite.findall("testcase")] == [0]
