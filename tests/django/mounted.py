"""Applications of several frameworks that tell where they believe to be mounted: script name, path, and a URL of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path, reverse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def order(request: HttpRequest, number: int) -> JsonResponse:
    return JsonResponse(
        {
            "script": request.META["SCRIPT_NAME"],
            "path": request.path_info,
            "url": reverse("order", kwargs={"number": 8}),
            "full": request.build_absolute_uri(reverse("order", kwargs={"number": 8})),
        }
    )


async def order_async(request: HttpRequest, number: int) -> JsonResponse:
    return order(request, number)


urlpatterns = [
    path("orders/<int:number>", order, name="order"),
    path("async-orders/<int:number>", order_async),
]


def starlette() -> Any:
    async def orders(request: Request) -> JSONResponse:
        root = request.scope["root_path"]
        return JSONResponse(
            {
                "script": root,
                "path": request.scope["path"].removeprefix(root),
                "url": request.url_for("order", number=8).path,
                "full": str(request.url_for("order", number=8)),
            }
        )

    return Starlette(routes=[Route("/orders/{number:int}", orders, name="order")])


def fastapi() -> Any:
    from fastapi import FastAPI
    from fastapi import Request as FastAPIRequest

    app = FastAPI()

    async def orders(request: FastAPIRequest, number: int) -> dict[str, str]:
        root = request.scope["root_path"]
        return {
            "script": root,
            "path": request.scope["path"].removeprefix(root),
            "url": request.url_for("order", number=8).path,
            "full": str(request.url_for("order", number=8)),
        }

    # Not as a decorator: FastAPI looks annotations up in the module, where its Request is not imported.
    orders.__annotations__ = {"request": FastAPIRequest, "number": int}
    app.get("/orders/{number}", name="order")(orders)
    return app


def flask() -> Any:
    from flask import Flask, request, url_for

    app = Flask("legacy")

    @app.get("/orders/<int:number>")
    def order(number: int) -> dict[str, str]:
        return {
            "script": request.script_root,
            "path": request.path,
            "url": url_for("order", number=8),
            "full": url_for("order", number=8, _external=True),
        }

    return app


def bottle() -> Any:
    from bottle import Bottle, request

    app = Bottle()

    @app.get("/orders/<number:int>", name="order")
    def order(number: int) -> dict[str, str]:
        url = app.get_url("order", number=8)
        return {
            "script": request.script_name.rstrip("/"),
            "path": request.path,
            "url": url,
            "full": f"{request.urlparts.scheme}://{request.urlparts.netloc}{url}",
        }

    return app


ASGI: dict[str, Callable[[], Any]] = {
    "django": get_asgi_application,
    "starlette": starlette,
    "fastapi": fastapi,
}
WSGI: dict[str, Callable[[], Any]] = {"django": get_wsgi_application, "flask": flask, "bottle": bottle}
