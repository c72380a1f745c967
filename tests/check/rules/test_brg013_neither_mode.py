"""BRG013: neither sync nor async."""

from __future__ import annotations

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

SOURCE = """
class M:
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
"""


def test_one_flag_is_enough(check_rule: CheckRule) -> None:
    """Either will do."""
    assert (
        check_rule(
            "BRG013", SOURCE.replace("sync_capable = False", "async_capable = True; sync_capable = False")
        )
        == []
    )
    assert check_rule("BRG013", SOURCE.replace("sync_capable = False", "sync_capable = True")) == []


def test_neither_flag_is_found_on_both_servers(check_rule: CheckRule) -> None:
    """load_middleware raises RuntimeError whichever handler asks."""
    for server in Server:
        (finding,) = check_rule("BRG013", SOURCE, server=server)
        assert "Django raises RuntimeError at start-up" in finding.message
