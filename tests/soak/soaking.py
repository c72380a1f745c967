"""One server, soaked: what its process had before, what was asked and what came back, and what it has after."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from tests.helpers.descriptors import allow_many
from tests.helpers.server_process import python_m, run_server
from tests.soak.client import Soaking, look
from tests.soak.site import IDLE_SECONDS, STACKS

__all__ = ["STACKS", "soak"]

CLIENTS = 96
"""More than the pool has threads."""
SETTLE_SECONDS = 60.0
LOOK_SECONDS = IDLE_SECONDS + 0.5
"""Between two looks, each of which is a request and keeps a thread from being idle."""
COUNTED = ("threads", "tasks", "fds", "connections")


def soak(stack: str, requests: int, folder: Path, seed: int = 12) -> dict[str, Any]:
    """Figures of one run; ``wrong`` has every answer that was lost or somebody else's, at most twenty of them."""
    allow_many()
    environment = {"SOAK_STACK": stack, "SOAK_DATABASE": str(folder / "soak.sqlite3")}
    with run_server(
        lambda address: [
            *python_m("uvicorn"), "--factory", "--port", str(address[1]), "--log-level", "critical", "--no-access-log",
            "tests.soak.site:make_application",
        ],
        env=environment,
    ) as server:  # fmt: skip
        return asyncio.run(_soak(server.port, requests, seed))


async def _soak(port: int, requests: int, seed: int) -> dict[str, Any]:
    # What a process loads once: the first request of each kind.
    await Soaking(port, 200, seed).run(1)
    before = await _settled(port, None, 0)
    first = before["late"]
    soaking = Soaking(port, requests, seed)
    started = time.perf_counter()
    await soaking.run(CLIENTS)
    seconds = time.perf_counter() - started
    after = await _settled(port, before, first + soaking.tasks)
    return {
        "requests": requests,
        "seconds": round(seconds, 1),
        "kinds": dict(sorted(soaking.counts.items())),
        "wrong": soaking.wrong[:20],
        "tasks_lost": first + soaking.tasks - after["late"],
        "tasks_wrong": after["late_wrong"],
        "before": {name: before[name] for name in COUNTED},
        "after": {name: after[name] for name in COUNTED},
    }


async def _settled(port: int, wanted: dict[str, Any] | None, late: int) -> dict[str, Any]:
    """The state once idle threads have ended: as it was before, or what it comes to."""
    deadline = time.monotonic() + SETTLE_SECONDS
    found = await look(port)
    while time.monotonic() < deadline:
        if wanted and found["late"] >= late and all(found[name] <= wanted[name] for name in COUNTED):
            break
        await asyncio.sleep(LOOK_SECONDS)
        previous, found = found, await look(port)
        if (
            wanted is None
            and all(found[name] == previous[name] for name in COUNTED)
            and not found["connections"]
        ):
            break
    return found
