"""BRG007: tokens of context variables across hooks."""

from __future__ import annotations

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

SOURCE = """
from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
tenant = ContextVar("tenant")

class M(MiddlewareMixin):
    def process_request(self, request):
        request.token = tenant.set("a")
    def process_response(self, request, response):
        tenant.reset(request.token)
        return response

def last(get_response):
    return get_response
"""


def test_setting_without_a_token_is_right(check_rule: CheckRule) -> None:
    """Values travel back from thread calls; only tokens are bound to a context."""
    source = SOURCE.replace("request.token = ", "").replace("tenant.reset(request.token)", "tenant.set(None)")
    assert check_rule("BRG007", source) == []


def test_in_a_sync_stack_both_hooks_share_a_context(check_rule: CheckRule) -> None:
    """Behind a sync-only layer, and under WSGI, there is one context."""
    assert check_rule("BRG007", SOURCE, ["M", "last"]) == []
    assert check_rule("BRG007", SOURCE, server=Server.WSGI) == []


def test_a_token_carried_between_hooks_is_found(check_rule: CheckRule) -> None:
    """In async mode each hook has a copy of the context."""
    (finding,) = check_rule("BRG007", SOURCE)
    assert finding.location.line == 9
    assert "ContextVar tenant" in finding.message
