"""BRG013: neither sync nor async."""

from __future__ import annotations

import pytest

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule
from tests.check.rules.running.brg013 import HOOKED, RIGHT, SOURCE, WORDS


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


@pytest.mark.parametrize("form", WORDS)
@pytest.mark.parametrize("server", Server)
def test_what_django_cannot_call_is_found(check_rule: CheckRule, form: str, server: Server) -> None:
    """On both servers."""
    source, words = WORDS[form]
    (finding,) = check_rule("BRG013", source, server=server)
    assert words in finding.message


@pytest.mark.parametrize("form", RIGHT)
def test_what_django_can_call_passes(check_rule: CheckRule, form: str) -> None:
    """A method, a hook that only MiddlewareMixin asks for, a product by a decorator."""
    assert check_rule("BRG013", RIGHT[form]) == []


def test_a_hook_that_few_requests_reach_is_found_with_when_it_fails(check_rule: CheckRule) -> None:
    """Exceptions and template responses."""
    source = HOOKED + "class M(Parent):\n    process_exception = None\n    process_template_response = None\n"
    messages = [finding.message for finding in check_rule("BRG013", source)]
    assert any("every exception of a view" in message for message in messages)
    assert any("every TemplateResponse fails" in message for message in messages)
