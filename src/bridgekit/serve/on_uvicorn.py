"""uvicorn's own command, except that the application is imported before the event loop runs.

uvicorn imports it in a coroutine: there `asyncio.run` at import is an error, and Django refuses queries in ``ready()``.
`uvicorn.Server.run` is what each of its processes (the only one, a worker, a reloaded one) calls to start its loop.
Workers are spawned: they get the change because multiprocessing imports the main module again, and that is this one.
"""

from __future__ import annotations

import functools
import multiprocessing
import socket

from uvicorn.main import main
from uvicorn.server import Server

from bridgekit.serve.app import load

WORKER_CANNOT_START = 3
"""uvicorn's STARTUP_FAILURE: its supervisor gives up instead of starting the worker again."""

run = Server.run


@functools.wraps(run)
def run_with_application(server: Server, sockets: list[socket.socket] | None = None) -> None:
    load(2 if multiprocessing.parent_process() is None else WORKER_CANNOT_START)
    run(server, sockets)


if __name__ in ("__main__", "__mp_main__"):
    Server.run = run_with_application  # type: ignore[method-assign, assignment]  # what this module is for

if __name__ == "__main__":
    main(prog_name="uvicorn")
