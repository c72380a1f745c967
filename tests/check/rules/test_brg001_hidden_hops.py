"""BRG001: hops that async_capable hides."""

from __future__ import annotations

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

MIXIN = """
from django.utils.deprecation import MiddlewareMixin

class M(MiddlewareMixin):
    def process_request(self, request): pass
    def process_response(self, request, response): return response

def sync_only(get_response):
    def middleware(request):
        return get_response(request)
    return middleware
"""


def test_a_native_middleware_has_no_hidden_hops(check_rule: CheckRule) -> None:
    """Awaiting get_response costs nothing."""
    native = """
    from asgiref.sync import markcoroutinefunction
    class M:
        async_capable = True
        def __init__(self, get_response):
            self.get_response = get_response
            markcoroutinefunction(self)
        async def __call__(self, request):
            return await self.get_response(request)
    """
    assert check_rule("BRG001", native) == []


def test_a_mixin_behind_a_sync_layer_does_not_hop(check_rule: CheckRule) -> None:
    """In sync mode the hooks are plain calls."""
    assert check_rule("BRG001", MIXIN, ["M", "sync_only"]) == []


def test_a_mixin_under_wsgi_does_not_hop(check_rule: CheckRule) -> None:
    """Neither does it on a WSGI server."""
    assert check_rule("BRG001", MIXIN, server=Server.WSGI) == []


def test_a_mixin_in_async_mode_hops_once_for_each_hook(check_rule: CheckRule) -> None:
    """MiddlewareMixin.__acall__ calls both through sync_to_async; the fix is computed for the stack."""
    (finding,) = check_rule("BRG001", MIXIN)
    assert (
        "2 hops a request: MiddlewareMixin runs process_request and process_response in a thread"
        in finding.message
    )
    assert finding.location.line == 4
    assert finding.fix.startswith("Make app.M natively sync and async: 4 hops become 2")


def test_several_mixins_are_cheaper_behind_a_pass_through(check_rule: CheckRule) -> None:
    """The fix names the change of one line that saves most, and its price."""
    findings = check_rule("BRG001", MIXIN + "class N(M): pass\n", ["M", "N", "M"])
    assert {finding.fix for finding in findings} == {
        "Place bridgekit.django.middleware.SingleHopMiddleware (a sync-only pass-through) last in MIDDLEWARE: 8 hops become 3 for the whole stack, "
        "but the thread that each request has anyway is then blocked while its view waits, and a task that outlives its view cannot use the ORM."
    }


def test_hops_written_out_count_as_well(check_rule: CheckRule) -> None:
    """sync_to_async in its own __acall__ is a hop whoever writes it."""
    own = """
    from asgiref.sync import markcoroutinefunction, sync_to_async
    class M:
        async_capable = True
        def __init__(self, get_response):
            self.get_response = get_response
            markcoroutinefunction(self)
        async def __call__(self, request):
            await sync_to_async(self.note)(request)
            return await self.get_response(request)
        def note(self, request): pass
    """
    (finding,) = check_rule("BRG001", own)
    assert "costs 1 hop a request: its own code calls sync_to_async" in finding.message


DJANGOS = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


def test_what_packages_bring_is_one_finding(check_rule: CheckRule) -> None:
    """Nobody edits Django: the one thing to do is said once."""
    (finding,) = check_rule("BRG001", "", DJANGOS)
    assert "3 middleware of packages say async_capable but cost 5 hops a request together" in finding.message
    assert "SecurityMiddleware, CommonMiddleware, XFrameOptionsMiddleware" in finding.message
    assert finding.fix.startswith("Place bridgekit.django.middleware.SingleHopMiddleware")


def test_what_packages_bring_and_no_line_saves_is_no_finding(check_rule: CheckRule) -> None:
    assert check_rule("BRG001", "", [*DJANGOS, "bridgekit.django.middleware.SingleHopMiddleware"]) == []
