"""Which rules run, and how findings of several variants become one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.rules.engine import run_rules, selected
from bridgekit.check.rules.registry import ALL_RULES
from bridgekit.check.rules.rule import Rule
from bridgekit.check.settings.result import Condition
from bridgekit.middleware_chain.facts import Location
from tests.check.building import build_stack

OFF = Rule("BRG900", "off", Severity.NOTE, lambda subject: [], on_by_default=False)
RULES = [*ALL_RULES, OFF]


def codes(*, select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> list[str]:
    return [rule.code for rule in selected(RULES, select, ignore)]


def test_without_a_choice_the_default_rules_run() -> None:
    """A rule that is off runs only when it is named."""
    assert codes() == [rule.code for rule in ALL_RULES if rule.on_by_default]
    assert codes(select=("BRG9",)) == ["BRG900"]


def test_select_and_ignore_take_codes_and_beginnings() -> None:
    """The longer, more precise one wins; between equals ignore does."""
    assert codes(select=("BRG003", "BRG01"), ignore=("BRG011",))[:3] == ["BRG003", "BRG010", "BRG012"]
    assert codes(select=("BRG003",), ignore=("BRG",)) == ["BRG003"]
    assert codes(select=("BRG003",), ignore=("BRG003",)) == []
    assert "BRG001" not in codes(ignore=("BRG001",))


def test_a_finding_seen_in_two_variants_is_told_once(tmp_path: Path) -> None:
    """With both names; its message is that of the first."""
    default = build_stack(tmp_path, "def M(get_response):\n    return get_response\n")
    other = replace(
        default, variant=replace(default.variant, conditions=(Condition("CI=1"),), is_default=False)
    )
    (finding,) = run_rules(ALL_RULES, [default, other])
    assert (finding.code, finding.variants) == ("BRG002", ("default", "CI=1"))


def test_findings_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    """By path, line, column, code, whatever the rules' order."""
    places = [Location("b.py", 1), Location("a.py", 9), Location("a.py", 2, 7), Location("a.py", 2, 3)]
    rule = Rule("BRG901", "many", Severity.NOTE, lambda subject: [Problem("m", place) for place in places])
    subject = build_stack(tmp_path, middleware=[])
    assert [f.location for f in run_rules([rule], [subject])] == sorted(places)


def test_a_rule_that_fails_is_told_and_takes_nothing_with_it(tmp_path: Path) -> None:
    """The other rules' findings stand; the failure is a finding of its own, so the run is not clean."""

    def fail(subject: object) -> list[Problem]:
        raise RecursionError("too deep")

    rule = Rule("BRG902", "fails", Severity.NOTE, fail)
    subject = build_stack(tmp_path, "def M(get_response):\n    return get_response\n")
    found = {f.code: f for f in run_rules([rule, *ALL_RULES], [subject])}
    assert set(found) == {"BRG002", "BRG902"}
    assert "a fault of bridgekit: RecursionError: too deep" in found["BRG902"].message
