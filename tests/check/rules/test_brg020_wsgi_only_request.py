"""BRG020: what only a WSGI request has."""

from __future__ import annotations

import pytest

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule


def middleware(line: str) -> str:
    return f"""
import os
from django.core.handlers.wsgi import WSGIRequest

def M(get_response):
    def middleware(request):
        {line}
        return get_response(request)
    return middleware
"""


READ = "agent = request.environ['HTTP_USER_AGENT']"


@pytest.mark.parametrize(
    "line",
    [
        "agent = request.META['HTTP_USER_AGENT']",
        "agent = os.environ.get('AGENT')",
        "agent = getattr(request, 'environ', {})",
        "agent = request.environ if hasattr(request, 'environ') else {}",
        "agent = request.environ if isinstance(request, WSGIRequest) else {}",
        "try: agent = request.environ\n        except AttributeError: agent = {}",
        "request.environ = {}",
    ],
)
def test_meta_and_guarded_reads_are_right(check_rule: CheckRule, line: str) -> None:
    """Both requests have META; who asks first knows."""
    assert check_rule("BRG020", middleware(line)) == []


def test_under_wsgi_it_is_there(check_rule: CheckRule) -> None:
    """WSGIRequest.environ."""
    assert check_rule("BRG020", middleware(READ), server=Server.WSGI) == []


def test_a_plain_read_is_found_under_asgi(check_rule: CheckRule) -> None:
    """ASGIRequest has no such attribute."""
    (finding,) = check_rule("BRG020", middleware(READ))
    assert finding.location.line == 7
