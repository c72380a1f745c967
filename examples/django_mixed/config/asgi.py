"""For ASGI servers: Django, a legacy WSGI app under /legacy, a Starlette app with a websocket under /live."""

from __future__ import annotations

import os

from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute

from bridgekit import WSGIToASGI
from bridgekit.django import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.prod")
django_application = get_asgi_application()

from shop.legacy import legacy  # noqa: E402  # Django must be set up first
from shop.live import lifespan, live  # noqa: E402


async def no_websocket(websocket):
    """Refuse the handshake (403). Django itself raises an exception at a websocket, which servers log and answer with 500."""
    await websocket.close()


def beside(django_application):
    """Django with what is mounted beside it. Starlette does not run the lifespans of what it mounts: the outer one has the inner one's."""
    return Starlette(
        routes=[
            Mount("/legacy", WSGIToASGI(legacy)),
            Mount("/live", live),
            WebSocketRoute("/{path:path}", no_websocket),
            Mount("/", django_application),
        ],
        lifespan=lifespan,
    )


application = beside(django_application)
