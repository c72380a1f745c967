"""Context variables and asgiref's `Local`: set in one layer, seen by the rest of the request, and by nobody else."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator
from typing import Any, Literal

import django
import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import get_script_prefix, get_urlconf, path, set_urlconf
from django.utils import timezone, translation

from bridgekit.django.handlers import crossing
from bridgekit.django.handlers.asgi import PooledASGIHandler
from tests.django.handlers import layers
from tests.django.handlers.driver import HANDLERS, ask, project, scope_of, until
from tests.django.handlers.layers import local, variable
from tests.helpers.loosely import loosely
from tests.middleware_chain.kinds import KINDS, STARTPROJECT

SETS = f"{layers.__name__}.SetsVariables"
STACKS = {
    "halves": [SETS, *STARTPROJECT],
    "sync-only inside": [SETS, f"{layers.__name__}.sync_function"],
    "sync-only outside": [f"{layers.__name__}.sync_function", SETS],
    "native outside": [KINDS["AsyncOnly"], SETS],
    "native inside": [SETS, KINDS["AsyncOnly"]],
}


def seen() -> str:
    return f"{variable.get()} {getattr(local, 'token', None)} {get_script_prefix()} {get_urlconf()}"


def look(request: HttpRequest) -> HttpResponse:
    found = seen()
    variable.set(variable.get() + "!")
    local.token += "!"
    return HttpResponse(found)


async def look_async(request: HttpRequest) -> HttpResponse:
    found = seen()
    inside = await sync_to_async(seen)()
    in_task = await asyncio.create_task(sync_to_async(seen)())
    variable.set(variable.get() + "!")
    await sync_to_async(setattr)(local, "token", f"{local.token}!")
    assert found == inside == in_task
    return HttpResponse(found)


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[str]:
        yield seen()
        yield await sync_to_async(seen)()

    return StreamingHttpResponse(chunks())


def activates(request: HttpRequest) -> HttpResponse:
    translation.activate("fr")
    timezone.activate("Europe/Paris")
    return HttpResponse("activated")


def looks_for_it(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{translation.get_language()} {timezone.get_current_timezone_name()}")


async def waits(request: Any) -> HttpResponse:
    await request.scope["gate"].wait()
    return HttpResponse("waited")


class Leaving(asyncio.Event):
    """Tells whether the handler has heard of it."""

    heard = False

    async def wait(self) -> Literal[True]:
        await super().wait()
        self.heard = True
        return True


def blocks(request: Any) -> HttpResponse:
    request.scope["entered"].release()
    request.scope["gate"].acquire()
    return HttpResponse("nobody hears")


urlpatterns = [
    path("blocks/", blocks),
    path("waits/", waits),
    path("look/", look),
    path("look-async/", look_async),
    path("stream/", stream),
    path("activates/", activates),
    path("looks-for-it/", looks_for_it),
]


@pytest.mark.parametrize("url", ["look/", "look-async/", "stream/"])
@pytest.mark.parametrize("stack", STACKS)
def test_seen_as_under_django_by_each_of_many_requests(stack: str, url: str) -> None:
    async def main(handler: Any) -> list[Any]:
        app = handler()
        return await asyncio.gather(
            *(ask(app, f"/{url}?token=t{number}", root_path="/below") for number in range(20))
        )

    with project(__name__, STACKS[stack]):
        stock, pooled = (asyncio.run(main(handler)) for handler in HANDLERS.values())
    for number, (one, other) in enumerate(zip(stock, pooled, strict=True)):
        assert b"t%d t%d /below/" % (number, number) in other.body
        assert (one.body, sorted(one.headers)) == (other.body, sorted(other.headers))


@pytest.mark.parametrize("url", ["look/", "look-async/", "nowhere/"])
@pytest.mark.parametrize("stack", STACKS)
def test_the_urlconf_is_that_of_the_request_alone(stack: str, url: str) -> None:
    """Before the layers, for who listens to the beginning, and afterwards, for who calls the application, there is none."""
    before: list[Any] = []

    def note(**kwargs: Any) -> None:
        before.append(get_urlconf())

    async def main(handler: Any) -> Any:
        await ask(handler(), f"/{url}?token=t")
        return get_urlconf()

    with project(__name__, STACKS[stack]):
        after = [asyncio.run(main(handler)) for handler in HANDLERS.values()]
        request_started.connect(note)
        try:
            for handler in HANDLERS.values():
                asyncio.run(main(handler))
        finally:
            request_started.disconnect(note)
    assert before == after == [None, None]


@pytest.mark.parametrize("url", ["look/", "look-async/", "nowhere/"])
@pytest.mark.parametrize("stack", STACKS)
def test_a_urlconf_that_the_caller_has_set_ends_with_the_request(stack: str, url: str) -> None:
    async def main(handler: Any) -> Any:
        set_urlconf("of.the.caller")
        await ask(handler(), f"/{url}?token=t")
        return get_urlconf()

    with project(__name__, STACKS[stack]):
        after = [asyncio.run(main(handler)) for handler in HANDLERS.values()]
    assert after == [None, None]


@pytest.mark.parametrize("stack", STACKS)
def test_language_and_time_zone_end_with_their_request(stack: str) -> None:
    async def main() -> bytes:
        app = PooledASGIHandler()
        for _ in range(3):
            await asyncio.create_task(ask(app, "/activates/"))  # servers give each request a task
        return (await ask(app, "/looks-for-it/")).body

    with project(__name__, STACKS[stack], USE_I18N=True, LANGUAGE_CODE="en", TIME_ZONE="UTC"):
        assert asyncio.run(main()) == b"en UTC"


@pytest.mark.parametrize("url", ["look/", "look-async/", "nowhere/"])
@pytest.mark.parametrize("stack", STACKS)
def test_middleware_around_the_handler_sees_what_the_request_has_set(stack: str, url: str) -> None:
    """An access log does, of what views have bound. Up to 6.0 Django runs the layers in a task of their own, and drops what they set."""

    async def main(handler: Any) -> tuple[str, Any]:
        await ask(handler(), f"/{url}?token=t")
        return variable.get(), getattr(local, "token", None)

    with project(__name__, STACKS[stack]):
        stock, pooled = (asyncio.run(main(handler)) for handler in HANDLERS.values())
    assert stock == (pooled if django.VERSION >= (6, 1) else ("nothing", None))
    assert pooled == (("t!", "t!") if "look" in url else ("t", "t"))


@pytest.mark.parametrize("name", HANDLERS)
def test_middleware_around_the_handler_sees_what_receivers_of_the_end_have_set(name: str) -> None:
    """Such as have cleared away what was bound to the request."""

    def clear(**named: Any) -> None:
        variable.set("cleared")

    async def main() -> str:
        await ask(HANDLERS[name](), "/look/?token=t")
        return variable.get()

    request_finished.connect(clear)
    try:
        with project(__name__, STACKS["halves"]):
            assert asyncio.run(main()) == "cleared"
    finally:
        request_finished.disconnect(clear)


def test_no_variable_is_carried_out_of_a_thread_that_has_set_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for what has changed costs more than the rest of such a crossing."""
    carried: list[Any] = []
    original = loosely(crossing).apply_changes

    def noting(*contexts: Any) -> None:
        carried.append(contexts)
        original(*contexts)

    monkeypatch.setattr(crossing, "apply_changes", noting)
    with project(__name__, STARTPROJECT):
        asyncio.run(ask(PooledASGIHandler(), "/looks-for-it/"))
        assert not carried
        asyncio.run(ask(PooledASGIHandler(), "/activates/"))
    assert len(carried) == 1


@pytest.mark.parametrize("stack", STACKS)
def test_the_server_s_task_keeps_no_thread_of_the_request(stack: str) -> None:
    """What a server does in the same task afterwards has nothing to do with the request's executor."""

    async def main() -> None:
        app = PooledASGIHandler()
        await ask(app, "/look/?token=x")
        assert SyncToAsync.thread_sensitive_context.get(None) is None
        assert not [
            executor
            for executor in SyncToAsync.context_to_thread_executor.values()
            if type(executor).__name__ == "RequestExecutor"
        ]

    with project(__name__, STACKS[stack]):
        contextvars.copy_context().run(asyncio.run, main())


def test_the_client_is_listened_for_in_its_own_request_s_context() -> None:
    """The look at the requests in flight begins with the first of them."""

    async def main() -> list[tuple[str, str]]:
        app = PooledASGIHandler()
        gate = asyncio.Event()
        heard: list[tuple[str, str]] = []

        async def request(name: str) -> None:
            variable.set(name)
            messages = [{"type": "http.request"}]

            async def receive() -> Any:
                if messages:
                    return messages.pop()
                heard.append((name, variable.get()))
                if len(heard) == 3:
                    gate.set()
                await asyncio.Event().wait()

            async def send(message: Any) -> None:
                pass

            await app(scope_of("/waits/", gate=gate), receive, send)

        await asyncio.gather(*(asyncio.create_task(request(name)) for name in ("one", "two", "three")))
        return heard

    with project(__name__):
        heard = asyncio.run(main())
    assert sorted(heard) == [("one", "one"), ("three", "three"), ("two", "two")]


@pytest.mark.parametrize("name", HANDLERS)
def test_receivers_of_the_end_and_middleware_around_see_what_layers_have_set_though_the_client_left(
    name: str,
) -> None:
    """While sync code runs, of which nobody awaits the end. Up to 6.0 Django runs the layers in a task of their own, and drops what they set."""
    found: list[str] = []

    def look(**named: Any) -> None:
        found.append(variable.get())

    async def main() -> None:
        gone, entered, gate = Leaving(), threading.Semaphore(0), threading.Semaphore(0)

        async def around() -> Any:
            answer = await ask(HANDLERS[name](), "/blocks/?token=mine", gone=gone, gate=gate, entered=entered)
            found.append(variable.get())
            return answer

        task = asyncio.create_task(around())
        await asyncio.to_thread(entered.acquire)
        gone.set()
        await until(lambda: gone.heard)
        for _ in range(100):  # the loop's turns in which whoever heard of it cancels what is awaited
            await asyncio.sleep(0)
        gate.release()
        assert not (await task).messages

    request_finished.connect(look, weak=False)
    try:
        with project(__name__, [SETS]):
            asyncio.run(main())
    finally:
        request_finished.disconnect(look)
    assert found == (["nothing" if name == "stock" and django.VERSION < (6, 1) else "mine"] * 2)
