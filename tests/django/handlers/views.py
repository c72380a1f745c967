"""Views of every kind that Django's handlers tell apart."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template import Context, Template
from django.template.response import SimpleTemplateResponse
from django.urls import path
from django.utils import translation
from django.views import View

from tests.helpers.loosely import loosely

ERRORS: dict[str, Exception] = {
    "404": Http404("nothing here"),
    "403": PermissionDenied("no"),
    "400": BadRequest("bad"),
    "suspicious": SuspiciousOperation("hm"),
    "500": ValueError("broken"),
}


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.method} {request.path}")


async def plain_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse(f"{request.method} {request.path}")


def fails(request: HttpRequest, kind: str) -> HttpResponse:
    raise ERRORS[kind]


async def fails_async(request: HttpRequest, kind: str) -> HttpResponse:
    raise ERRORS[kind]


class _Rendered(SimpleTemplateResponse):
    def resolve_template(self, template: Any) -> Any:
        return Template("rendered {{ word }}")

    @property
    def rendered_content(self) -> str:
        return Template("rendered {{ word }}").render(Context(self.context_data))


def template(request: HttpRequest) -> HttpResponse:
    return _Rendered("x", {"word": "late"})


async def template_async(request: HttpRequest) -> HttpResponse:
    return _Rendered("x", {"word": "late"})


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        yield from (b"a", b"b")

    return StreamingHttpResponse(chunks())


async def stream_async(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"a", b"b"):
            await asyncio.sleep(0)
            yield chunk

    return StreamingHttpResponse(chunks())


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(b"of a file" * 20_000), filename="some.txt")


def uploaded(request: HttpRequest) -> dict[str, str]:
    files: dict[str, Any] = request.FILES.dict()
    return {name: found.read().decode() for name, found in files.items()}


def upload(request: HttpRequest) -> JsonResponse:
    return JsonResponse(uploaded(request))


async def upload_async(request: HttpRequest) -> JsonResponse:
    return JsonResponse(uploaded(request))


def language(request: HttpRequest) -> HttpResponse:
    return HttpResponse(translation.get_language() or "none")


async def language_async(request: HttpRequest) -> HttpResponse:
    inside = await sync_to_async(translation.get_language)()
    return HttpResponse(f"{translation.get_language()} {inside}")


def calls_async(request: HttpRequest) -> HttpResponse:
    async def inner() -> str:
        return await sync_to_async(lambda: "from inside")()

    return HttpResponse(async_to_sync(inner)())


async def user(request: HttpRequest) -> HttpResponse:
    found = await request.auser()  # type: ignore[attr-defined]  # AuthenticationMiddleware's
    return HttpResponse(str(found))


class Both(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("class-based")

    async def post(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.body)


def nothing(request: HttpRequest) -> None:
    return None


async def nothing_async(request: HttpRequest) -> None:
    return None


def coroutine(request: HttpRequest) -> Any:
    return plain_async(request)


urlpatterns = [
    path("plain/", plain),
    path("plain-async/", plain_async),
    path("fails/<str:kind>/", fails),
    path("fails-async/<str:kind>/", fails_async),
    path("template/", template),
    path("template-async/", template_async),
    path("stream/", stream),
    path("stream-async/", stream_async),
    path("file/", file),
    path("upload/", upload),
    path("upload-async/", upload_async),
    path("language/", language),
    path("language-async/", language_async),
    path("calls-async/", calls_async),
    path("user/", user),
    path("class/", Both.as_view()),
    path("nothing/", loosely(nothing)),
    path("nothing-async/", loosely(nothing_async)),
]
