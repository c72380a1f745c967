from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.test import AsyncClient, Client, override_settings

from bridgekit.django.middleware import TimingMiddleware
from bridgekit.timing import ASGITimingMiddleware, Outcome, RequestTiming, ServerTiming, WSGITimingMiddleware
from bridgekit.timing.measuring import current
from bridgekit.timing.server_timing import everyone
from tests.helpers.loosely import loosely
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient, environ_of, scope_of

TIMING = "bridgekit.django.middleware.TimingMiddleware"


@pytest.fixture
def seen() -> Iterator[list[RequestTiming]]:
    records: list[RequestTiming] = []
    with override_settings(MIDDLEWARE=[TIMING], BRIDGEKIT_TIMING_EXPORTERS=[records.append]):
        yield records


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    with override_settings(ROOT_URLCONF="tests.django.site", ALLOWED_HOSTS=["*"], USE_TZ=True):
        yield


def get_sync(path: str, **more: Any) -> Any:
    response: Any = Client(raise_request_exception=False).get(path, **more)
    if response.streaming:
        b"".join(response)
    response.close()
    return response


def get_async(path: str, **more: Any) -> Any:
    async def run() -> Any:
        response: Any = await AsyncClient(raise_request_exception=False).get(path, **more)
        if response.streaming:
            [chunk async for chunk in response]
        response.close()
        return response

    return asyncio.run(run())


both = pytest.mark.parametrize("get", [get_sync, get_async], ids=["sync", "async"])


@both
def test_a_request_is_measured_inside_django(get: Any, seen: list[RequestTiming]) -> None:
    get("/hello/")
    (timing,) = seen
    assert (timing.interface, timing.method, timing.path, timing.route) == (
        "django",
        "GET",
        "/hello/",
        "/hello/",
    )
    assert (timing.status, timing.outcome, timing.bytes_out) == (200, Outcome.OK, 9)
    assert [span.name for span in timing.spans] == ["greet"]


@both
def test_the_first_request_has_its_spans(
    get: Any, seen: list[RequestTiming], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django imports the views, and these what they use of timing, only when it resolves the first URL."""
    monkeypatch.setattr(current, "enabled", False)
    get("/hello/")
    assert [span.name for span in seen[0].spans] == ["greet"]


@both
def test_a_route_of_an_included_urlconf_is_its_template(get: Any, seen: list[RequestTiming]) -> None:
    get("/shop/acme/orders/7/")
    assert seen[0].route == "/shop/<slug:shop>/orders/<int:pk>/"


@both
def test_an_unmatched_path_has_no_route(get: Any, seen: list[RequestTiming]) -> None:
    get("/nowhere/1234")
    assert (seen[0].route, seen[0].status) == (None, 404)


@both
def test_an_exception_in_a_view_is_a_server_error(get: Any, seen: list[RequestTiming]) -> None:
    get("/fail/")
    assert (seen[0].status, seen[0].outcome) == (500, Outcome.SERVER_ERROR)


@both
def test_a_stream_is_measured_to_its_end(get: Any, seen: list[RequestTiming]) -> None:
    get("/stream-async/" if get is get_async else "/stream/")
    (timing,) = seen
    assert (timing.bytes_out, timing.kind, timing.outcome) == (4, "stream", Outcome.OK)


def test_a_stream_that_nobody_reads_to_the_end_is_a_lost_client(seen: list[RequestTiming]) -> None:
    response: Any = Client().get("/stream/")
    iterator = iter(response)
    next(iterator)
    response.close()
    (timing,) = seen
    assert (timing.outcome, timing.bytes_out) == (Outcome.CLIENT_GONE, 2)


def test_a_file_stays_the_servers_to_send(seen: list[RequestTiming]) -> None:
    """WSGIHandler hands ``file_to_stream`` to ``wsgi.file_wrapper``; wrapping the content would empty it."""
    environ = environ_of(path="/file/") | {"wsgi.file_wrapper": FileWrapper}
    result: Any = WSGIHandler()(environ, loosely(lambda status, headers: None))
    assert type(result) is FileWrapper
    assert b"".join(result) == b"content"
    result.close()
    assert (seen[0].bytes_out, seen[0].outcome) == (7, Outcome.OK)


def test_under_asgi_no_thread_is_taken(seen: list[RequestTiming]) -> None:
    """A MiddlewareMixin would take two hops; this is a coroutine function that Django does not adapt."""
    threads: set[int] = set()

    async def view(request: HttpRequest) -> Any:
        threads.add(threading.get_ident())
        from django.http import HttpResponse

        return HttpResponse("x")

    middleware = TimingMiddleware(view)

    async def run() -> None:
        threads.add(threading.get_ident())
        request = HttpRequest()
        request.path = request.path_info = "/"
        (await middleware(request)).close()

    asyncio.run(run())
    assert len(threads) == 1
    assert len(seen) == 1


def test_inside_a_wsgi_wrapper_only_the_wrapper_emits(seen: list[RequestTiming]) -> None:
    outer: list[RequestTiming] = []
    with override_settings(
        BRIDGEKIT_TIMING_LAYERS=True, MIDDLEWARE=[TIMING, "tests.django.layers.PlainClass"]
    ):
        app = WSGITimingMiddleware(WSGIHandler(), exporters=[outer.append])
        WSGIClient(FakeClock()).call(app, environ_of(path="/shop/acme/orders/7/"))
    assert seen == []
    assert (outer[0].interface, outer[0].route) == ("wsgi", "/shop/<slug:shop>/orders/<int:pk>/")
    assert [layer.name for layer in outer[0].layers] == ["PlainClass", "view"]
    assert [span.name for span in outer[0].spans] == ["greet"]


def test_inside_an_asgi_wrapper_only_the_wrapper_emits(seen: list[RequestTiming]) -> None:
    outer: list[RequestTiming] = []
    app = ASGITimingMiddleware(loosely(ASGIHandler()), exporters=[outer.append])
    client = ASGIClient(FakeClock(), request_body=[(0, b"")])

    async def wait_forever() -> Any:
        if client.request_body:
            return await client.receive()
        return await asyncio.Event().wait()

    asyncio.run(app(scope_of(path="/hello-async/"), wait_forever, client.send))  # type: ignore[arg-type]
    gc.collect()
    assert seen == []
    assert (outer[0].interface, outer[0].route, outer[0].status) == ("asgi", "/hello-async/", 200)
    assert [span.name for span in outer[0].spans] == ["greet"]


# -- the header


@both
def test_nobody_sees_the_header_by_default(get: Any, seen: list[RequestTiming]) -> None:
    assert "Server-Timing" not in get("/hello/").headers


@both
def test_the_header_is_shown_to_whom_the_setting_allows(get: Any, seen: list[RequestTiming]) -> None:
    with override_settings(BRIDGEKIT_TIMING_SHOW=lambda request: request.path == "/hello/"):
        shown = get("/hello/").headers["Server-Timing"]
        assert "Server-Timing" not in get("/shop/acme/orders/7/").headers
    assert [entry.split(";")[0] for entry in shown.split(", ")] == ["app", "greet"]


@both
def test_the_header_goes_behind_the_applications_own(get: Any, seen: list[RequestTiming]) -> None:
    with override_settings(
        BRIDGEKIT_TIMING_SHOW="tests.django.test_middleware.yes", BRIDGEKIT_TIMING_ALLOW_ORIGIN="*"
    ):
        response = get("/own-header/")
    assert response.headers["Server-Timing"].startswith("cache;dur=1, app;dur=")
    assert response.headers["Timing-Allow-Origin"] == "*"


def yes(request: HttpRequest) -> bool:
    return True


def test_a_joined_header_has_the_layers() -> None:
    with override_settings(
        BRIDGEKIT_TIMING_LAYERS=True, MIDDLEWARE=[TIMING, "tests.django.layers.PlainClass"]
    ):
        app = WSGITimingMiddleware(WSGIHandler(), server_timing=ServerTiming(allow=everyone))
        client = WSGIClient(FakeClock())
        client.call(app, environ_of(path="/hello/"))
    (value,) = (value for name, value in client.headers if name == "server-timing")
    assert [entry.split(";")[0] for entry in value.split(", ")] == ["app", "greet", "PlainClass", "view"]


@both
@pytest.mark.parametrize(
    ("predicate", "client", "shown"),
    [
        ("everyone", "203.0.113.7", True),
        ("loopback", "127.0.0.1", True),
        ("loopback", "203.0.113.7", False),
    ],
)
def test_the_ready_made_predicates_are_settings_too(
    get: Any, predicate: str, client: str, shown: bool, seen: list[RequestTiming]
) -> None:
    """They take our view of the request, where others take Django's request itself."""
    with override_settings(BRIDGEKIT_TIMING_SHOW=f"bridgekit.timing.server_timing.{predicate}"):
        response = (
            get("/hello/", REMOTE_ADDR=client)
            if get is get_sync
            else asyncio.run(get_from(client, "/hello/"))
        )
    assert ("Server-Timing" in response.headers) is shown


async def get_from(client: str, path: str) -> httpx.Response:
    """Django's AsyncClient has no way to say who asks."""
    transport = httpx.ASGITransport(loosely(ASGIHandler()), client=(client, 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as asking:
        return await asking.get(path)


def test_a_predicate_that_fails_is_logged_by_its_own_name(
    seen: list[RequestTiming], caplog: pytest.LogCaptureFixture
) -> None:
    """And shows nothing."""
    with override_settings(BRIDGEKIT_TIMING_SHOW=asks_for_too_much):
        assert "Server-Timing" not in get_sync("/hello/").headers
    assert "asks_for_too_much" in caplog.text


def asks_for_too_much(request: HttpRequest) -> bool:
    raise LookupError("no such thing")


# -- the breakdown


FORMS = ["PlainClass", "Mixin", "function", "hybrid"]


@both
def test_every_form_of_middleware_is_measured(get: Any, seen: list[RequestTiming]) -> None:
    middleware = [TIMING, *(f"tests.django.layers.{form}" for form in FORMS)]
    with override_settings(MIDDLEWARE=middleware, BRIDGEKIT_TIMING_LAYERS=True):
        get("/hello/")
    layers = seen[0].layers
    assert [layer.name for layer in layers] == [*FORMS, "view"]
    assert all(layer.seconds >= 0 for layer in layers)
    assert sum(layer.seconds for layer in layers) <= seen[0].duration


@both
def test_a_layer_that_hides_the_next_one_stands_for_all_below(get: Any, seen: list[RequestTiming]) -> None:
    middleware = [TIMING, *(f"tests.django.layers.{form}" for form in ("PlainClass", "hidden", "Mixin"))]
    with override_settings(MIDDLEWARE=middleware, BRIDGEKIT_TIMING_LAYERS=True):
        get("/hello/")
    assert [layer.name for layer in seen[0].layers] == ["PlainClass", "hidden and below"]


WRAPPED = ["AgentPlainClass", "AgentMixin", "function_around_class", "agent_function", "agent_hybrid"]


@both
def test_layers_that_an_agent_has_wrapped_are_told_apart(get: Any, seen: list[RequestTiming]) -> None:
    """One that kept the next layer beside the middleware that calls it had the time of all layers below."""
    middleware = [TIMING, *(f"tests.django.layers.{form}" for form in WRAPPED), "tests.django.layers.Mixin"]
    with override_settings(MIDDLEWARE=middleware, BRIDGEKIT_TIMING_LAYERS=True):
        get("/hello/")
    names = [layer.name for layer in seen[0].layers]
    assert names == ["PlainClass", "Mixin", "PlainClass", "function", "hybrid", "Mixin", "view"]


@both
def test_one_that_is_listed_twice_measures_once(get: Any, seen: list[RequestTiming]) -> None:
    """The outer one, and all layers; it answered with 500."""
    plain = "tests.django.layers.PlainClass"
    with override_settings(MIDDLEWARE=[TIMING, plain, TIMING, plain], BRIDGEKIT_TIMING_LAYERS=True):
        assert get("/hello/").status_code == 200
    (timing,) = seen
    names = [layer.name for layer in timing.layers]
    assert names == ["PlainClass", "TimingMiddleware", "PlainClass", "view"]


SENTRY = """
import asyncio, json
import django
from django.conf import settings
layers = []
settings.configure(
    ROOT_URLCONF="tests.django.site", ALLOWED_HOSTS=["*"], SECRET_KEY="s", BRIDGEKIT_TIMING_LAYERS=True,
    BRIDGEKIT_TIMING_EXPORTERS=[lambda timing: layers.append([layer.name for layer in timing.layers])],
    MIDDLEWARE=["bridgekit.django.middleware.TimingMiddleware", "django.middleware.security.SecurityMiddleware",
                "django.middleware.common.CommonMiddleware", "tests.django.layers.hybrid"],
)
import sentry_sdk
from sentry_sdk.integrations.django import DjangoIntegration
sentry_sdk.init(dsn="", integrations=[DjangoIntegration(middleware_spans=True)])
django.setup()
from django.test import AsyncClient, Client
Client().get("/hello/")
asyncio.run(AsyncClient().get("/hello-async/"))
print(json.dumps(layers))
"""


def test_layers_under_sentry_are_told_apart() -> None:
    """It wraps every middleware, `TimingMiddleware` among them, and lists itself first."""
    pytest.importorskip("sentry_sdk")
    done = subprocess.run(
        [sys.executable, "-c", SENTRY],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    expected = ["SecurityMiddleware", "CommonMiddleware", "hybrid", "view"]
    assert json.loads(done.stdout) == [expected, expected]


@both
def test_djangos_own_middleware_are_measured(get: Any, seen: list[RequestTiming]) -> None:
    own = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
    with override_settings(MIDDLEWARE=[TIMING, *own], BRIDGEKIT_TIMING_LAYERS=True):
        get("/hello/")
    assert [layer.name for layer in seen[0].layers] == ["SecurityMiddleware", "CommonMiddleware", "view"]


# -- the settings


class AsyncPredicate:
    async def __call__(self, request: HttpRequest) -> bool:
        return False


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("BRIDGEKIT_TIMING_EXPORTERS", "x", "it is a list"),
        ("BRIDGEKIT_TIMING_EXPORTERS", ["no.such.exporter"], "BRIDGEKIT_TIMING_EXPORTERS: No module"),
        ("BRIDGEKIT_TIMING_EXPORTERS", [7], "must be a function of a RequestTiming"),
        ("BRIDGEKIT_TIMING_EXPORTERS", [asyncio.sleep], "nobody awaits"),
        ("BRIDGEKIT_TIMING_EXPORTERS", ["io.FileIO"], "cannot be made without arguments"),
        ("BRIDGEKIT_TIMING_SHOW", 7, "a function of the request"),
        ("BRIDGEKIT_TIMING_SHOW", "nowhere.predicate", "BRIDGEKIT_TIMING_SHOW: No module"),
        ("BRIDGEKIT_TIMING_SHOW", asyncio.sleep, "nobody awaits"),
        ("BRIDGEKIT_TIMING_SHOW", AsyncPredicate(), "nobody awaits"),
        ("BRIDGEKIT_TIMING_ALLOW_ORIGIN", 7, "must be a string"),
        ("BRIDGEKIT_TIMING_ALLOW_ORIGIN", "a\r\nb", "a header value is visible ASCII"),
        ("BRIDGEKIT_TIMING_LAYERS", "yes", "True or False"),
        ("BRIDGEKIT_TIMING_QUEUE_TIME", 1, "True or False"),
        ("BRIDGEKIT_TIMING_TRACEPARENT", None, "True or False"),
        ("BRIDGEKIT_TIMING_EXCLUDE", "/x", "it is a list"),
        ("BRIDGEKIT_TIMING_EXCLUDE", ["static/"], "excludes nothing"),
        ("BRIDGEKIT_TIMING_EXCLUDE", [7], "must be a string"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: object, message: str) -> None:
    with override_settings(**{name: value}):  # type: ignore[arg-type]
        with pytest.raises(ImproperlyConfigured, match=name) as caught:
            TimingMiddleware(lambda request: None)
    assert message in str(caught.value)


def test_an_overridden_setting_holds_from_the_next_request_on(seen: list[RequestTiming]) -> None:
    client = Client()
    client.get("/hello/").close()
    later: list[RequestTiming] = []
    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[later.append]):
        client.get("/hello/").close()
    client.get("/hello/").close()
    assert (len(seen), len(later)) == (2, 1)


@both
@pytest.mark.parametrize("believed", [True, False])
def test_what_clients_say_is_noted_only_where_it_is_believed(
    get: Any, believed: bool, seen: list[RequestTiming]
) -> None:
    """``X-Request-Start`` is the front server's to set, and ``traceparent`` may come from anybody."""
    headers = {"x-request-start": f"t={time.time() - 0.5:.3f}", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    with override_settings(BRIDGEKIT_TIMING_QUEUE_TIME=believed, BRIDGEKIT_TIMING_TRACEPARENT=believed):
        get("/hello/", headers=headers)
    (timing,) = seen
    assert (timing.queue_time is not None, timing.traceparent is not None) == (believed, believed)
    if timing.queue_time is not None:
        assert 0.4 < timing.queue_time < 60


def test_an_excluded_path_is_not_measured(seen: list[RequestTiming]) -> None:
    with override_settings(BRIDGEKIT_TIMING_EXCLUDE=["/hello/"]):
        get_sync("/hello/")
    assert seen == []


# -- routes below what is around Django


def routes_reported(paths: list[str], mount: str, handler: Any) -> list[str | None]:
    routing = pytest.importorskip("starlette.routing")
    starlette = pytest.importorskip("starlette.applications")
    records: list[RequestTiming] = []
    app = starlette.Starlette(routes=[routing.Mount(mount, app=handler)])
    wrapped = ASGITimingMiddleware(app, exporters=[records.append])

    async def ask(path: str) -> None:
        messages: list[Any] = [{"type": "http.request"}]

        async def receive() -> Any:
            return messages.pop() if messages else await asyncio.Event().wait()

        await wrapped(
            scope_of(path=path, headers=[("host", "localhost")]), receive, ASGIClient(FakeClock()).send
        )  # type: ignore[arg-type]

    with override_settings(MIDDLEWARE=[TIMING]):
        for path in paths:
            asyncio.run(ask(path))
    return [record.route for record in records]


def test_what_djangos_urls_do_not_match_has_no_route_below_a_mount() -> None:
    """It had "/", the template of the mount, as the first page has."""
    with override_settings(MIDDLEWARE=[TIMING]):
        handler = ASGIHandler()
    paths = ["/hello/", "/nowhere/", "/shop/a/orders/7/"]
    assert routes_reported(paths, "/", handler) == ["/hello/", None, "/shop/<slug:shop>/orders/<int:pk>/"]
    below = [f"/t/acme{path}" for path in paths]
    assert routes_reported(below, "/t/{tenant}", handler) == [
        "/t/{tenant}/hello/",
        None,
        "/t/{tenant}/shop/<slug:shop>/orders/<int:pk>/",
    ]


def test_djangos_routes_are_told_below_an_adapter_of_another_library() -> None:
    a2wsgi = pytest.importorskip("a2wsgi")
    with override_settings(MIDDLEWARE=[TIMING]):
        handler = a2wsgi.WSGIMiddleware(WSGIHandler())
    assert routes_reported(["/hello/", "/nowhere/"], "/", handler) == ["/hello/", None]


@both
def test_a_route_that_a_view_names_goes_before_djangos(get: Any, seen: list[RequestTiming]) -> None:
    get("/by-hand/")
    assert seen[0].route == "/named/{here}"
