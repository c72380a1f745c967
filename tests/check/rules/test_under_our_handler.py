"""What rules about hops say where ``asgi.py`` makes bridgekit's handler: Django's hops are not the project's any more."""

from __future__ import annotations

import pytest

from tests.check.rules.conftest import CheckRule

SOURCE = """
from django.utils.deprecation import MiddlewareMixin

class Mixin(MiddlewareMixin):
    def process_request(self, request): pass
    def process_response(self, request, response): return response

class AsyncOnly:
    sync_capable, async_capable = False, True
    def __init__(self, get_response):
        self.get_response = get_response
    async def __call__(self, request):
        return await self.get_response(request)

def sync_only(get_response):
    return lambda request: get_response(request)
"""
SERVED = {
    "asgi.py": "from bridgekit.django import get_asgi_application\napplication = get_asgi_application()\n"
}
SINGLE_HOP = "bridgekit.django.middleware.SingleHopMiddleware"


@pytest.mark.parametrize(
    ("code", "stack"), [("BRG001", ["Mixin", "Mixin"]), ("BRG011", ["sync_only", "AsyncOnly", "sync_only"])]
)
def test_hops_that_are_not_made_are_not_found(check_rule: CheckRule, code: str, stack: list[str]) -> None:
    assert check_rule(code, SOURCE, stack)
    assert check_rule(code, SOURCE, stack, entry_points=SERVED) == []


def test_the_line_that_saves_hops_elsewhere_is_to_go(check_rule: CheckRule) -> None:
    """In any place: it makes every async view hold a thread."""
    (finding,) = check_rule("BRG021", SOURCE, ["Mixin", SINGLE_HOP], entry_points=SERVED)
    assert "every waiting async view block a thread" in finding.message
    assert finding.fix == "Remove it from MIDDLEWARE."


def test_a_sync_only_layer_names_what_releases_its_thread(check_rule: CheckRule) -> None:
    (finding,) = check_rule("BRG002", SOURCE, ["sync_only"], entry_points=SERVED)
    assert finding.fix == "Make it sync and async: a request that waits keeps no thread then."
    (finding,) = check_rule("BRG002", SOURCE, ["Mixin", "sync_only"], entry_points=SERVED)
    assert finding.fix.endswith("no thread then, as soon as app.Mixin releases it, too.")
