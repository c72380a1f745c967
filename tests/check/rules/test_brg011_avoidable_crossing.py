"""BRG011: crossings that need not be."""

from __future__ import annotations

import pytest

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

SOURCE = """
def S(get_response):
    def middleware(request):
        return get_response(request)
    return middleware

def A(get_response):
    async def middleware(request):
        return await get_response(request)
    return middleware
A.sync_capable = False
A.async_capable = True
"""


@pytest.mark.parametrize("stack", [["A"], ["S", "S"], ["A", "A"], ["A", "S"], ["S", "A"]])
def test_stacks_that_cross_as_seldom_as_they_can_are_no_finding(
    check_rule: CheckRule, stack: list[str]
) -> None:
    """An async-only layer at either end costs nothing more: the server and the view are async too."""
    assert check_rule("BRG011", SOURCE, stack) == []


def test_async_between_sync_layers_is_found(check_rule: CheckRule) -> None:
    """Sync, async, sync: one crossing each way more than a hybrid would need."""
    crossing, *orders = check_rule("BRG011", SOURCE, ["S", "A", "S"])
    assert (crossing.subject, "adds 2 crossings" in crossing.message) == ("app.A", True)
    assert {order.fix for order in orders} == {
        "Let app.S and app.A change places: 4 hops become 3.",
        "Let app.A and app.S change places: 4 hops become 3.",
    }


def test_under_wsgi_another_rule_speaks(check_rule: CheckRule) -> None:
    """BRG012 is about that."""
    assert check_rule("BRG011", SOURCE, ["S", "A", "S"], server=Server.WSGI) == []
