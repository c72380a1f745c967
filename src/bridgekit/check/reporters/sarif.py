"""SARIF 2.1.0 (OASIS standard), the form that code-scanning services read."""

from __future__ import annotations

import importlib.metadata
import json
import os
from typing import Any
from urllib.parse import quote, urlsplit

from bridgekit.check.findings.finding import Finding, Severity
from bridgekit.check.findings.pages import rule_page
from bridgekit.check.findings.report import Report
from bridgekit.check.reporters._finding import fingerprint, sentence
from bridgekit.check.rules.registry import ALL_RULES
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.facts import Location

ADDRESS = "BRIDGEKIT_DOCS_URL"
"""The environment variable of those who publish the manual's site themselves."""
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render(report: Report) -> str:
    """The log file as text. Silenced and accepted findings are in it, marked as suppressed (3.27.23)."""
    results = [_result(report, finding) for finding in report.findings]
    results += [_result(report, finding, "inSource") for finding in report.silenced]
    results += [_result(report, finding, "external") for finding in report.known]
    manual = _manual()
    driver = {
        "name": "bridgekit check",
        "semanticVersion": _semantic_version(),
        "rules": [_rule(rule.code, rule.name, _LEVELS[rule.severity], manual) for rule in ALL_RULES],
    }
    if manual is not None:
        driver["informationUri"] = manual
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _semantic_version() -> str:
    """The package's release as three numbers: a development suffix is no semantic version."""
    numbers = importlib.metadata.version("bridgekit").split(".dev")[0].split(".")
    return ".".join([*numbers, "0", "0"][:3])


def _manual() -> str | None:
    """The address of the manual: where the user says that the site stands, or else what the package's own URLs call "Documentation"; None without either.

    SARIF wants absolute URIs (3.19.12, 3.49.12). Without an address the rule's page itself is in its ``help``, which viewers show.
    The project's own files do not name it: what a pull request brings would lead those who read its findings anywhere.
    Raises `ProjectError` for what is no absolute address.
    """
    address = os.environ.get(ADDRESS, "")
    if address:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise ProjectError(
                f"{ADDRESS} must be where the manual's site begins, such as https://docs.example/bridgekit/, not {address!r}"
            )
        return address.rstrip("/") + "/"
    for line in importlib.metadata.metadata("bridgekit").get_all("Project-URL") or []:
        label, _, address = str(line).partition(",")
        if label.strip().lower() == "documentation":
            return address.strip().rstrip("/") + "/"
    return None


def _rule(code: str, name: str, level: str, manual: str | None) -> dict[str, Any]:
    page = rule_page(code)
    title = page.splitlines()[0].removeprefix("# ")
    address = {} if manual is None else {"helpUri": f"{manual}rules/{code}.html"}
    return {
        "id": code,
        "name": name,
        "shortDescription": {"text": title},
        "help": {"text": page, "markdown": page},
        **address,
        "defaultConfiguration": {"level": level},
    }


def _result(report: Report, finding: Finding, suppressed: str = "") -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": next(index for index, rule in enumerate(ALL_RULES) if rule.code == finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": sentence(report, finding)},
        "locations": [{"physicalLocation": _physical(report, finding.location)}],
        "partialFingerprints": {"bridgekit/v1": fingerprint(report, finding)},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"physicalLocation": _physical(report, related.location), "message": {"text": related.text}}
            for related in finding.related
        ]
    if suppressed:
        result["suppressions"] = [{"kind": suppressed}]
    return result


def _physical(report: Report, location: Location) -> dict[str, Any]:
    shown = report.shown(location.path)
    inside = shown != location.path
    uri = quote(os.fsencode(shown))  # a file's name may be no UTF-8
    artifact: dict[str, Any] = {"uri": uri if inside else f"file://{uri}"}
    if inside:
        artifact["uriBaseId"] = "%SRCROOT%"
    return {
        "artifactLocation": artifact,
        "region": {"startLine": max(1, location.line), "startColumn": max(1, location.column)},
    }
