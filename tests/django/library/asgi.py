"""The entry point for ASGI servers: the handler, or Channels' router around it."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.django.library.settings")

if os.environ.get("LIBRARY_HANDLERS") == "django":
    from django.core.asgi import get_asgi_application
else:
    from bridgekit.django import get_asgi_application

application: Any = get_asgi_application()

if "channels" in os.environ.get("LIBRARY_WITH", "").split():
    from channels.generic.websocket import AsyncWebsocketConsumer
    from channels.routing import ProtocolTypeRouter, URLRouter
    from django.urls import path

    class Echo(AsyncWebsocketConsumer):
        async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
            await self.send(f"heard {text_data}")

    application = ProtocolTypeRouter(
        {"http": application, "websocket": URLRouter([path("echo/", Echo.as_asgi())])}
    )
