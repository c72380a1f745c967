"""A project with ``ATOMIC_REQUESTS``, in a process of its own: ``python -m tests.django.handlers.atomic_site FILE``.

Prints as JSON, for each handler, stack and URL: the status, which rows of the request have stayed, and what the log had to say.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import SimpleTemplateResponse
from django.test import override_settings
from django.urls import path
from django.utils.deprecation import MiddlewareMixin

from tests.django.handlers.database_site import SEVEN
from tests.helpers.loosely import loosely


def add(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO rows VALUES (%s)", [text])


def commits(request: HttpRequest) -> HttpResponse:
    add("view")
    return HttpResponse(str(connection.in_atomic_block))


def raises(request: HttpRequest) -> HttpResponse:
    add("view")
    raise LookupError("after a row")


def answers_500(request: HttpRequest) -> HttpResponse:
    add("view")
    return HttpResponse("no exception, no rollback", status=500)


def marks(request: HttpRequest) -> HttpResponse:
    add("view")
    transaction.set_rollback(True)
    return HttpResponse("rolled back")


@transaction.non_atomic_requests
def exempt(request: HttpRequest) -> HttpResponse:
    add("view")
    raise LookupError("after a row that stays")


class Fails(SimpleTemplateResponse):
    @property
    def rendered_content(self) -> str:
        raise LookupError("while rendering, outside of the transaction")


def renders(request: HttpRequest) -> HttpResponse:
    add("view")
    return Fails("x")


def streams(request: HttpRequest) -> StreamingHttpResponse:
    """Rows of a stream come after the view's transaction."""
    add("view")

    def parts() -> Iterator[str]:
        add("stream")
        yield str(connection.in_atomic_block)

    return StreamingHttpResponse(parts())


async def an_async(request: HttpRequest) -> HttpResponse:
    await sync_to_async(add)("view")
    return HttpResponse("never")


@transaction.non_atomic_requests
async def an_async_exempt(request: HttpRequest) -> HttpResponse:
    await sync_to_async(add)("view")
    raise LookupError("after a row that stays")


@transaction.non_atomic_requests
async def an_async_stream(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        await sync_to_async(add)("stream")
        yield "x"

    return StreamingHttpResponse(parts())


class Adds(MiddlewareMixin):
    """A layer's own rows are in nobody's transaction."""

    def process_request(self, request: HttpRequest) -> None:
        add("first half")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        add("hook")
        return HttpResponse("excused") if request.GET.get("excuse") else None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        add("second half")
        return response


def sync_only(get_response: Any) -> Any:
    return lambda request: get_response(request)


VIEWS = (
    commits,
    raises,
    answers_500,
    marks,
    exempt,
    renders,
    streams,
    an_async,
    an_async_exempt,
    an_async_stream,
)
urlpatterns = [path(f"{view.__name__}/", loosely(view)) for view in VIEWS]
URLS = [*(f"/{view.__name__}/" for view in VIEWS), "/raises/?excuse=1"]
STACKS: dict[str, list[str]] = {
    "none": [],
    "seven": [*SEVEN, f"{__name__}.Adds"],
    "sync-only": [*SEVEN, f"{__name__}.sync_only", f"{__name__}.Adds"],
}


class Errors(logging.Handler):
    """What was raised, as the log has it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.found.append(f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}")


def configure(file: str) -> Errors:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": file, "ATOMIC_REQUESTS": True}
        },
        INSTALLED_APPS=[
            f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")
        ],
        LOGGING_CONFIG=None,
        ROOT_URLCONF=__name__,
        SECRET_KEY="for tests",
        USE_TZ=True,
    )
    django.setup()
    errors = Errors()
    logging.getLogger("django.request").addHandler(errors)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE rows (text TEXT)")
    return errors


def over_asgi(make: Callable[[], Any]) -> Callable[[str], int]:
    from tests.django.handlers.driver import ask

    app = make()
    return lambda url: asyncio.run(ask(app, url)).status


def over_wsgi(make: Callable[[], Any]) -> Callable[[str], int]:
    from tests.helpers.wsgi_client import get

    app = make()

    def status(url: str) -> int:
        path, _, query = url.partition("?")
        return int(get(app, path, QUERY_STRING=query).status.split()[0])

    return status


def handlers() -> dict[str, Callable[[], Callable[[str], int]]]:
    from bridgekit.django import get_asgi_application, get_wsgi_application

    return {
        "asgi django": lambda: over_asgi(ASGIHandler),
        "asgi bridgekit": lambda: over_asgi(get_asgi_application),
        "wsgi django": lambda: over_wsgi(WSGIHandler),
        "wsgi bridgekit": lambda: over_wsgi(get_wsgi_application),
    }


def rows() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM rows")
        found = [text for (text,) in cursor.fetchall()]
        cursor.execute("DELETE FROM rows")
    return found


def main(file: str) -> None:
    errors = configure(file)
    found: dict[str, dict[str, Any]] = {}
    for name, make in handlers().items():
        for stack, middleware in STACKS.items():
            with override_settings(MIDDLEWARE=middleware):
                ask = make()
            for url in URLS:
                status = ask(url)
                found.setdefault(name, {})[f"{stack} {url}"] = [status, rows(), errors.found[:]]
                errors.found.clear()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
