"""BRG002: sync-only in an ASGI stack, and what changing it would do."""

from __future__ import annotations

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

SOURCE = """
from django.utils.deprecation import MiddlewareMixin

def M(get_response):
    def middleware(request):
        return get_response(request)
    return middleware

class Mixin(MiddlewareMixin):
    def process_request(self, request): pass
    def process_response(self, request, response): return response

class Native(MiddlewareMixin):
    pass
"""


def test_sync_only_under_wsgi_is_as_it_should_be(check_rule: CheckRule) -> None:
    """Nothing crosses there."""
    assert check_rule("BRG002", SOURCE, server=Server.WSGI) == []


def test_a_hybrid_is_not_sync_only(check_rule: CheckRule) -> None:
    """Even where it runs sync because of another."""
    findings = check_rule("BRG002", SOURCE, ["Mixin", "M"])
    assert [finding.subject for finding in findings] == ["app.M"]


def test_its_position_and_whom_it_makes_sync_are_told(check_rule: CheckRule) -> None:
    """Sync is sticky outwards: count the layers before it that run sync."""
    (finding,) = check_rule("BRG002", SOURCE, ["Mixin", "Native", "M", "Mixin"])
    assert (
        "at position 3 of 4: it blocks the request's thread while the response is made and makes 2 before it run sync"
        in finding.message
    )


def test_layers_that_are_sync_of_themselves_are_not_made_so(check_rule: CheckRule) -> None:
    """Only what can do both, and stands between it and the next sync-only layer, runs sync because of it."""
    source = f"{SOURCE}\nclass Other:\n    def __init__(self, get_response): ...\n    def __call__(self, request): ...\n"
    inner, outer = (
        next(f for f in check_rule("BRG002", source, ["Native", "M", "Mixin", "Other"]) if f.subject == name)
        for name in ("app.Other", "app.M")
    )
    assert "makes 1 before it run sync" in inner.message
    assert "makes 1 before it run sync" in outer.message
    alone = check_rule("BRG002", source, ["M", "Other"])
    assert not any("before it run sync" in finding.message for finding in alone)


def test_alone_it_should_be_made_async(check_rule: CheckRule) -> None:
    """Three hops become two, and the thread is free."""
    (finding,) = check_rule("BRG002", SOURCE)
    assert "3 hops become 2" in finding.fix
    assert finding.fix.startswith("Make it sync and async")


def test_last_behind_mixins_it_should_be_left_alone(check_rule: CheckRule) -> None:
    """Making it async would make the mixins hop: the advice says so, with the numbers."""
    (finding,) = check_rule("BRG002", SOURCE, ["Mixin", "Mixin", "M"])
    assert finding.fix.startswith("Do not make it async for speed: 3 hops become 6")
    assert "It would free the thread." in finding.fix


def test_one_of_two_changes_nothing_while_the_other_stays(check_rule: CheckRule) -> None:
    """The other keeps the thread."""
    findings = check_rule("BRG002", SOURCE + "def N(get_response):\n    return get_response\n", ["M", "N"])
    assert {finding.fix for finding in findings} == {
        "Making it async changes nothing as long as others stay sync-only: 3 hops stay 3."
    }


def test_our_own_pass_through_is_no_finding(check_rule: CheckRule) -> None:
    """It is what the checker advises: following the advice must not be a finding."""
    assert check_rule("BRG002", SOURCE, ["Mixin", "bridgekit.django.middleware.SingleHopMiddleware"]) == []


def test_what_an_unreadable_neighbour_leaves_open_is_not_called_nothing(check_rule: CheckRule) -> None:
    """If the other is async, a hop is saved; if it is sync-only, none is."""
    (finding,) = check_rule("BRG002", SOURCE, ["M", "gone.Middleware"])
    assert finding.fix == (
        "Making it async: at most 1 hop fewer, as long as the stack cannot be read in full."
    )


def test_of_what_a_package_brings_a_subclass_is_advised(check_rule: CheckRule) -> None:
    """A project does not edit what is installed."""
    (finding,) = check_rule("BRG002", SOURCE, ["tests.middleware_chain.kinds.SyncOnly"])
    assert finding.fix.startswith("Make it sync and async (it is not the project's own: in a subclass")
    (finding,) = check_rule(
        "BRG001", SOURCE, ["django.contrib.redirects.middleware.RedirectFallbackMiddleware"]
    )
    assert finding.fix.startswith(
        "Replace django.contrib.redirects.middleware.RedirectFallbackMiddleware, which is not the project's own, "
        "by a subclass that is natively sync and async: 3 hops become 2"
    )
