"""BRG003: the coroutine taken for the response."""

from __future__ import annotations

import asyncio
import textwrap
from pathlib import Path
from typing import Any

import pytest

from bridgekit.check.findings.finding import Severity
from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule
from tests.middleware_chain import oracle

pytest.importorskip("django")
from django.http import HttpRequest, HttpResponse


def mixin(body: str) -> str:
    return f"""
from django.utils.deprecation import MiddlewareMixin
from asgiref.sync import iscoroutinefunction, sync_to_async
import asyncio
from django.utils.cache import patch_vary_headers

import contextlib
import time
from django.http import HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware

def stamp(response):
    response["X"] = "1"
    return response

class Wrapped:
    def __init__(self, response):
        self.response = response

class Parent(MiddlewareMixin):
    def process_response(self, request, response): return response

class M(Parent):
{textwrap.indent(textwrap.dedent(body), "    ")}
"""


HARMLESS = {
    "the mixin's own call": "def process_request(self, request): pass",
    "returns what it got": """
        def __call__(self, request):
            request.seen = True
            return self.get_response(request)
    """,
    "returns it by name": """
        def __call__(self, request):
            response = self.get_response(request)
            return response
    """,
    "dispatches on async_mode": """
        def __call__(self, request):
            if self.async_mode:
                return self.__acall__(request)
            response = self.get_response(request)
            response["X"] = "1"
            return response
    """,
    "looks at the result": """
        def __call__(self, request):
            response = self.get_response(request)
            if asyncio.iscoroutine(response):
                return self.later(response)
            response["X"] = "1"
            return response
        async def later(self, response):
            response = await response
            response["X"] = "1"
            return response
    """,
    "a helper looks at the result": """
        def __call__(self, request):
            response = self.get_response(request)
            return self.finish(response)
        def finish(self, response):
            return response if hasattr(response, "__await__") else self.stamp(response)
        def stamp(self, response):
            response["X"] = "1"
            return response
    """,
    "passes it through a hook that returns it": """
        def __call__(self, request):
            response = self.process_request(request) or self.get_response(request)
            return self.process_response(request, response)
        def process_request(self, request): pass
    """,
    "passes it to a hook that is not there": """
        def __call__(self, request):
            response = self.get_response(request)
            if hasattr(self, "finish"):
                response = self.finish(request, response)
            return response
    """,
    "awaits later": """
        async def __call__(self, request):
            response = self.get_response(request)
            response = await response
            response["X"] = "1"
            return response
    """,
    "hands it inline to a helper that returns it": """
        def __call__(self, request):
            return self.finish(self.get_response(request))
        def finish(self, response):
            return response
    """,
    "awaits inside a block": """
        async def __call__(self, request):
            with contextlib.suppress(LookupError):
                return await self.get_response(request)
            try:
                return await self.get_response(request)
            finally:
                request.done = True
    """,
    "a block that does nothing": """
        def __call__(self, request):
            with contextlib.nullcontext():
                return self.get_response(request)
    """,
    "a block before the call": """
        def __call__(self, request):
            with contextlib.suppress(LookupError):
                request.seen = time.time()
            return self.get_response(request)
    """,
    "measures with an awaited call": """
        async def __call__(self, request):
            started = time.perf_counter()
            response = await self.get_response(request)
            request.took = time.perf_counter() - started
            return response
    """,
    "says it is sync-only": """
        async_capable = False
        def __call__(self, request):
            response = self.get_response(request)
            response["X"] = "1"
            return response
    """,
}

BROKEN = {
    "sets a header": """
        def __call__(self, request):
            response = self.get_response(request)
            response["X"] = "1"
            return response
    """,
    "reads the status after super": """
        def __call__(self, request):
            response = super().__call__(request)
            request.status = response.status_code
            return response
    """,
    "passes it to a hook that uses it": """
        def __call__(self, request):
            response = self.process_request(request) or self.get_response(request)
            return self.process_response(request, response)
        def process_request(self, request): pass
        def process_response(self, request, response):
            response["X"] = "1"
            return response
    """,
    "passes it to a helper of Django": """
        def __call__(self, request):
            response = self.get_response(request)
            patch_vary_headers(response, ["Cookie"])
            return response
    """,
    "hands it inline to a helper": """
        def __call__(self, request):
            return stamp(self.get_response(request))  # response
    """,
    "hands it inline to a hook": """
        def __call__(self, request):
            return self.process_response(request, self.get_response(request))
        def process_response(self, request, response):
            response["X"] = "1"
            return response
    """,
    "hands it to a hook of Django's": """
        def process_response(self, request, response):
            return XFrameOptionsMiddleware.process_response(self, request, response)
        get_xframe_options_value = XFrameOptionsMiddleware.get_xframe_options_value
        def __call__(self, request):
            response = self.get_response(request)
            response.headers.setdefault("X", "1")
            return self.process_response(request, response)
    """,
    "reads it inline": """
        def __call__(self, request):
            request.status = self.get_response(request).status_code  # response
            return HttpResponse("x")
    """,
    "wraps it in an object": """
        def __call__(self, request):
            response = self.get_response(request)
            return Wrapped(response)
    """,
    "forgets await": """
        async def __acall__(self, request):
            response = self.get_response(request)
            response["X"] = "1"
            return response
    """,
}


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS)
def test_what_works_in_async_mode_is_no_finding(check_rule: CheckRule, body: str) -> None:
    """Dispatching, awaiting or handing on the coroutine is right."""
    assert check_rule("BRG003", mixin(body)) == []


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_using_the_coroutine_is_found_where_it_is_used(check_rule: CheckRule, body: str) -> None:
    """The finding stands on the first use."""
    (finding,) = check_rule("BRG003", mixin(body))
    source = mixin(body).splitlines()
    assert "response" in source[finding.location.line - 1]
    assert finding.severity is Severity.ERROR


def test_it_warns_where_another_layer_keeps_it_sync(check_rule: CheckRule) -> None:
    """Behind a sync-only middleware it gets a response and works, until that one is made async."""
    source = mixin(BROKEN["sets a header"]) + "\ndef last(get_response):\n    return get_response\n"
    (finding,) = check_rule("BRG003", source, ["M", "last"])
    assert "(app.last keeps it in sync mode today, where it works)" in finding.message
    assert check_rule("BRG003", source, ["M"], server=Server.WSGI) == []


def test_a_decorated_factory_with_one_sync_function_is_found(check_rule: CheckRule) -> None:
    """The decorator promises both modes; the function keeps one."""
    source = """
    from django.utils.decorators import sync_and_async_middleware

    @sync_and_async_middleware
    def M(get_response):
        def middleware(request):
            response = get_response(request)
            response["X"] = "1"
            return response
        return middleware
    """
    (finding,) = check_rule("BRG003", source)
    assert finding.location.line == 8


def test_a_decorated_factory_with_both_functions_is_right(check_rule: CheckRule) -> None:
    """Django's documented form."""
    source = """
    from asgiref.sync import iscoroutinefunction
    from django.utils.decorators import sync_and_async_middleware

    @sync_and_async_middleware
    def M(get_response):
        if iscoroutinefunction(get_response):
            async def middleware(request):
                response = await get_response(request)
                response["X"] = "1"
                return response
        else:
            def middleware(request):
                response = get_response(request)
                response["X"] = "1"
                return response
        return middleware
    """
    assert check_rule("BRG003", source) == []


LEFT_EARLY = {
    "a block": """
        def __call__(self, request):
            with self.marked():
                return self.get_response(request)
    """,
    "a block around a name": """
        def __call__(self, request):
            with self.marked():
                response = self.get_response(request)
            return response
    """,
    "finally": """
        def __call__(self, request):
            try:
                return self.get_response(request)
            finally:
                events.append("left")
    """,
    "a clock": """
        def __call__(self, request):
            started = time.perf_counter()
            response = self.get_response(request)
            events.append("left" if time.perf_counter() - started < 9 else "")
            return response
    """,
}
EVENTS = """
events = []

class Marked:
    @contextlib.contextmanager
    def marked(self):
        yield
        events.append("left")
"""


@pytest.mark.parametrize("body", LEFT_EARLY.values(), ids=LEFT_EARLY)
def test_what_ends_before_the_response_is_made_is_found(check_rule: CheckRule, body: str) -> None:
    """And so it is when Django runs it: the block is left before the view begins."""
    source = mixin(body).replace("class M(Parent)", f"{EVENTS}\nclass M(Marked, Parent)")
    (finding,) = check_rule("BRG003", source)
    assert "without awaiting it" in finding.message
    module: dict[str, Any] = {}
    exec(compile(source, "app.py", "exec"), module)

    async def view(request: object) -> object:
        module["events"].append("view")
        return HttpResponse("x")

    assert vars(oracle)["settings"].configured
    asyncio.run(module["M"](view)(HttpRequest()))
    assert module["events"] == ["left", "view"]


def test_helpers_of_other_modules_are_looked_into(check_rule: CheckRule, tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text(
        "def stamped(response):\n    response['X'] = '1'\n    return response\ndef same(response):\n    return response\n",
        "utf-8",
    )
    source = mixin("""
        def __call__(self, request):
            return stamped(self.get_response(request))
    """)
    assert len(check_rule("BRG003", "from helpers import stamped\n" + source)) == 1
    assert (
        check_rule(
            "BRG003", "from helpers import same as stamped\n" + source.replace("def stamp(", "def other(")
        )
        == []
    )
