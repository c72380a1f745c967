"""One view of every kind."""

from __future__ import annotations

import asyncio
import hashlib

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.views.decorators.csrf import csrf_exempt

CHUNK = b"0123456789abcdef" * 4096


def index(request):
    return render(request, "shop/index.html")


def sync_view(request):
    return JsonResponse({"view": "sync", "script": request.META["SCRIPT_NAME"], "path": request.path})


async def async_view(request):
    await asyncio.sleep(0)
    return JsonResponse({"view": "async", "script": request.META["SCRIPT_NAME"], "path": request.path})


def template_view(request):
    return TemplateResponse(request, "shop/index.html")


def download(request):
    """Four mebibytes, never in memory as a whole."""
    return StreamingHttpResponse((CHUNK for _ in range(64)), content_type="application/octet-stream")


async def events(request):
    """Server-sent events."""

    async def stream():
        for number in range(3):
            yield f"id: {number}\ndata: tick {number}\n\n"
            await asyncio.sleep(0)

    # An async iterator under ASGI; Django reads it through async_to_sync under WSGI.
    return StreamingHttpResponse(stream(), content_type="text/event-stream")


@csrf_exempt  # so that the walk can post with nothing but a file
def upload(request):
    file = request.FILES["file"]
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return JsonResponse({"name": file.name, "size": file.size, "sha256": digest.hexdigest()})


async def gone(request):
    return HttpResponse("gone", status=410)


def broken(request):
    raise LookupError("as planned")
