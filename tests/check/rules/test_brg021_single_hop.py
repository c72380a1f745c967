"""BRG021: SingleHopMiddleware in the wrong place, or needless."""

from __future__ import annotations

import pytest

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

SINGLE_HOP = "bridgekit.django.middleware.SingleHopMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
SOURCE = """
def S(get_response):
    return get_response
"""


def test_last_below_middleware_that_hop_it_is_no_finding(check_rule: CheckRule) -> None:
    """What it is for."""
    assert check_rule("BRG021", SOURCE, [SESSION, CSRF, SINGLE_HOP]) == []


@pytest.mark.parametrize("stack", [[SINGLE_HOP, SESSION, CSRF], [SESSION, SINGLE_HOP, CSRF]])
def test_any_other_place_is_found_with_both_numbers(check_rule: CheckRule, stack: list[str]) -> None:
    """The middleware inside of it still hop."""
    (finding,) = check_rule("BRG021", SOURCE, stack)
    position = stack.index(SINGLE_HOP)
    assert f"stands at position {position + 1} of 3" in finding.message
    assert "but 4 if it is last" in finding.message
    assert finding.location.line == position + 1
    assert finding.fix == "Make it the last line of MIDDLEWARE."


@pytest.mark.parametrize("stack", [[SINGLE_HOP], [SESSION, "S", SINGLE_HOP]])
def test_where_it_saves_nothing_it_is_needless(check_rule: CheckRule, stack: list[str]) -> None:
    """No hybrid hops above it, or another sync-only middleware does the same already."""
    (finding,) = check_rule("BRG021", SOURCE, stack)
    assert "saves nothing" in finding.message
    assert finding.fix == "Remove it from MIDDLEWARE."


def test_under_wsgi_it_is_harmless(check_rule: CheckRule) -> None:
    """The chain is sync there; settings shared by both servers are no mistake."""
    assert check_rule("BRG021", SOURCE, [SINGLE_HOP, SESSION], server=Server.WSGI) == []


def test_what_is_not_known_is_not_judged(check_rule: CheckRule) -> None:
    """A middleware that cannot be read may hop or not."""
    assert check_rule("BRG021", SOURCE, ["nowhere.Middleware", SINGLE_HOP]) == []
