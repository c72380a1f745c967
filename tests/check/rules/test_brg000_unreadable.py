"""BRG000: what cannot be known is said, with the line that blocks it."""

from __future__ import annotations

from bridgekit.check.settings.result import Blocked
from bridgekit.middleware_chain.facts import Location
from tests.check.rules.conftest import CheckRule


def test_a_readable_stack_is_no_finding(check_rule: CheckRule) -> None:
    """What is known needs no word."""
    assert check_rule("BRG000", "def M(get_response):\n    return get_response\n") == []


def test_each_blocking_line_of_the_settings_is_named(check_rule: CheckRule) -> None:
    """The finding stands where the value is lost, with the reason."""
    blocked = Blocked("json.loads() reads a file", Location("/p/settings.py", 7, 3))
    (finding,) = check_rule("BRG000", blocked=[blocked])
    assert (finding.location, finding.subject) == (blocked.location, "MIDDLEWARE")
    assert "json.loads() reads a file" in finding.message


def test_a_missing_package_is_said_with_its_reason(check_rule: CheckRule) -> None:
    """An unknown middleware is listed at its entry and never guessed."""
    (finding,) = check_rule("BRG000", middleware=["no_such_package.M"])
    assert finding.location.line == 1
    assert "no_such_package.M cannot be read" in finding.message
    assert "not installed" in finding.message
