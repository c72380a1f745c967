"""BRG007: tokens of context variables across hooks."""

from __future__ import annotations

import pytest

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

SOURCE = """
from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
tenant = ContextVar("tenant")

class M(MiddlewareMixin):
    def process_request(self, request):
        request.token = tenant.set("a")
    def process_response(self, request, response):
        tenant.reset(request.token)
        return response

def last(get_response):
    return get_response
"""


def test_setting_without_a_token_is_right(check_rule: CheckRule) -> None:
    """Values travel back from thread calls; only tokens are bound to a context."""
    source = SOURCE.replace("request.token = ", "").replace("tenant.reset(request.token)", "tenant.set(None)")
    assert check_rule("BRG007", source) == []


def test_in_a_sync_stack_both_hooks_share_a_context(check_rule: CheckRule) -> None:
    """Behind a sync-only layer, and under WSGI, there is one context."""
    assert check_rule("BRG007", SOURCE, ["M", "last"]) == []
    assert check_rule("BRG007", SOURCE, server=Server.WSGI) == []


def test_a_token_carried_between_hooks_is_found(check_rule: CheckRule) -> None:
    """In async mode each hook has a copy of the context."""
    (finding,) = check_rule("BRG007", SOURCE)
    assert finding.location.line == 10
    assert "ContextVar tenant" in finding.message


HEAD = """
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from django.utils.deprecation import MiddlewareMixin
tenant = ContextVar("tenant", default=None)

def enter(value):
    return tenant.set(value)

def leave(token):
    tenant.reset(token)

@contextmanager
def in_tenant(value):
    token = tenant.set(value)
    try:
        yield
    finally:
        tenant.reset(token)

@contextmanager
def harmless():
    yield

class Base(MiddlewareMixin):
    def open(self):
        return tenant.set("a")
"""
BROKEN = {
    "by helpers": """
class M(MiddlewareMixin):
    def process_request(self, request):
        request.token = enter("a")
    def process_response(self, request, response):
        leave(request.token)
        return response
""",
    "by an inherited method": """
class M(Base):
    def process_request(self, request):
        request.token = self.open()
    def process_response(self, request, response):
        tenant.reset(request.token)
        return response
""",
    "by an exit stack": """
class M(MiddlewareMixin):
    def process_request(self, request):
        request.stack = ExitStack()
        request.stack.enter_context(in_tenant("a"))
    def process_response(self, request, response):
        request.stack.close()
        return response
""",
    "by a block entered by hand": """
class M(MiddlewareMixin):
    def process_request(self, request):
        request.block = in_tenant("a")
        request.block.__enter__()
    def process_response(self, request, response):
        request.block.__exit__(None, None, None)
        return response
""",
    "from process_view": """
class M(MiddlewareMixin):
    def process_view(self, request, view, args, kwargs):
        request.token = tenant.set("a")
    def process_response(self, request, response):
        tenant.reset(request.token)
        return response
""",
}
RIGHT = {
    "each hook for itself": """
class M(MiddlewareMixin):
    def process_request(self, request):
        token = tenant.set("a")
        tenant.reset(token)
    def process_response(self, request, response):
        token = tenant.set("b")
        tenant.reset(token)
        return response
""",
    "a block in each": """
class M(MiddlewareMixin):
    def process_request(self, request):
        with in_tenant("a"):
            request.seen = True
    def process_response(self, request, response):
        with in_tenant("a"):
            response["X"] = "1"
        return response
""",
    "a block that sets nothing": """
class M(MiddlewareMixin):
    def process_request(self, request):
        request.stack = ExitStack()
        request.stack.enter_context(harmless())
    def process_response(self, request, response):
        request.stack.close()
        return response
""",
    "something else is closed": """
class M(MiddlewareMixin):
    def process_request(self, request):
        request.stack = ExitStack()
        request.other = open("/dev/null")
    def process_response(self, request, response):
        request.other.close()
        return response
""",
}


@pytest.mark.parametrize("form", BROKEN.values(), ids=BROKEN)
def test_a_token_is_followed_through_what_hooks_call(check_rule: CheckRule, form: str) -> None:
    assert len(check_rule("BRG007", HEAD + form)) == 1


@pytest.mark.parametrize("form", RIGHT.values(), ids=RIGHT)
def test_tokens_that_stay_in_one_hook_are_right(check_rule: CheckRule, form: str) -> None:
    assert check_rule("BRG007", HEAD + form) == []


@pytest.mark.parametrize(
    ("imports", "opens", "closes"),
    [
        ("from opentelemetry import context", "context.attach(object())", "context.detach(request.token)"),
        (
            "from structlog.contextvars import bind_contextvars, reset_contextvars",
            "bind_contextvars(user=1)",
            "reset_contextvars(**request.token)",
        ),
    ],
)
def test_tokens_of_packages_are_known(check_rule: CheckRule, imports: str, opens: str, closes: str) -> None:
    source = f"""
{imports}
from django.utils.deprecation import MiddlewareMixin
class M(MiddlewareMixin):
    def process_request(self, request):
        request.token = {opens}
    def process_response(self, request, response):
        {closes}
        return response
"""
    assert len(check_rule("BRG007", source)) == 1
    assert check_rule("BRG007", source.replace("request.token = ", "")) == []


SIGNALS = """
from contextvars import ContextVar
from django.core.signals import request_finished, request_started
from django.dispatch import receiver
tenant = ContextVar("tenant")
tokens = {}
def begin(sender, **kwargs):
    tokens["t"] = tenant.set("a")
def end(sender, **kwargs):
    tenant.reset(tokens.pop("t"))
request_started.connect(begin)
request_finished.connect(end)
def M(get_response):
    return get_response
"""


def test_receivers_of_both_signals_have_a_context_each(check_rule: CheckRule) -> None:
    (finding,) = check_rule("BRG007", SIGNALS)
    assert "request_finished" in finding.message
    decorated = SIGNALS.replace("request_finished.connect(end)", "").replace(
        "def end", "@receiver(request_finished)\ndef end"
    )
    assert len(check_rule("BRG007", decorated)) == 1
    assert check_rule("BRG007", SIGNALS, server=Server.WSGI) == []
    assert check_rule("BRG007", SIGNALS.replace("request_finished.connect(end)", "")) == []
