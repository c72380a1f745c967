"""A FastAPI application behind `ASGIToWSGI`: injected dependencies, validation, lifespan state, stream, background task."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, TypedDict

from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Request, UploadFile, WebSocket
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from bridgekit import ASGIToWSGI

logging.basicConfig(level=logging.INFO, format="LOG %(levelname)s %(name)s %(message)s")
logger = logging.getLogger("app")
released = asyncio.Event()


class State(TypedDict):
    stock: dict[str, int]
    pid: int


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[State]:
    yield {"stock": {"apple": 3}, "pid": os.getpid()}


async def user(authorization: Annotated[str | None, Header()] = None) -> str:
    if authorization != "Bearer ada":
        raise HTTPException(401, "who are you?", {"WWW-Authenticate": "Bearer"})
    return "ada"


def connection(user: Annotated[str, Depends(user)]) -> Iterator[str]:
    """A dependency with an end, in a thread: FastAPI leaves it after the response."""
    yield f"connection of {user}"
    logger.info("connection of %s closed", user)


class Order(BaseModel):
    item: str
    count: int = Field(gt=0)


class Confirmation(BaseModel):
    item: str
    left: int
    through: str


fastapi = FastAPI(lifespan=lifespan)


@fastapi.post("/orders", status_code=201)
async def order(
    order: Order, request: Request, connection: Annotated[str, Depends(connection)]
) -> Confirmation:
    stock = request.state.stock
    return Confirmation(item=order.item, left=stock[order.item] - order.count, through=connection)


@fastapi.get("/squares/{number}")
def square(number: int) -> dict[str, int]:
    """A plain function, which FastAPI runs in a thread."""
    return {"square": number * number}


@fastapi.post("/files")
async def files(file: UploadFile) -> dict[str, Any]:
    return {"name": file.filename, "digest": hashlib.sha256(await file.read()).hexdigest()}


@fastapi.get("/stream")
async def stream(tag: str) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        for number in range(200):
            yield f"{number} {tag}\n"

    return StreamingResponse(lines(), media_type="text/plain")


async def work(word: str) -> None:
    await released.wait()
    logger.info("background task ended: %s", word)


@fastapi.post("/background", status_code=202)
async def background(word: str, tasks: BackgroundTasks) -> str:
    released.clear()
    tasks.add_task(work, word)
    return "accepted"


@fastapi.post("/release")
async def release() -> str:
    """Let the background task end, and see it end: some servers let no thread run between requests."""
    released.set()
    await asyncio.sleep(0.1)
    return "released"


@fastapi.websocket("/echo")
async def echo(websocket: WebSocket, user: Annotated[str, Header()]) -> None:
    await websocket.accept()
    while True:
        await websocket.send_json({"user": user, "said": await websocket.receive_json()})


app = ASGIToWSGI(fastapi)
