"""Rules about hops give no advice about a layer that another rule calls broken: made faster it would fail as well."""

from __future__ import annotations

import pytest

from tests.check.rules.conftest import CheckRule

MIXIN = """
from django.utils.deprecation import MiddlewareMixin

class Works(MiddlewareMixin):
    def process_request(self, request): pass
    def process_response(self, request, response): return response
"""
ASYNC_HOOK = MIXIN + "class M(Works):\n    async def process_request(self, request): pass\n"
READS = (
    MIXIN
    + "class M(Works):\n    def process_view(self, request, view, args, kwargs): pass\n"
    + "    def __call__(self, request):\n        response = self.get_response(request)\n"
    + "        response['X'] = '1'\n        return response\n"
)
NO_HOOK = MIXIN + "class M(Works):\n    sync_capable, async_capable = True, False\n    process_view = None\n"
REFUSED = MIXIN + "class M(Works):\n    sync_capable = async_capable = False\n"
SINGLE_HOP = "bridgekit.django.middleware.SingleHopMiddleware"


@pytest.mark.parametrize("code", ["BRG001", "BRG002", "BRG010", "BRG011", "BRG021"])
@pytest.mark.parametrize(
    ("source", "cause"),
    [(ASYNC_HOOK, "BRG003"), (READS, "BRG003"), (NO_HOOK, "BRG013"), (REFUSED, "BRG013")],
    ids=["async hook", "reads the coroutine", "hook that is None", "neither mode"],
)
def test_of_a_broken_layer_the_cause_alone_is_told(
    check_rule: CheckRule, code: str, source: str, cause: str
) -> None:
    assert check_rule(cause, source, ["M"])
    assert [each.message for each in check_rule(code, source, ["M"]) if "app.M" in each.message] == []


def test_layers_beside_a_broken_one_are_told_what_they_cost(check_rule: CheckRule) -> None:
    """It is repaired some day, and they stay."""
    (found,) = check_rule("BRG001", ASYNC_HOOK, ["Works", "M"])
    assert found.subject == "app.Works"


@pytest.mark.parametrize(("stack", "count"), [(["Works"], 1), (["Works", "M"], 0)])
def test_where_a_layer_fails_no_line_is_moved_for_speed(
    check_rule: CheckRule, stack: list[str], count: int
) -> None:
    """SingleHopMiddleware first: behind it, one place is better than the other only where requests get there."""
    assert len(check_rule("BRG021", ASYNC_HOOK, [SINGLE_HOP, *stack])) == count
