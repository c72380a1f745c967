"""A Starlette application with a websocket."""

from __future__ import annotations

from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute


@asynccontextmanager
async def lifespan(app):
    yield {"started": True}


async def status(request):
    return JSONResponse(
        {
            "script": request.scope["root_path"],
            "status": request.url_for("status").path,
            "started": request.state.started,
        }
    )


async def echo(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(f"echo {text}")


live = Starlette(
    routes=[Route("/status", status, name="status"), WebSocketRoute("/echo", echo)], lifespan=lifespan
)
