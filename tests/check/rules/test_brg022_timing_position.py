"""BRG022: TimingMiddleware below other middleware."""

from __future__ import annotations

import pytest

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

TIMING = "bridgekit.django.middleware.TimingMiddleware"
SOURCE = """
from django.core.exceptions import MiddlewareNotUsed

def S(get_response):
    return get_response

class Off:
    def __init__(self, get_response):
        raise MiddlewareNotUsed
"""


@pytest.mark.parametrize("stack", [[TIMING], [TIMING, "S"], ["Off", TIMING], ["S"]])
def test_first_of_those_that_run_is_no_finding(check_rule: CheckRule, stack: list[str]) -> None:
    """A middleware that takes itself out of the chain takes no time."""
    assert check_rule("BRG022", SOURCE, stack) == []


@pytest.mark.parametrize("server", list(Server))
def test_below_others_it_is_found(check_rule: CheckRule, server: Server) -> None:
    """Under either server."""
    (finding,) = check_rule("BRG022", SOURCE, ["S", "S", TIMING], server=server)
    assert "stands at position 3: the time of app.S and 1 more is not measured" in finding.message
    assert finding.location.line == 3
