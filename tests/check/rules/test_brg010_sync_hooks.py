"""BRG010: sync hooks that Django adapts."""

from __future__ import annotations

import pytest

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule


def middleware(hook: str) -> str:
    return f"""
class M:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
    {hook}
"""


@pytest.mark.parametrize(
    "hook",
    [
        "async def process_view(self, request, view, args, kwargs): pass",
        "def process_exception(self, request, exception): pass",
        "def process_request(self, request): pass",
    ],
)
def test_hooks_that_cost_nothing_here_are_no_finding(check_rule: CheckRule, hook: str) -> None:
    """Async hooks, and hooks that this rule is not about."""
    assert check_rule("BRG010", middleware(hook)) == []


@pytest.mark.parametrize("name", ["process_view", "process_template_response"])
def test_a_sync_hook_costs_a_hop_under_asgi_only(check_rule: CheckRule, name: str) -> None:
    """BaseHandler.load_middleware adapts it to the handler's mode."""
    source = middleware(f"def {name}(self, *args): pass")
    (finding,) = check_rule("BRG010", source)
    assert (finding.subject, finding.location.line) == (f"app.M.{name}", 7)
    assert check_rule("BRG010", source, server=Server.WSGI) == []


def test_both_hooks_of_one_class_are_two_findings(check_rule: CheckRule) -> None:
    """Listed from another package they share a line, and are still told apart."""
    source = middleware("def process_view(self, *a): pass\n    def process_template_response(self, *a): pass")
    assert len(check_rule("BRG010", source)) == 2


def test_a_hook_of_another_package_is_no_finding(check_rule: CheckRule) -> None:
    """Nobody edits Django, and the picture of the stack shows what its hook costs."""
    assert check_rule("BRG010", "", ["django.middleware.csrf.CsrfViewMiddleware"]) == []
    (own,) = check_rule("BRG010", middleware("def process_view(self, *a): pass"))
    assert own.fix.startswith("Write `async def process_view`")
