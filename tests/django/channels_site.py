"""Served by test_mounting_channels: Django with a websocket consumer of Channels under /ws, under ASGI and under WSGI."""

from __future__ import annotations

from typing import Any

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import SessionMiddlewareStack
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from starlette.applications import Starlette
from starlette.routing import Mount
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bridgekit import ASGIToWSGI
from tests.helpers.loosely import loosely

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "channels",
    ],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="for tests",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    USE_TZ=True,
)
django.setup()


def sign_in(request: HttpRequest) -> HttpResponse:
    request.session["name"] = "Ada"
    return HttpResponse("signed in")


urlpatterns = [path("sign-in/", sign_in)]


class Room(AsyncWebsocketConsumer):
    """Echoes with the name of the session that Django gave, the room of the URL, and where it is mounted."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        scope: dict[str, Any] = self.scope
        await self.send(
            f"{scope['session'].get('name')} in {scope['url_route']['kwargs']['room']} "
            f"below {scope['root_path']!r}: {text_data}"
        )


rooms = SessionMiddlewareStack(URLRouter([path("rooms/<slug:room>", Room.as_asgi())]))

mounted_asgi = Starlette(routes=[Mount("/ws", rooms), Mount("/", loosely(get_asgi_application()))])
mounted_wsgi = DispatcherMiddleware(get_wsgi_application(), {"/ws": ASGIToWSGI(rooms)})

# As Channels' own documentation has it, by protocol and not by path.
by_protocol = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": rooms})
