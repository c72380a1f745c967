"""The report for programs: one JSON document, its schema documented in docs/check_json.md and versioned."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

from bridgekit.check.findings.finding import Finding
from bridgekit.check.findings.outliving_tasks import outliving_tasks
from bridgekit.check.findings.report import Report, StackReport
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.findings.wording import named
from bridgekit.check.project.handler_served import serves_by_ours
from bridgekit.check.reporters._totals import cost_of
from bridgekit.check.rules.registry import group_of, rule_by_code
from bridgekit.check.settings.result import Unknown
from bridgekit.middleware_chain.facts import Answer, Claim, Location
from bridgekit.middleware_chain.handler_plan import HandlerPlan, Part, plan_handler
from bridgekit.middleware_chain.hops import Cost, own_hops
from bridgekit.middleware_chain.plan import Proposal
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import ASYNC_VIEW, SYNC_VIEW, Mode, Server
from bridgekit.middleware_chain.threads import ThreadUse, handler_threads, in_the_way, stock_threads

SCHEMA_VERSION = 1
"""Raised when a field is removed or changes its meaning; new fields alone do not raise it."""


def render(report: Report) -> str:
    """The document, indented, ends with a newline. Its paths are relative to its ``root``, wherever it is made."""
    report = replace(report, base="")
    document = {
        "version": SCHEMA_VERSION,
        "root": report.root,
        "server": report.server.value,
        "live": report.live,
        "environment": _environment(report),
        "stacks": [_stack(report, stack) for stack in report.stacks],
        "findings": [_finding(report, finding) for finding in report.findings],
        "silenced": len(report.silenced),
        "in_baseline": len(report.known),
        "notes": [*filter(None, [report.headline]), *report.notes],
    }
    return json.dumps(document, indent=2) + "\n"


def _environment(report: Report) -> dict[str, Any] | None:
    environment = report.environment
    if environment is None:
        return None
    return {
        "python": environment.python,
        "version": ".".join(map(str, environment.python_version)),
        "found_by": environment.found_by,
    }


def _stack(report: Report, stack: StackReport) -> dict[str, Any]:
    return {
        "settings": stack.module,
        "configuration": stack.configuration,
        "path": report.shown(stack.path),
        "variants": [_variant(report, subject) for subject in stack.subjects],
        "cut": stack.cut,
        "notes": [{"text": note.text, "location": _location(report, note.location)} for note in stack.notes],
    }


def _variant(report: Report, subject: Subject) -> dict[str, Any]:
    variant = subject.variant
    known = variant.middleware is not None
    return {
        "name": variant.name,
        "is_default": variant.is_default,
        "conditions": [
            {"text": condition.text, "location": _location(report, condition.location)}
            for condition in variant.conditions
        ],
        "middleware": None
        if variant.middleware is None
        else [None if isinstance(e.dotted_path, Unknown) else e.dotted_path for e in variant.middleware],
        "blocked": [
            {"reason": blocked.reason, "location": _location(report, blocked.location)}
            for blocked in variant.blocked
        ],
        "starts": subject.chain.starts.value if known else Answer.UNKNOWN.value,
        "holds_thread": subject.chain.holds_thread.value if known else Answer.UNKNOWN.value,
        "hops": {
            "async_view": _cost(cost_of(subject, ASYNC_VIEW)),
            "sync_view": _cost(cost_of(subject, SYNC_VIEW)),
        }
        if known
        else None,
        "threads": _threads(stock_threads(subject.chain.facts, subject.chain.server)) if known else None,
        "handler": _handler(report, subject) if known and subject.chain.server is Server.ASGI else None,
        "layers": [_layer(report, subject, checked) for checked in subject.middleware],
        "proposals": [
            {
                **_proposal(proposal, subject.chain.server),
                "outliving_tasks": _tasks(report, subject, proposal),
            }
            for proposal in subject.proposals
            if proposal.difference.saves
        ],
    }


def _handler(report: Report, subject: Subject) -> dict[str, Any]:
    """The same stack under ``bridgekit.django.get_asgi_application``."""
    plan = plan_handler(subject.chain.facts)
    return {
        "hops": _crossings(plan),
        "hops_of_unsafe_method": _crossings(plan.for_unsafe_method),
        "threads": _threads(handler_threads(subject.chain.facts)),
        "in_the_way": [
            {
                "layer": holder.layer.facts.dotted_path,
                "sure": holder.answer.value,
                "why": holder.why,
                "may_be_released": holder.layer.part is Part.HALVES,
            }
            for holder in in_the_way(subject.chain.facts)
        ],
        "made_at": _location(report, serves_by_ours(subject.project)),
    }


def _crossings(plan: HandlerPlan) -> dict[str, Any]:
    return {
        "async_view": _range(plan.crossings(ASYNC_VIEW)),
        "sync_view": _range(plan.crossings(SYNC_VIEW)),
    }


def _threads(use: ThreadUse) -> dict[str, Any]:
    return {
        name: {
            "count": _range(keeping.threads),
            "state": keeping.state.value,
            "layer": None if keeping.layer is None else keeping.layer.dotted_path,
            "why": keeping.why,
        }
        for name, keeping in (("waiting", use.waiting), ("streaming", use.streaming))
    }


def _layer(report: Report, subject: Subject, checked: CheckedMiddleware) -> dict[str, Any]:
    facts, layer = checked.facts, checked.layer
    return {
        "position": checked.position,
        "dotted_path": facts.dotted_path,
        "listed_at": _location(report, checked.listed_at),
        "defined_at": _location(report, facts.defined_at),
        "sync_capable": facts.sync_capable.answer.value,
        "async_capable": facts.async_capable.answer.value,
        "marked_async": facts.marked_async.answer.value,
        "used": layer.used.value,
        "mode": layer.mode.value if layer.mode is not None else None,
        "own_hops": _range(own_hops(facts)),
        "hooks": [
            {
                "name": hook.name,
                "exists": hook.exists.answer.value,
                "is_async": hook.is_async.answer.value,
                "location": _location(report, hook.location),
            }
            for hook in facts.hooks.values()
        ],
        "holds_thread": _holds_thread(subject, checked).value,
        "waits_for_nothing": facts.nonblocking.answer.value,
        "crossing_inside": layer.crossing.value if layer.crossing is not None else None,
        "unknown": _unknowns(report, checked),
    }


def _holds_thread(subject: Subject, checked: CheckedMiddleware) -> Answer:
    """Whether this layer blocks a thread while what it wraps makes the response."""
    if checked.layer.used is Answer.NO:
        return Answer.NO
    if subject.chain.server is Server.WSGI or checked.runs(Mode.SYNC):
        return Answer.YES if checked.layer.used is Answer.YES else Answer.UNKNOWN
    return Answer.UNKNOWN if checked.may_run(Mode.SYNC) else Answer.NO


def _unknowns(report: Report, checked: CheckedMiddleware) -> list[dict[str, Any]]:
    """Each fact that is not known, with the reason and the line that blocks it."""
    facts = checked.facts
    claims: dict[str, Claim] = {
        "sync_capable": facts.sync_capable,
        "async_capable": facts.async_capable,
        "mixin_acall": facts.mixin_acall,
        "marked_async": facts.marked_async,
        "used": facts.used,
        "waits_for_nothing": facts.nonblocking,
    }
    for hook in facts.hooks.values():
        claims[f"{hook.name}.exists"] = hook.exists
        claims[f"{hook.name}.is_async"] = hook.is_async
    if not facts.own_hops.is_exact:
        claims["own_hops"] = Claim.unknown(facts.own_hops.reason, facts.own_hops.location)
    return [
        {
            "fact": name,
            "reason": claim.reason,
            "location": _location(report, claim.location or facts.defined_at),
        }
        for name, claim in claims.items()
        if claim.answer is Answer.UNKNOWN
    ]


def _proposal(proposal: Proposal, server: Server) -> dict[str, Any]:
    low, high = proposal.difference.low, proposal.difference.high
    return {
        "change": proposal.change.kind.value,
        "position": proposal.change.position,
        "dotted_path": proposal.change.dotted_path,
        "before": _cost(proposal.before),
        "after": _cost(proposal.after),
        "difference": {
            "low": None if math.isinf(low) else int(low),
            "high": None if math.isinf(high) else int(high),
        },
        "holds_thread": proposal.holds_thread.value,
        "threads": _threads(stock_threads([named(facts) for facts in proposal.stack], server)),
    }


def _tasks(report: Report, subject: Subject, proposal: Proposal) -> dict[str, Any] | None:
    """Tasks that lose the ORM by a change that blocks a thread; None for a change that does not, or where one is blocked anyway."""
    if proposal.holds_thread is not Answer.YES or subject.chain.holds_thread is Answer.YES:
        return None
    found = outliving_tasks(subject)
    return {
        "answer": found.answer.value,
        "started_at": [_location(report, place) for place in found.places],
        "why": found.why,
    }


def _finding(report: Report, finding: Finding) -> dict[str, Any]:
    rule = rule_by_code(finding.code)
    return {
        "code": finding.code,
        "name": rule.name if rule is not None else "",
        "severity": finding.severity.value,
        "group": group_of(finding.code).value,
        "condition": report.condition_of(finding),
        "message": finding.message,
        "fix": finding.fix,
        "subject": finding.subject,
        "location": _location(report, finding.location),
        "related": [
            {"text": related.text, "location": _location(report, related.location)}
            for related in finding.related
        ],
        "variants": list(finding.variants),
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {"to_thread": _range(cost.to_thread), "to_loop": _range(cost.to_loop)}


def _range(value: Range) -> dict[str, int | None]:
    return {"low": value.low, "high": value.high}


def _location(report: Report, location: Location | None) -> dict[str, Any] | None:
    if location is None:
        return None
    return {"path": report.shown(location.path), "line": location.line, "column": location.column}
