"""Django's layers on the loop: where they need no thread, and everything that makes them need one, beside Django's handler."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from asgiref.sync import markcoroutinefunction
from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.middleware.security import SecurityMiddleware
from django.test import override_settings
from django.urls import get_urlconf, path, reverse
from django.views.decorators.csrf import csrf_exempt

from bridgekit.django.handlers.asgi import PooledASGIHandler
from bridgekit.django.handlers.nonblocking import is_nonblocking
from bridgekit.middleware_chain.facts import Claim
from bridgekit.middleware_chain.handler_plan import plan_handler
from bridgekit.middleware_chain.nonblocking import NONBLOCKING
from bridgekit.middleware_chain.requests import Mode, RequestKind
from bridgekit.testing import count_hops
from tests.django.handlers.driver import HANDLERS, Answer, ask, project, until
from tests.middleware_chain.kinds import KINDS, STARTPROJECT, facts_of

SEVEN = list(STARTPROJECT)


async def reads(request: HttpRequest) -> HttpResponse:
    match = request.resolver_match
    assert match is not None
    return HttpResponse(match.url_name)


async def puts(request: HttpRequest) -> HttpResponse:
    request.session["seen"] = "yes"
    return HttpResponse("put")


async def replaces(request: HttpRequest) -> HttpResponse:
    request.session = Noting()
    return HttpResponse("replaced")


async def tells(request: HttpRequest) -> HttpResponse:
    messages.info(request, "told")
    return HttpResponse("told")


async def lists(request: HttpRequest) -> HttpResponse:
    return HttpResponse(", ".join(map(str, messages.get_messages(request))))


async def protects(request: HttpRequest) -> HttpResponse:
    get_token(request)
    return HttpResponse("protected")


waiting: list[HttpRequest] = []


async def waits(request: HttpRequest) -> HttpResponse:
    waiting.append(request)
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def fails(request: HttpRequest) -> HttpResponse:
    raise ValueError("the view's")


async def sends(request: HttpRequest) -> HttpResponse:
    return HttpResponse("gone", status=410)


class Lazy(HttpResponse):
    """A response of a project's own, whose content is made when it is asked for."""

    made_in: list[threading.Thread] = []

    @property
    def content(self) -> bytes:
        self.made_in.append(threading.current_thread())
        return b"late"

    @content.setter
    def content(self, value: object) -> None:
        pass


async def lazy(request: HttpRequest) -> HttpResponse:
    return Lazy()


def sync(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.resolver_match and request.resolver_match.url_name))


urlpatterns = [
    path("reads/", reads, name="reads"),
    path("posted/", csrf_exempt(reads), name="posted"),
    path("puts/", puts),
    path("replaces/", replaces),
    path("tells/", tells),
    path("lists/", lists),
    path("protects/", protects),
    path("fails/", fails),
    path("sends/", sends),
    path("sync/", sync, name="sync"),
    path("lazy/", lazy),
    path("waits/", waits),
]


class Noting(SessionStore):
    """A session of a project's own, which says where it was asked."""

    asked_in: list[threading.Thread] = []

    def is_empty(self) -> bool:
        self.asked_in.append(threading.current_thread())
        return True


class OwnSessions(SessionMiddleware):
    """A subclass, which may do what it likes."""


class Tenant:
    """A native layer that gives a request a URLconf of its own, and uses it on the way out."""

    sync_capable, async_capable = False, True

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponse]]) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        request.urlconf = tenants_urls.__name__
        response = await self.get_response(request)
        response["Location"] = reverse("mine")
        return response


async def tenants_async(request: HttpRequest) -> HttpResponse:
    messages.info(request, reverse("mine"))
    return HttpResponse(reverse("mine"))


async def nothing(request: HttpRequest) -> Any:
    pass


def tenants_500(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"the tenant's {get_urlconf()}", status=500)


def tenants_sync(request: HttpRequest) -> HttpResponse:
    return HttpResponse(reverse("mine"))


tenants_urls: Any = ModuleType("tests.django.handlers.tenants_urls")
tenants_urls.handler500 = tenants_500
tenants_urls.urlpatterns = [
    path("mine/", tenants_async, name="mine"),
    path("sync/", tenants_sync),
    path("nothing/", nothing),
]
sys.modules[tenants_urls.__name__] = tenants_urls


def makes_security(get_response: Any) -> Any:
    """A factory: who reads the list does not know what it makes."""
    return SecurityMiddleware(get_response)


class Asking(list[str]):
    """A project's own kind of list, which may ask a database."""

    asked_in: list[threading.Thread] = []

    def __iter__(self) -> Iterator[str]:
        self.asked_in.append(threading.current_thread())
        return super().__iter__()


class Outer:
    """A native layer that looks at what the request knows of its view."""

    sync_capable, async_capable = False, True
    matches: list[object] = []

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponse]]) -> None:
        self.get_response = get_response

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        response = await self.get_response(request)
        self.matches.append(request.resolver_match)
        return response


def beside(url: str, stack: list[str], **options: Any) -> tuple[Answer, Answer, int]:
    """What Django answers, what we answer, and our hops."""
    overridden = options.pop("settings", {})

    async def main() -> tuple[Answer, Answer, int]:
        stock, pooled = (make() for make in HANDLERS.values())
        expected = await ask(stock, url, **options)
        with count_hops() as hops:
            found = await ask(pooled, url, **options)
        return expected, found, hops.hops

    with project(__name__, stack), override_settings(**overridden):
        return asyncio.run(main())


def without_secrets(answer: Answer) -> object:
    """Tokens, signatures and the second in which a cookie ends are new in each answer; names, ages and paths are to be the same."""
    headers = sorted(
        (name, re.sub(rb"^([^=]*)=[^;]*|expires=[^;]*", rb"\1", value) if name == b"Set-Cookie" else value)
        for name, value in answer.headers
    )
    return answer.status, headers, answer.body


@pytest.mark.parametrize(
    ("url", "hops"),
    [
        ("/reads/", 0),
        ("/protects/", 0),  # a cookie is no session
        ("/puts/", 1),
        ("/replaces/", 1),
        ("/tells/", 1),
        ("/lists/", 1),
        ("/sends/", 1),  # the line in the log
        ("/fails/", 2),  # process_exception is asked, and the answer made
        ("/nowhere/", 1),
        ("/sync/", 1),
        ("/reads", 1),  # the answer to an unknown path, which is a redirect in the end
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_request_is_answered_as_django_answers_it(url: str, hops: int, method: str) -> None:
    expected, found, counted = beside(url, SEVEN, method=method)
    assert without_secrets(found) == without_secrets(expected)
    assert counted == hops


def test_other_methods_go_to_a_thread() -> None:
    """``CsrfViewMiddleware`` reads their bodies."""
    expected, found, counted = beside("/posted/", SEVEN, method="POST")
    assert without_secrets(found) == without_secrets(expected)
    assert (found.status, counted) == (200, 2)
    refused, found, counted = beside("/reads/", SEVEN, method="POST")
    assert (refused.status, found.status, counted) == (403, 403, 1)


@pytest.mark.parametrize(
    "settings",
    [
        {"SECURE_SSL_REDIRECT": True},
        {"PREPEND_WWW": True},
        {"ALLOWED_HOSTS": ["elsewhere"]},
        {"X_FRAME_OPTIONS": 5},
    ],
    ids=lambda settings: next(iter(settings)),
)
@pytest.mark.parametrize(
    "stack", [SEVEN, [*SEVEN, KINDS["AsyncOnly"]], [KINDS["AsyncOnly"], *SEVEN]], ids=len
)
@pytest.mark.parametrize("url", ["/reads/", "/sync/"])
def test_a_half_that_answers_or_raises_does_so_as_under_django(
    settings: dict[str, Any], stack: list[str], url: str
) -> None:
    expected, found, _ = beside(url, stack, settings=settings)
    assert without_secrets(found) == without_secrets(expected)
    assert expected.status != 200


def test_no_view_is_known_where_a_layer_has_answered() -> None:
    Outer.matches.clear()
    expected, found, counted = beside(
        "/reads/", [f"{__name__}.Outer", *SEVEN], settings={"SECURE_SSL_REDIRECT": True}
    )
    assert (expected.status, found.status, Outer.matches, counted) == (301, 301, [None, None], 0)


@pytest.mark.parametrize(
    "settings",
    [
        {"SESSION_SAVE_EVERY_REQUEST": True},
        {"CSRF_USE_SESSIONS": True},
        {"SESSION_ENGINE": "django.contrib.sessions.backends.cache"},
        {"MESSAGE_STORAGE": f"{__name__}.storage"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_settings_that_make_a_layer_wait(settings: dict[str, Any]) -> None:
    """From the start, and where a test overrides them for a handler that has served already."""
    expected, found, counted = beside("/reads/", SEVEN, settings=settings)
    assert without_secrets(found) == without_secrets(expected)
    assert counted >= 2

    async def main() -> list[int]:
        app, counts = PooledASGIHandler(), []
        for change in ({}, settings, {}):
            with override_settings(**change), count_hops() as hops:
                await ask(app, "/reads/")
            counts.append(hops.hops)
        return counts

    if "SESSION_ENGINE" not in settings:  # that one a layer reads when it is made
        with project(__name__, SEVEN):
            assert asyncio.run(main()) == [0, 2, 0]


def storage(request: HttpRequest) -> Any:
    from django.contrib.messages.storage.cookie import CookieStorage

    return CookieStorage(request)


@pytest.mark.parametrize(
    "layer", ["SecurityMiddleware", "SessionMiddleware", "CsrfViewMiddleware", "MessageMiddleware"]
)
def test_code_in_the_place_of_django_s_runs_in_a_thread(layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As instrumentations have it, which may wait for what they like."""
    from django.utils.module_loading import import_string

    kind = import_string(next(name for name in SEVEN if name.endswith(f".{layer}")))
    seen: list[bool] = []
    original = kind.process_response

    def watched(self: Any, request: Any, response: Any) -> Any:
        seen.append(threading.current_thread() is threading.main_thread())
        return original(self, request, response)

    if layer == "SecurityMiddleware":
        monkeypatch.setattr(kind, "process_response", watched)
        stack = SEVEN
    else:
        own = type(layer, (kind,), {"process_response": watched, "__module__": __name__})
        monkeypatch.setitem(globals(), layer, own)
        stack = [f"{__name__}.{layer}" if name.endswith(f".{layer}") else name for name in SEVEN]
    _, found, counted = beside("/reads/", stack)
    assert found.status == 200
    assert counted == 2
    assert seen == [False, False]


@pytest.mark.parametrize("position", [0, 2, 7])
@pytest.mark.parametrize("url", ["/mine/", "/sync/", "/nothing/", "/nowhere/"])
def test_the_urlconf_of_a_layer_inside_is_that_of_the_rest(position: int, url: str) -> None:
    """What begins later in the thread does not put the root's in its place."""
    stack = [*SEVEN[:position], f"{__name__}.Tenant", *SEVEN[position:]]
    expected, found, _ = beside(url, stack)
    assert without_secrets(found) == without_secrets(expected)
    assert b"Location" in dict(found.headers)


@pytest.mark.parametrize("agent", [b"crawler", b"browser"])
def test_a_refusal_is_made_before_the_url_is_looked_up(agent: bytes) -> None:
    settings = {"DISALLOWED_USER_AGENTS": [re.compile("crawl")]}
    stack = [f"{__name__}.Outer", *SEVEN]
    Outer.matches.clear()
    expected, found, _ = beside("/reads/", stack, settings=settings, headers=[(b"user-agent", agent)])
    assert without_secrets(found) == without_secrets(expected)
    assert [match is None for match in Outer.matches] == [agent == b"crawler"] * 2


def test_a_client_that_leaves_leaves_no_urlconf_behind() -> None:
    left: list[object] = []

    async def main() -> None:
        app, gone = PooledASGIHandler(), asyncio.Event()

        async def outside() -> None:
            await ask(app, "/waits/", gone=gone)
            left.append(get_urlconf())

        task = asyncio.create_task(outside())
        await until(lambda: waiting)
        gone.set()
        await task

    waiting.clear()
    with project(__name__, SEVEN):
        asyncio.run(main())
    assert left == [None]


def test_a_response_of_a_project_s_own_is_asked_in_a_thread() -> None:
    expected, found, counted = beside("/lazy/", SEVEN)
    assert (without_secrets(found), counted) == (without_secrets(expected), 1)
    Lazy.made_in.clear()
    with project(__name__, SEVEN):
        asyncio.run(ask(PooledASGIHandler(), "/lazy/"))
    assert (
        Lazy.made_in[0] is not threading.main_thread()
    )  # the last asks on the loop, as under Django: it sends


def test_settings_that_are_objects_of_a_project_s_are_asked_in_a_thread() -> None:
    Asking.asked_in.clear()
    expected, found, counted = beside("/reads/", SEVEN, settings={"ALLOWED_HOSTS": Asking(["testserver"])})
    assert (expected.status, found.status, counted) == (200, 200, 2)
    assert Asking.asked_in
    assert threading.main_thread() not in Asking.asked_in


def test_a_setting_that_is_changed_without_a_word_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[int]:
        app, counts = PooledASGIHandler(), []
        for name in ("SESSION_SAVE_EVERY_REQUEST", "CSRF_USE_SESSIONS"):
            with monkeypatch.context() as changed, count_hops() as hops:
                changed.setattr(settings, name, True)
                await ask(app, "/reads/")
            counts.append(hops.hops)
        return counts

    with project(__name__, SEVEN):
        assert asyncio.run(main()) == [1, 2]


def test_what_a_factory_makes_runs_in_a_thread() -> None:
    """As the checker has it, which does not know what a factory makes."""
    stack = [f"{__name__}.makes_security", *SEVEN[1:]]
    expected, found, counted = beside("/reads/", stack)
    assert (without_secrets(found), counted) == (without_secrets(expected), 2)


@contextmanager
def connected(signal: Any, receiver: Callable[..., None]) -> Iterator[None]:
    signal.connect(receiver)
    try:
        yield
    finally:
        signal.disconnect(receiver)


@pytest.mark.parametrize("signal", [request_started, request_finished], ids=["started", "finished"])
def test_who_listens_is_called_in_the_request_s_thread(signal: Any) -> None:
    seen: list[threading.Thread] = []

    def receiver(**kwargs: Any) -> None:
        seen.append(threading.current_thread())

    with connected(signal, receiver), project(__name__, SEVEN):
        asyncio.run(ask(PooledASGIHandler(), "/reads/"))
    assert len(seen) == 1
    assert seen[0] is not threading.main_thread()


@pytest.mark.parametrize(
    "stack", [[], SEVEN, [KINDS["AsyncOnly"], *SEVEN], [*SEVEN, KINDS["AsyncOnly"]]], ids=len
)
@pytest.mark.parametrize("url", ["/reads/", "/sync/"])
def test_the_plan_knows_of_a_receiver_that_a_layer_brings(stack: list[str], url: str) -> None:
    def receiver(**kwargs: Any) -> None:
        pass

    kind = RequestKind(Mode.ASYNC if url == "/reads/" else Mode.SYNC)
    brings = replace(facts_of(KINDS["UnusedSyncOnly"]), begins_early=Claim.yes())
    with connected(request_started, receiver):
        _, _, counted = beside(url, stack)
        with project(__name__):
            planned = plan_handler([*map(facts_of, stack), brings]).crossings(kind)
    assert str(planned) == str(counted)


def test_a_session_of_a_project_s_own_is_asked_in_a_thread() -> None:
    Noting.asked_in.clear()
    _, found, _ = beside("/replaces/", SEVEN)
    assert found.status == 200
    assert Noting.asked_in
    assert threading.main_thread() not in Noting.asked_in


def test_a_sync_view_inside_of_a_native_layer_is_one_crossing() -> None:
    """Two groups of layers, of which the outer one needs no thread of its own."""
    expected, found, counted = beside("/sync/", [*SEVEN[:3], KINDS["AsyncOnly"], *SEVEN[3:]])
    assert without_secrets(found) == without_secrets(expected)
    assert counted == 1


def test_a_native_layer_next_to_the_view_leaves_its_hooks_on_the_loop() -> None:
    expected, found, counted = beside("/reads/", [*SEVEN, KINDS["AsyncOnly"]])
    assert without_secrets(found) == without_secrets(expected)
    assert counted == 0


def test_the_url_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    original = PooledASGIHandler.resolve_request

    def resolve_request(self: Any, request: Any) -> Any:
        looked_up.append(request.path)
        return original(self, request)

    monkeypatch.setattr(PooledASGIHandler, "resolve_request", resolve_request)
    with project(__name__, SEVEN):
        for url in ("/reads/", "/sync/"):
            answer = asyncio.run(ask(PooledASGIHandler(), url))
            assert answer.body == url.strip("/").encode()
    assert looked_up == ["/reads/", "/sync/"]


def test_every_layer_of_the_table_is_one_of_django_s_as_loaded() -> None:
    """The names are right, and so is what decides for each: with the default settings none of them waits."""
    from django.utils.module_loading import import_string

    with project(__name__), override_settings(SESSION_ENGINE="django.contrib.sessions.backends.db"):
        assert all(
            is_nonblocking(import_string(name)(lambda request: HttpResponse())) for name in NONBLOCKING
        )
        assert not is_nonblocking(OwnSessions(lambda request: HttpResponse()))
        assert not is_nonblocking(SecurityMiddleware)
