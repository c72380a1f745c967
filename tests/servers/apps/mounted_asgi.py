"""The ASGI application of `bridged_asgi` as a framework runs it below a sub-path, which is ``root_path``."""

from __future__ import annotations

from bridgekit import ASGIToWSGI
from bridgekit.typing import Receive, Scope, Send
from tests.servers.apps.bridged_asgi import asgi_app


async def below(scope: Scope, receive: Receive, send: Send) -> None:
    if "path" in scope:
        scope = {**scope, "path": scope["path"].removeprefix(scope["root_path"])}
    await asgi_app(scope, receive, send)


app = ASGIToWSGI(below, disconnect_grace=0.2)
