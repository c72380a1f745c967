"""A site whose views ask packages for the user of the current request, which those keep beside the request.

Served by ``uvicorn --factory``; ``USERS_STACK`` names the packages, ``USERS_HANDLER`` whose handler it is, ``USERS_DATABASE`` its file.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.db import connection, models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from tests.helpers.loosely import loosely
from tests.middleware_chain.kinds import STARTPROJECT

CRUM = "crum.CurrentRequestUserMiddleware"
CURRENT_USER = "django_currentuser.middleware.ThreadLocalUserMiddleware"
HISTORY = "simple_history.middleware.HistoryRequestMiddleware"
THREAD_LOCALS = "threadlocals.middleware.ThreadLocalMiddleware"
STACKS: dict[str, list[str]] = {
    "crum": [CRUM],
    "currentuser": [CURRENT_USER],
    "simple-history": [HISTORY],
    "threadlocals": [THREAD_LOCALS],
    "all of them": [THREAD_LOCALS, CRUM, HISTORY, CURRENT_USER],
}
"""Behind startproject's, as their manuals have it: sync-only ones, a native one, and one that is its two halves and never clears."""

USERS = 56
_STACK = STACKS[os.environ.get("USERS_STACK", "all of them")]


def configure() -> None:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ["USERS_DATABASE"],
                "CONN_MAX_AGE": 60,
                "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
            }
        },
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")),
            "simple_history",
        ],
        MIDDLEWARE=[*STARTPROJECT, *_STACK],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="s" * 50,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        USE_TZ=True,
    )  # fmt: skip
    django.setup()


def name_of(user: Any) -> str:
    return str(getattr(user, "username", "") or "")


def told(request: HttpRequest) -> dict[str, str]:
    """What the packages say, in the thread of the request's sync code, and by way of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [request.GET["token"]])
        found = {"token": str(cursor.fetchone()[0]), "user": name_of(loosely(request).user)}
    if CRUM in _STACK:
        import crum

        found["crum"] = name_of(crum.get_current_user())
        found["crum's request"] = crum.get_current_request().GET["token"]
    if CURRENT_USER in _STACK:
        from django_currentuser import middleware

        found["currentuser"] = name_of(middleware.get_current_user())
    if THREAD_LOCALS in _STACK:
        from threadlocals.threadlocals import get_current_request, get_current_user

        found["threadlocals"] = name_of(get_current_user())
        found["threadlocals' request"] = get_current_request().GET["token"]
    return found


def sync(request: HttpRequest) -> JsonResponse:
    return JsonResponse(told(request))


async def an_async(request: HttpRequest) -> HttpResponse:
    """Awaits something between the calls, when others run."""
    found = []
    for _ in range(3):
        await asyncio.sleep(0.001)
        found.append(await sync_to_async(told)(request))
    together = await asyncio.gather(*(sync_to_async(told)(request) for _ in range(3)))
    return JsonResponse(found[0] if all(one == found[0] for one in (*found, *together)) else {"mixed": found})


def writes(request: HttpRequest) -> JsonResponse:
    return JsonResponse({**told(request), **written(request)})


async def writes_async(request: HttpRequest) -> JsonResponse:
    await asyncio.sleep(0)
    found = await sync_to_async(told)(request)
    note = await loosely(models_of()).objects.acreate(text=request.GET["token"])
    await asyncio.sleep(0)
    record = await note.history.select_related("history_user").aget()
    return JsonResponse({**found, **who_wrote(record)})


def written(request: HttpRequest) -> dict[str, str]:
    note = models_of().objects.create(text=request.GET["token"])
    return who_wrote(note.history.select_related("history_user").get())


def who_wrote(record: Any) -> dict[str, str]:
    found = {"text": record.text}
    return {**found, "history": name_of(record.history_user)} if HISTORY in _STACK else found


def sign_in(request: HttpRequest) -> HttpResponse:
    login(request, get_user_model().objects.get(username=request.GET["name"]))
    return HttpResponse("signed in")


VIEWS = (sync, an_async, writes, writes_async)
urlpatterns = [path("sign-in/", sign_in), *(path(f"{view.__name__}/", loosely(view)) for view in VIEWS)]

_models: list[Any] = []


def models_of() -> Any:
    """The model whose history is kept: made once Django is ready."""
    return _models[0]


def make_models() -> None:
    from simple_history.models import HistoricalRecords

    class Note(models.Model):
        text: Any = models.TextField()
        history: Any = HistoricalRecords()

        class Meta:
            app_label = "auth"  # simple-history wants that of an installed application

    _models.append(Note)
    with connection.schema_editor() as editor:
        for model in (Note, loosely(Note).history.model):
            editor.create_model(model)


def fill() -> None:
    """The tables and users, by a connection that ends with this."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    make_models()
    user = get_user_model()
    user.objects.bulk_create(user(username=f"user{number}") for number in range(USERS))
    connection.close()


def make_application() -> object:
    configure()
    with ThreadPoolExecutor(1) as thread:  # the server calls this on its loop, where Django asks no database
        thread.submit(fill).result()
    if os.environ.get("USERS_HANDLER") == "django":
        from django.core.asgi import get_asgi_application
    else:
        from bridgekit.django import get_asgi_application
    return get_asgi_application()
