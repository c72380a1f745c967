"""BRG006: request state in a threading.local."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.project.async_views import find_async_views
from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

SOURCE = """
import threading
from django.utils.decorators import sync_and_async_middleware
state = threading.local()

@sync_and_async_middleware
def M(get_response):
    async def middleware(request):
        remember(request)
        return await get_response(request)
    return middleware

def remember(request):
    state.user = request
"""
SYNC = """
import threading
state = threading.local()

def M(get_response):
    def middleware(request):
        state.user = request
        return get_response(request)
    return middleware

def current():
    return getattr(state, "user", None)

def current_name():
    return current().name

def unrelated():
    return 1
"""


def with_views(check_rule: CheckRule, root: Path, views: str, source: str = SYNC) -> list[str]:
    (root / "views.py").write_text(views, "utf-8")
    finder = ModuleFinder([root])
    found = find_async_views(root, finder.load_file)
    return [f.message for f in check_rule("BRG006", source, async_views=lambda: found)]


@pytest.mark.parametrize(
    "views",
    [
        "from app import current\nasync def home(request):\n    return current()\n",
        "import app\nasync def home(request):\n    return app.current_name()\n",
        "from app import state\nasync def home(request):\n    return state.user\n",
    ],
)
def test_an_async_view_that_reads_it_is_found(check_rule: CheckRule, tmp_path: Path, views: str) -> None:
    """The view runs on the event loop's thread, the middleware in another."""
    (message,) = with_views(check_rule, tmp_path, views)
    assert "which the async view home reads" in message


@pytest.mark.parametrize(
    "views",
    [
        "from app import current\ndef home(request):\n    return current()\n",
        "from app import unrelated\nasync def home(request):\n    return unrelated()\n",
        "from other import current\nasync def home(request):\n    return current()\n",
        "async def home(request):\n    current = request.current\n    return current\n",
    ],
)
def test_where_only_threads_read_it_it_is_right(check_rule: CheckRule, tmp_path: Path, views: str) -> None:
    """All sync code of one request runs in one thread (asgiref's ThreadSensitiveContext)."""
    assert with_views(check_rule, tmp_path, views) == []


def test_hooks_of_a_mixin_run_in_one_thread(check_rule: CheckRule) -> None:
    """`MiddlewareMixin.__acall__` sends both to the thread of the request."""
    source = """
        import threading
        from django.utils.deprecation import MiddlewareMixin
        state = threading.local()
        class M(MiddlewareMixin):
            def process_request(self, request):
                state.request = request
            def process_response(self, request, response):
                del state.request
                return response
    """
    assert check_rule("BRG006", source) == []


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
    assert "sets it in remember, which runs on the event loop" in finding.message
    assert finding.location.line == 14


def test_a_subclass_of_local_is_found(check_rule: CheckRule) -> None:
    """`class State(threading.local)` is the same thing."""
    source = SOURCE.replace(
        "state = threading.local()", "class State(threading.local): pass\nstate = State()"
    )
    assert len(check_rule("BRG006", source)) == 1


READS = "from app import current\nasync def home(request):\n    return current()\n"
KEPT = {
    "a block": """
import threading
state = threading.local()
class Remembered:
    def __init__(self, request):
        self.request = request
    def __enter__(self):
        state.user = self.request
    def __exit__(self, *args):
        state.user = None
def M(get_response):
    def middleware(request):
        with Remembered(request):
            return get_response(request)
    return middleware
def current():
    return getattr(state, "user", None)
""",
    "a subclass": """
import threading
class Store(threading.local):
    user = None
state = Store()
def M(get_response):
    def middleware(request):
        state.user = request
        return get_response(request)
    return middleware
def current():
    return state.user
""",
    "a dictionary by threads": """
from threading import get_ident
users = {}
def M(get_response):
    def middleware(request):
        users[get_ident()] = request
        return get_response(request)
    return middleware
def current():
    return users[get_ident()]
""",
    "a signal of its own": """
import threading
from django.dispatch import Signal, receiver
state = threading.local()
asked = Signal()
def M(get_response):
    def middleware(request):
        state.user = request
        return get_response(request)
    return middleware
@receiver(asked)
def told(sender, **kwargs):
    return getattr(state, "user", None)
def current():
    return asked.send_robust(current)
""",
    "a receiver": """
import threading
from django.core.signals import request_started
state = threading.local()
def begin(sender, **kwargs):
    state.user = kwargs
request_started.connect(begin)
def M(get_response):
    return get_response
def current():
    return state.user
""",
}


@pytest.mark.parametrize("form", KEPT.values(), ids=KEPT)
def test_every_way_to_keep_it_by_thread_is_found(check_rule: CheckRule, tmp_path: Path, form: str) -> None:
    (message,) = with_views(check_rule, tmp_path, READS, form)
    assert "which the async view home reads, by home > app.current" in message
    assert with_views(check_rule, tmp_path, READS.replace("async ", ""), form) == []


def test_the_way_may_lead_through_other_modules(check_rule: CheckRule, tmp_path: Path) -> None:
    (tmp_path / "services.py").write_text("import app\ndef who():\n    return app.current()\n", "utf-8")
    views = "from services import who\nasync def home(request):\n    return who()\n"
    (message,) = with_views(check_rule, tmp_path, views)
    assert "by home > services.who > app.current" in message


def test_a_log_filter_reads_it_where_an_async_view_logs(check_rule: CheckRule, tmp_path: Path) -> None:
    source = SYNC + (
        "\nimport logging\nclass Filter(logging.Filter):\n    def filter(self, record):\n"
        "        record.user = getattr(state, 'user', None)\n        return True\n"
    )
    (tmp_path / "views.py").write_text("async def home(request):\n    logger.info('x')\n", "utf-8")
    found = find_async_views(tmp_path, ModuleFinder([tmp_path]).load_file)
    logging = {"LOGGING": {"filters": {"path": {"()": "app.Filter"}}}}
    (finding,) = check_rule("BRG006", source, async_views=lambda: found, settings=logging)
    assert "by what it logs through Filter" in finding.message
    assert check_rule("BRG006", source, async_views=lambda: found) == []
