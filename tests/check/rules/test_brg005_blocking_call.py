"""BRG005: what blocks the event loop."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.check.rules.conftest import CheckRule


def native(body: str, more: str = "") -> str:
    return f"""
import time, asyncio, requests
from time import sleep
from asgiref.sync import markcoroutinefunction, sync_to_async
from shop.models import Order
from django.contrib.auth import logout
from django.contrib.sites.shortcuts import get_current_site
from django.core.cache import cache
from django.db import connection, transaction
from django.shortcuts import get_object_or_404
from shop.forms import Form

def tell(user):
    print(user.username)

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
        "request.kinds = [k.pk async for k in Order.objects.all()]",
        "orders = Order.objects.all(); first = await orders.afirst()",
        "order = Order(pk=1); await order.asave()",
        "form = Form(); form.save()",
        "if request.user is None: pass",
        "tell(request)",
        "other = request.users",
        "cache.get('x')",
        "get_current_site(request)",
        "if 'a' in request.sessions: pass",
        "numbers = [1]; len(numbers); list(numbers)",
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
        ("for order in Order.objects.all(): pass", "iteration over a query set"),
        ("orders = Order.objects.filter(pk=1); names = [o.pk for o in orders]", "iteration over a query set"),
        ("orders = list(Order.objects.order_by('pk'))", "iteration over a query set"),
        ("if Order.objects.filter(pk=1): pass", "the truth of a query set"),
        ("orders = Order.objects.all(); found = orders.first()", ".first()"),
        ("Order(pk=1).save()", ".save()"),
        ("order = Order(pk=1); order.save()", ".save()"),
        ("Order.objects.get_for_model(Order)", ".get_for_model()"),
        ("get_object_or_404(Order, pk=1)", "get_object_or_404()"),
        ("logout(request)", "django.contrib.auth.logout()"),
        ("with transaction.atomic(): pass", "transaction.atomic()"),
        ("connection.cursor()", "django.db.connection.cursor()"),
        ("if request.user: pass", "request.user in"),
        ("if not request.user: pass", "request.user in"),
        ("known = request.user and 1", "request.user in"),
        ("text = f'{request.user}'", "request.user in"),
        ("text = '%s' % request.user", "request.user in"),
        ("text = str(request.user)", "request.user in"),
        ("same = request.user == 1", "request.user in"),
        ("tell(request.user)", "request.user.username in tell"),
        ("if 'a' in request.session: pass", "request.session"),
        ("for key in request.session: pass", "request.session"),
        ("del request.session['a']", "request.session"),
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


def test_the_database_cache_and_sites_block_where_the_settings_say_so(check_rule: CheckRule) -> None:
    caches = {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}}}
    (finding,) = check_rule("BRG005", native("cache.get('x')"), settings=caches)
    assert "cache.get() of a cache in the database" in finding.message
    memory = {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}}
    assert check_rule("BRG005", native("cache.get('x')"), settings=memory) == []
    sites = {"INSTALLED_APPS": ["django.contrib.sites"]}
    assert len(check_rule("BRG005", native("get_current_site(request)"), settings=sites)) == 1


def test_calls_are_followed_into_other_modules_and_the_way_is_shown(
    check_rule: CheckRule, tmp_path: Path
) -> None:
    (tmp_path / "notes.py").write_text("import deep\ndef note():\n    deep.pause()\n", "utf-8")
    (tmp_path / "deep.py").write_text("import time\ndef pause():\n    time.sleep(1)\n", "utf-8")
    (finding,) = check_rule("BRG005", "import notes\n" + native("notes.note()"))
    assert "by M.__call__ > notes.note > deep.pause > time.sleep" in finding.message


CALLBACK = """
from django.conf import settings
from django.utils.module_loading import import_string

def allowed(request):
    return request.user.is_staff

def other(request):
    return True

def load():
    return import_string(settings.SHOW)
"""


@pytest.mark.parametrize(
    "body", ["import_string(settings.SHOW)(request)", "load()(request)", "show = load(); show(request)"]
)
def test_a_callback_that_a_setting_names_is_followed(check_rule: CheckRule, body: str) -> None:
    source = CALLBACK + native(body)
    (finding,) = check_rule("BRG005", source, settings={"SHOW": "app.allowed"})
    assert "by M.__call__ > settings.SHOW > allowed > request.user.is_staff" in finding.message
    assert check_rule("BRG005", source, settings={"SHOW": "app.other"}) == []
    assert check_rule("BRG005", source) == []
    assert check_rule("BRG005", CALLBACK + native("show = load()"), settings={"SHOW": "app.allowed"}) == []
