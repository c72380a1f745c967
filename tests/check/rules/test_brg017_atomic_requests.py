"""BRG017: ATOMIC_REQUESTS and async views."""

from __future__ import annotations

from bridgekit.middleware_chain.facts import Location
from tests.check.rules.conftest import CheckRule

VIEW = Location("/p/views.py", 3)
ATOMIC = {"DATABASES": {"default": {"ENGINE": "x", "ATOMIC_REQUESTS": True}, "other": {"ENGINE": "x"}}}


def test_without_async_views_it_is_right(check_rule: CheckRule) -> None:
    """Sync views may be atomic."""
    assert check_rule("BRG017", middleware=[], settings=ATOMIC) == []


def test_without_the_option_async_views_are_right(check_rule: CheckRule) -> None:
    """Off is Django's default."""
    settings = {"DATABASES": {"default": {"ATOMIC_REQUESTS": False}}}
    assert check_rule("BRG017", middleware=[], settings=settings, async_views=(VIEW,)) == []


def test_both_together_are_found_for_the_database_that_has_it(check_rule: CheckRule) -> None:
    """BaseHandler.make_view_atomic raises RuntimeError."""
    (finding,) = check_rule("BRG017", middleware=[], settings=ATOMIC, async_views=(VIEW,))
    assert finding.subject == "DATABASES.default.ATOMIC_REQUESTS"
    assert [related.location for related in finding.related] == [VIEW]
