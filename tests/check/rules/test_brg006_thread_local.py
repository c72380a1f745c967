"""BRG006: request state in a threading.local."""

from __future__ import annotations

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

SOURCE = """
import threading
state = threading.local()

def M(get_response):
    def middleware(request):
        remember(request)
        return get_response(request)
    return middleware

def remember(request):
    state.user = request
"""


def test_a_context_variable_is_right(check_rule: CheckRule) -> None:
    """It follows the request."""
    source = SOURCE.replace("import threading", "import contextvars").replace(
        "threading.local()", "contextvars.ContextVar('s')"
    )
    assert check_rule("BRG006", source.replace("state.user = request", "state.set(request)")) == []


def test_reading_alone_is_no_finding(check_rule: CheckRule) -> None:
    """Who only reads may be read for threads."""
    assert check_rule("BRG006", SOURCE.replace("state.user = request", "return state.user")) == []


def test_a_local_of_asgiref_is_right(check_rule: CheckRule) -> None:
    """asgiref.local.Local follows the request too."""
    assert (
        check_rule(
            "BRG006",
            SOURCE.replace("import threading", "from asgiref.local import Local").replace(
                "threading.local", "Local"
            ),
        )
        == []
    )


def test_under_wsgi_a_thread_is_a_request(check_rule: CheckRule) -> None:
    """There it holds."""
    assert check_rule("BRG006", SOURCE, server=Server.WSGI) == []


def test_writing_request_state_is_found(check_rule: CheckRule) -> None:
    """Also through a helper of the module."""
    (finding,) = check_rule("BRG006", SOURCE)
    assert "keeps request state in state, a threading.local" in finding.message
    assert finding.location.line == 11


def test_a_subclass_of_local_is_found(check_rule: CheckRule) -> None:
    """`class State(threading.local)` is the same thing."""
    source = SOURCE.replace(
        "state = threading.local()", "class State(threading.local): pass\nstate = State()"
    )
    assert len(check_rule("BRG006", source)) == 1
