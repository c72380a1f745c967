"""BRG012: async-only under WSGI."""

from __future__ import annotations

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

SOURCE = """
from asgiref.sync import markcoroutinefunction
class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        return await self.get_response(request)
"""


def test_async_only_under_asgi_is_right(check_rule: CheckRule) -> None:
    """That is what it is made for."""
    assert check_rule("BRG012", SOURCE) == []


def test_a_hybrid_under_wsgi_is_right(check_rule: CheckRule) -> None:
    """It runs sync."""
    assert check_rule("BRG012", SOURCE.replace("sync_capable = False", ""), server=Server.WSGI) == []


def test_async_only_under_wsgi_is_found(check_rule: CheckRule) -> None:
    """Each request starts an event loop."""
    (finding,) = check_rule("BRG012", SOURCE, server=Server.WSGI)
    assert finding.location.line == 3
