"""Channels behind `ASGIToWSGI`: Django for HTTP, a consumer for WebSockets, and the in-memory channel layer between them."""

from __future__ import annotations

import logging
from typing import Any

from tests.servers.apps.django_asgi_app import asgi, urlpatterns  # first: it sets Django up

# isort: split
from asgiref.sync import async_to_sync
from channels.generic.websocket import AsyncJsonWebsocketConsumer, JsonWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.http import HttpRequest, HttpResponse
from django.urls import path

from bridgekit import ASGIToWSGI

logging.basicConfig(level=logging.INFO, format="LOG %(levelname)s %(name)s %(message)s")
logger = logging.getLogger("app")


class Room(AsyncJsonWebsocketConsumer):
    """Hands what one member says to all."""

    async def connect(self) -> None:
        self.name = self.scope["url_route"]["kwargs"]["name"]
        self.user = self.scope["session"].get("user", "nobody")
        await self.channel_layer.group_add(self.name, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.name, self.channel_name)
        logger.info("%s left with %d", self.user, code)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        said = {"type": "said", "user": self.user, "text": content["text"]}
        await self.channel_layer.group_send(self.name, said)

    async def said(self, event: dict[str, Any]) -> None:
        await self.send_json({"user": event["user"], "text": event["text"]})


class Threaded(JsonWebsocketConsumer):
    """A sync consumer: Channels runs it in a thread."""

    def receive_json(self, content: Any, **kwargs: Any) -> None:
        self.send_json({"you said": content})


def announce(request: HttpRequest, name: str) -> HttpResponse:
    """A message from HTTP to the room."""
    layer = get_channel_layer()
    async_to_sync(layer.group_send)(name, {"type": "said", "user": "http", "text": "hear"})
    return HttpResponse("announced")


urlpatterns.append(path("announce/<name>", announce))

app = ASGIToWSGI(
    ProtocolTypeRouter(
        {
            "http": asgi,
            "websocket": AllowedHostsOriginValidator(
                SessionMiddlewareStack(
                    URLRouter([path("rooms/<name>", Room.as_asgi()), path("threaded", Threaded.as_asgi())])
                )
            ),
        }
    )
)
