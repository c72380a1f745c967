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
    return render(request, "shop/index.html", {"interface": interface(request)})


def interface(request):
    """What the server and Django speak with each other."""
    return "ASGI" if hasattr(request, "scope") else "WSGI"


def sync_view(request):
    return JsonResponse({"view": "sync", "script": request.META["SCRIPT_NAME"], "path": request.path})


async def async_view(request):
    await asyncio.sleep(0)
    return JsonResponse({"view": "async", "script": request.META["SCRIPT_NAME"], "path": request.path})


def template_view(request):
    return TemplateResponse(request, "shop/index.html", {"interface": interface(request)})


def streamed(request, pieces, content_type):
    """Django sends a sync iterator piece by piece under WSGI, an async one under ASGI; the wrong one it reads whole, with a warning."""

    async def one_by_one():
        for piece in pieces:
            yield piece

    if interface(request) == "ASGI":
        return StreamingHttpResponse(one_by_one(), content_type=content_type)
    return StreamingHttpResponse(pieces, content_type=content_type)


def download(request):
    """Four mebibytes, never in memory as a whole."""
    return streamed(request, (CHUNK for _ in range(64)), "application/octet-stream")


async def events(request):
    """Server-sent events."""
    ticks = (f"id: {number}\ndata: tick {number}\n\n" for number in range(3))
    return streamed(request, ticks, "text/event-stream")


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
