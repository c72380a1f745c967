"""Django's own WSGI handler with its usual middleware: CSRF, sessions, messages, GZip, conditional GET."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.signals import request_finished
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.urls import path

from bridgekit import WSGIToASGI

settings.configure(
    SECRET_KEY="only for tests",
    DEBUG=True,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)


def token(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_token(request), content_type="text/plain")


def login(request: HttpRequest) -> HttpResponse:
    request.session["user"] = request.POST["user"]
    return HttpResponse("welcome")


def whoami(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"you are {request.session['user']}")


def files(request: HttpRequest) -> HttpResponse:
    uploaded: Any = request.FILES["file"]
    return JsonResponse({"name": uploaded.name, "digest": hashlib.sha256(uploaded.read()).hexdigest()})


def raw(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"length": len(request.body)})


def lines(request: HttpRequest) -> HttpResponse:
    """A request is iterable by lines, through `wsgi.input`."""
    return JsonResponse([len(line) for line in request], safe=False)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def numbers() -> Iterator[str]:
        for number in range(200):
            yield f"{number} {request.GET['tag']}\n"

    return StreamingHttpResponse(numbers(), content_type="text/plain")


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(Path(os.environ["PROBE_FILE"]).open("rb"))


turns: asyncio.Queue[int] = asyncio.Queue()
"""As a client's pool of connections is: bound to the loop on which somebody has waited for it."""


async def turn(request: HttpRequest) -> HttpResponse:
    async def own_turn() -> int:
        return await turns.get()

    waiting = asyncio.ensure_future(own_turn())
    await asyncio.sleep(0)
    await turns.put(1)
    return HttpResponse(f"turn {await waiting}")


def fail(request: HttpRequest) -> HttpResponse:
    raise LookupError("the view failed")


urlpatterns = [
    path(view.__name__, view) for view in (token, login, whoami, files, raw, lines, stream, file, turn, fail)
]


def say_finished(**signal: object) -> None:
    """Sent from the response's close(): database connections hang on it."""
    sys.stderr.write("request_finished\n")


request_finished.connect(say_finished)
django.setup()
app = WSGIToASGI(get_wsgi_application())
