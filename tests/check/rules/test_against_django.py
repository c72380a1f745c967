"""What the rules call broken breaks on a running Django under ASGI, and what they let pass works.

The sources are those of the rules' own tests. Each stands between a `MiddlewareMixin` that writes a header on the response (so that
an un-awaited coroutine shows) and an async view.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import sys
import textwrap
import traceback
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("django")

from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from django.utils.deprecation import MiddlewareMixin

from tests.check.rules import (
    test_brg003_coroutine_as_response as brg003,
)
from tests.check.rules import (
    test_brg004_streaming_content as brg004,
)
from tests.check.rules import (
    test_brg006_thread_local as brg006,
)
from tests.check.rules import (
    test_brg007_context_token as brg007,
)
from tests.check.rules import (
    test_brg008_mixin_init as brg008,
)
from tests.check.rules import (
    test_brg009_unmarked_async as brg009,
)
from tests.check.rules import (
    test_brg020_wsgi_only_request as brg020,
)
from tests.middleware_chain.oracle import django_with

_numbers = itertools.count()
_log = logging.getLogger(__name__)
"""What pytest shows where an answer is not the one that a test expects."""


class Touch(MiddlewareMixin):
    """Writes a header: fails on anything that is no response."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response["X-Touch"] = "1"
        return response


async def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"hello"

    return StreamingHttpResponse(chunks())


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Django logs the failures that these tests provoke, and coroutines are left un-awaited: collect them in here."""
    logger = logging.getLogger("django.request")
    before, logger.disabled = logger.disabled, True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
        gc.collect()
    logger.disabled = before


def answer(source: str, tmp_path: Path, view: Any = plain) -> tuple[bool, bytes]:
    """Whether a request through the middleware ``M`` of ``source`` is answered with 200, and its body."""
    name = f"against_django_{next(_numbers)}"
    module = ModuleType(name)
    urls = ModuleType(f"{name}_urls")
    sys.modules.update({name: module, urls.__name__: urls})
    urls.urlpatterns = [path("x", view)]  # type: ignore[attr-defined]  # a module is made of attributes
    sent: list[Mapping[str, Any]] = []

    async def request() -> None:
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": [(b"host", b"localhost")],
        }  # fmt: skip
        await ASGIHandler()(scope, inbox.get, send)

    try:
        exec(compile(textwrap.dedent(source), name, "exec"), module.__dict__)
        with django_with([f"{__name__}.Touch", f"{name}.M"]), override_settings(ROOT_URLCONF=urls.__name__):
            asyncio.run(request())
    except Exception:  # whatever escapes to the server is a failure
        # As text: a record with the exception keeps Django's frames, and the open file of the body in them, beyond this test.
        _log.error("the server would have got %s", traceback.format_exc())
        return False, b""
    finally:
        del sys.modules[name], sys.modules[urls.__name__]
    body = b"".join(message.get("body", b"") for message in sent)
    _log.warning("sent %s", sent)
    return bool(sent) and sent[0]["status"] == 200, body


@pytest.mark.parametrize("body", brg003.HARMLESS.values(), ids=brg003.HARMLESS)
def test_brg003_lets_pass_what_works(tmp_path: Path, body: str) -> None:
    """Dispatching, awaiting and handing on."""
    assert answer(brg003.mixin(body), tmp_path)[0]


@pytest.mark.parametrize("body", brg003.BROKEN.values(), ids=brg003.BROKEN)
def test_brg003_finds_what_breaks(tmp_path: Path, body: str) -> None:
    """Each example fails on its first request."""
    assert not answer(brg003.mixin(body), tmp_path)[0]


def test_brg004_finds_what_breaks(tmp_path: Path) -> None:
    """The plain loop over an asynchronous iterator; with a look at is_async the stream arrives."""
    assert answer(brg004.NAIVE, tmp_path, stream)[1] == b""
    aware = brg004.NAIVE.replace("if response.streaming:", "if response.streaming and not response.is_async:")
    assert answer(aware, tmp_path, stream) == (True, b"hello")


def test_brg006_finds_what_an_async_view_cannot_see(tmp_path: Path) -> None:
    """The view on the event loop looks into another thread's local; a context variable it sees."""
    seen: list[bool] = []
    source = brg006.SYNC + "\nLOOK.append(lambda: hasattr(state, 'user'))\n"
    look: list[Any] = []

    async def view(request: HttpRequest) -> HttpResponse:
        seen.append(look[-1]())
        return HttpResponse("hello")

    assert answer(f"import {__name__} as here\nLOOK = here.LOOK\n{source}", tmp_path, look_with(look, view))[
        0
    ]
    in_context = source.replace("threading.local()", "contextvars.ContextVar('s')").replace(
        "import threading", "import contextvars"
    )
    in_context = in_context.replace("state.user = request", "state.set(request)").replace(
        "hasattr(state, 'user')", "state.get(None) is not None"
    )
    assert answer(
        f"import {__name__} as here\nLOOK = here.LOOK\n{in_context}", tmp_path, look_with(look, view)
    )[0]
    assert seen == [False, True]


def test_brg006_finds_what_outlives_its_request(tmp_path: Path) -> None:
    """Set on the event loop, the state is still on the loop's thread when the request is over."""
    source = f"import {__name__} as here\nLOOK = here.LOOK\n{brg006.SOURCE}\nLOOK.append(lambda: hasattr(state, 'user'))\n"
    assert answer(source, tmp_path)[0]
    assert LOOK[-1]()


LOOK: list[Any] = []


def look_with(look: list[Any], view: Any) -> Any:
    """A view that first takes over what the middleware's module put into LOOK."""

    async def looking(request: HttpRequest) -> HttpResponse:
        look.append(LOOK[-1])
        response: HttpResponse = await view(request)
        return response

    return looking


def test_brg007_finds_what_breaks(tmp_path: Path) -> None:
    """reset() raises ValueError in another context; without the token all is well."""
    assert not answer(brg007.SOURCE, tmp_path)[0]
    right = brg007.SOURCE.replace("request.token = ", "").replace(
        "tenant.reset(request.token)", "tenant.set(None)"
    )
    assert answer(right, tmp_path)[0]


@pytest.mark.parametrize("form", brg007.BROKEN.values(), ids=brg007.BROKEN)
def test_brg007_finds_what_breaks_through_calls(form: str, tmp_path: Path) -> None:
    assert not answer(brg007.HEAD + form, tmp_path)[0]


@pytest.mark.parametrize("form", brg007.RIGHT.values(), ids=brg007.RIGHT)
def test_brg007_lets_what_works_pass(form: str, tmp_path: Path) -> None:
    assert answer(brg007.HEAD + form, tmp_path)[0]


def test_brg008_finds_what_breaks(tmp_path: Path) -> None:
    """Without the mixin's __init__ there is no async_mode."""
    assert not answer(brg008.mixin("self.get_response = get_response"), tmp_path)[0]
    assert answer(brg008.mixin("super().__init__(get_response)"), tmp_path)[0]


def test_brg009_finds_what_breaks(tmp_path: Path) -> None:
    """An unmarked instance inside a mixin; the old mark fails from Python 3.12 on."""
    assert not answer(brg009.native("pass"), tmp_path)[0]
    assert answer(brg009.native("markcoroutinefunction(self)"), tmp_path)[0]
    old = brg009.native("self._is_coroutine = asyncio.coroutines._is_coroutine")
    assert answer(old, tmp_path)[0] is (sys.version_info < (3, 12))


@pytest.mark.parametrize("form", brg009.FACTORIES.values(), ids=brg009.FACTORIES)
def test_brg009_finds_factories_that_break(form: str, tmp_path: Path) -> None:
    assert not answer(brg009.FACTORY_HEAD + form, tmp_path)[0]


@pytest.mark.parametrize("form", brg009.RIGHT_FACTORIES.values(), ids=brg009.RIGHT_FACTORIES)
def test_brg009_lets_factories_that_work_pass(form: str, tmp_path: Path) -> None:
    assert answer(brg009.FACTORY_HEAD + form, tmp_path)[0]


def test_brg020_finds_what_breaks(tmp_path: Path) -> None:
    """AttributeError on the first request; META is there."""
    assert not answer(brg020.middleware("agent = request.environ"), tmp_path)[0]
    assert answer(brg020.middleware("agent = request.META"), tmp_path)[0]
