"""BRG005: what blocks the event loop."""

from __future__ import annotations

import textwrap

import pytest

from tests.check.rules.conftest import CheckRule


def native(body: str, more: str = "") -> str:
    return f"""
import time, asyncio, requests
from time import sleep
from asgiref.sync import markcoroutinefunction, sync_to_async
from shop.models import Order

class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        {body}
        return await self.get_response(request)
{textwrap.indent(textwrap.dedent(more), "    ")}
"""


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.sleep(1)",
        "await sync_to_async(time.sleep)(1)",
        "await Order.objects.aexists()",
        "orders = Order.objects.filter(pk=1)",
        "user = await request.auser(); staff = user.is_staff",
        "if hasattr(request, 'user'): pass",
        "theme = await request.session.aget('theme')",
        "await sync_to_async(lambda: request.user.is_staff)()",
        "await sync_to_async(self.slow)()",
        "settings = {}; settings.get('a')",
    ],
)
def test_what_does_not_block_is_no_finding(check_rule: CheckRule, body: str) -> None:
    """Awaited twins, lazy query sets and work handed to a thread are right."""
    assert check_rule("BRG005", native(body, "def slow(self): time.sleep(1)")) == []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("time.sleep(1)", "time.sleep()"),
        ("sleep(1)", "time.sleep()"),
        ("requests.get('http://x')", "requests.get()"),
        ("Order.objects.filter(pk=1).count()", ".count()"),
        ("order = Order.objects.get(pk=1)", ".get()"),
        ("staff = request.user.is_staff", "request.user.is_staff"),
        ("user = request.user; staff = user.is_staff", "request.user.is_staff"),
        ("theme = request.session['theme']", "request.session"),
        ("self.slow()", "time.sleep()"),
    ],
)
def test_what_blocks_is_found(check_rule: CheckRule, body: str, what: str) -> None:
    """Directly in the coroutine, or in a sync function that it calls."""
    (finding,) = check_rule("BRG005", native(body, "def slow(self): time.sleep(1)"))
    assert what in finding.message


def test_a_session_that_is_not_in_the_database_may_be_read(check_rule: CheckRule) -> None:
    """Signed cookies are in memory."""
    engine = {"SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies"}
    assert check_rule("BRG005", native("theme = request.session['theme']"), settings=engine) == []


def test_hooks_of_a_mixin_may_block(check_rule: CheckRule) -> None:
    """MiddlewareMixin runs them in a thread."""
    source = """
    import time
    from django.utils.deprecation import MiddlewareMixin
    class M(MiddlewareMixin):
        def process_request(self, request):
            time.sleep(1)
    """
    assert check_rule("BRG005", source) == []


PARENT = """
from django.utils.deprecation import MiddlewareMixin
class Parent(MiddlewareMixin):
    async def __acall__(self, request):
        request.seen = await request.auser()
        return await self.get_response(request)
"""
CHILD = (
    PARENT
    + """
class M(Parent):
    def __call__(self, request):
        self.process_request(request)
        return self.get_response(request)
    def process_request(self, request):
        user = request.user
        request.staff = user.is_staff
"""
)


def test_a_call_that_hides_the_parents_async_path_runs_on_the_loop(check_rule: CheckRule) -> None:
    """The child's __call__ calls its hook itself: in async mode nobody sends that to a thread."""
    (finding,) = check_rule("BRG005", CHILD)
    assert "request.user.is_staff in process_request, which runs on the event loop" in finding.message


def test_a_call_that_dispatches_does_not(check_rule: CheckRule) -> None:
    """It looks at async_mode first; nor does one that is sync-only."""
    dispatching = CHILD.replace(
        "        self.process_request",
        "        if self.async_mode: return self.__acall__(request)\n        self.process_request",
    )
    assert check_rule("BRG005", dispatching) == []
    assert (
        check_rule("BRG005", CHILD.replace("class M(Parent):", "class M(Parent):\n    async_capable = False"))
        == []
    )
