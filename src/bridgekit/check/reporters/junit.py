"""JUnit's XML, which most CI systems show as tests: a failure for each finding, one success where there is none."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bridgekit.check.findings.report import Report
from bridgekit.check.reporters._finding import sentence
from bridgekit.check.reporters._plain import plain

_NOT_XML = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (section 2.2), such as the surrogates in file names that are no UTF-8."""


def render(report: Report) -> str:
    """One test suite for the run, one test case for each finding."""
    failures = len(report.findings)
    suites = Element("testsuites", name="bridgekit check")
    suite = SubElement(
        suites,
        "testsuite",
        name="bridgekit check",
        tests=str(max(1, failures)),
        failures=str(failures),
        errors="0",
    )
    for finding in report.findings:
        place = report.shown(finding.location.path)
        case = SubElement(
            suite,
            "testcase",
            name=f"{finding.code} {_text(finding.subject)}".strip(),
            classname=_text(place),
            file=_text(place),
            line=str(finding.location.line),
        )
        failure = SubElement(
            case, "failure", type=finding.severity.value, message=_text(sentence(report, finding))
        )
        failure.text = _text(f"{report.shown(str(finding.location))} {sentence(report, finding)}")
    if not failures:
        SubElement(suite, "testcase", name="no findings", classname="bridgekit check")
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _text(text: str) -> str:
    return _NOT_XML.sub("?", plain(text))
