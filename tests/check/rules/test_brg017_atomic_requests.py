"""BRG017: ATOMIC_REQUESTS and async views."""

from __future__ import annotations

from pathlib import Path

from bridgekit.check.findings.subject import AsyncView
from bridgekit.check.modules.parsing import parse_file
from bridgekit.check.project.async_views import find_async_views
from tests.check.rules.conftest import CheckRule

ATOMIC = {"DATABASES": {"default": {"ENGINE": "x", "ATOMIC_REQUESTS": True}, "other": {"ENGINE": "x"}}}


def test_without_async_views_it_is_right(check_rule: CheckRule) -> None:
    """Sync views may be atomic."""
    assert check_rule("BRG017", middleware=[], settings=ATOMIC) == []


def views(folder: Path, source: str) -> list[AsyncView]:
    (folder / "views.py").write_text(source, "utf-8")
    return find_async_views(folder, lambda path: parse_file(str(path)))


def test_without_the_option_async_views_are_right(check_rule: CheckRule, tmp_path: Path) -> None:
    """Off is Django's default."""
    settings = {"DATABASES": {"default": {"ATOMIC_REQUESTS": False}}}
    found = views(tmp_path, "async def home(request): pass\n")
    assert check_rule("BRG017", middleware=[], settings=settings, async_views=lambda: found) == []


def test_views_taken_out_of_transactions_are_right(check_rule: CheckRule, tmp_path: Path) -> None:
    """`non_atomic_requests` is what Django asks for."""
    found = views(tmp_path, "@transaction.non_atomic_requests\nasync def home(request): pass\n")
    assert len(found) == 1
    assert check_rule("BRG017", middleware=[], settings=ATOMIC, async_views=lambda: found) == []


def test_both_together_are_found_for_the_database_that_has_it(check_rule: CheckRule, tmp_path: Path) -> None:
    """BaseHandler.make_view_atomic raises RuntimeError."""
    found = views(tmp_path, "async def home(request): pass\n")
    (finding,) = check_rule("BRG017", middleware=[], settings=ATOMIC, async_views=lambda: found)
    assert finding.subject == "DATABASES.default.ATOMIC_REQUESTS"
    assert [related.location for related in finding.related] == [found[0].location]
    assert "has 1 async view:" in finding.message


def test_several_views_are_counted(check_rule: CheckRule, tmp_path: Path) -> None:
    """One finding for all of them."""
    found = views(tmp_path, "async def home(request): pass\nasync def away(request): pass\n")
    (finding,) = check_rule("BRG017", middleware=[], settings=ATOMIC, async_views=lambda: found)
    assert "has 2 async views:" in finding.message
