"""A report with something of everything: variants, crossings, unknowns, findings of each severity, hostile text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridgekit.check.findings.finding import Finding, Related, Severity
from bridgekit.check.findings.report import Report, StackReport
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules.engine import run_rules
from bridgekit.check.rules.registry import ALL_RULES
from bridgekit.check.settings.result import Blocked, Condition, Note
from bridgekit.middleware_chain.facts import Location
from bridgekit.middleware_chain.requests import Server
from tests.check.building import build_stack

SOURCE = """
from django.utils.deprecation import MiddlewareMixin

class Stamp(MiddlewareMixin):
    def process_request(self, request): pass
    def process_response(self, request, response): return response

class Broken(MiddlewareMixin):
    def __call__(self, request):
        response = self.get_response(request)
        response["X"] = "1"
        return response

def audit(get_response):
    def middleware(request):
        return get_response(request)
    return middleware
"""
HOSTILE = "</script><img src=x onerror=alert(1)>\x1b[31m&\"'"


def variant(subject: Subject, text: str, *, blocked: tuple[Blocked, ...] = ()) -> Subject:
    """The same stack under a condition."""
    changed = replace(subject.variant, conditions=(Condition(text),), is_default=False, blocked=blocked)
    return replace(subject, variant=changed)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    default = build_stack(tmp_path, SOURCE, ["Stamp", "audit", "Broken", "missing.Middleware", "Stamp"])
    dearer = variant(build_stack(tmp_path, SOURCE, ["Stamp", "Stamp", "Stamp"]), HOSTILE)
    blocked = Blocked("open() reads a file", Location(str(tmp_path / "settings.py"), 3))
    lost = variant(build_stack(tmp_path, SOURCE, blocked=[blocked]), "STAGE=prod", blocked=(blocked,))
    subjects = [default, dearer, lost]
    settings = str(tmp_path / "settings.py")
    findings = run_rules(ALL_RULES, subjects)
    hostile = Finding(
        "BRG016",
        Severity.ERROR,
        f"line one\nline two, 100%: {HOSTILE}",
        Location(str(tmp_path / "a,b: c.py"), 1),
        related=(Related(Location("/elsewhere/x.py", 4, 2), HOSTILE),),
        variants=("default",),
    )
    stack = StackReport(
        "shop.settings", settings, subjects, (Note(HOSTILE, Location(settings, 2)),), "too many"
    )
    return Report(
        str(tmp_path),
        Server.ASGI,
        [stack],
        [*findings, hostile],
        [findings[0]],
        [findings[1]],
        notes=(HOSTILE,),
    )


@pytest.fixture
def empty_report(tmp_path: Path) -> Report:
    subject = build_stack(tmp_path, middleware=[])
    stack = StackReport("shop.settings", str(tmp_path / "settings.py"), [subject])
    return Report(str(tmp_path), Server.ASGI, [stack], [])
