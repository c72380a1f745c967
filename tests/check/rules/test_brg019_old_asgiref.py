"""BRG019: an asgiref that can hang."""

from __future__ import annotations

from tests.check.rules.conftest import CheckRule

SOURCE = "def M(get_response):\n    return get_response\n"


def test_a_fixed_or_unknown_version_is_no_finding(check_rule: CheckRule) -> None:
    """3.9.1 has both mended; without a version there is nothing to say."""
    assert check_rule("BRG019", SOURCE, versions={"asgiref": (3, 9, 1)}) == []
    assert check_rule("BRG019", SOURCE, versions={}) == []


def test_without_a_sync_layer_nothing_waits(check_rule: CheckRule) -> None:
    """The hang needs a thread that waits for the view."""
    assert check_rule("BRG019", middleware=[], versions={"asgiref": (3, 7, 2)}) == []


def test_an_old_version_under_a_sync_layer_is_found(check_rule: CheckRule) -> None:
    """asgiref issue 348."""
    (finding,) = check_rule("BRG019", SOURCE, versions={"asgiref": (3, 7, 2)})
    assert finding.message.startswith("asgiref 3.7.2 with a sync layer")


def test_requests_that_share_a_local_are_found_without_any_sync_layer(check_rule: CheckRule) -> None:
    """asgiref issue 475: 3.8.x, ended by 3.9."""
    source = """
    from django.utils.decorators import async_only_middleware
    @async_only_middleware
    def M(get_response):
        async def middleware(request):
            return await get_response(request)
        return middleware
    """
    (finding,) = check_rule("BRG019", source, versions={"asgiref": (3, 8, 1)})
    assert "mixes up requests" in finding.message
