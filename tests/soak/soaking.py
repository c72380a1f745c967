"""One server, soaked: what its process had before, what was asked and what came back, and what it has after."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from tests.helpers.descriptors import allow_many
from tests.helpers.server_process import python_m, run_server
from tests.soak.bridged import ASGI_STACKS, WSGI_STACKS
from tests.soak.client import BRIDGED, KINDS, MISBEHAVING, ON_WSGI, SECONDS, Connection, Soaking, look
from tests.soak.site import IDLE_SECONDS

BRIDGED_STACKS = (*ASGI_STACKS, *WSGI_STACKS)
MEMORY_MIB = 24
"""How much more memory a process may have after many requests than after the first of them: what its allocator keeps."""

KEPT = ("--timeout-keep-alive", "75")
"""uvicorn closes a connection after five idle seconds. Clients that the machine lets wait so long would find it closed (RFC 9112 9.5)."""

GUNICORN_THREADS = 64
"""gunicorn starts one where none is idle, and ends none."""

CLIENTS = 96
"""More than the pool has threads."""
SETTLE_SECONDS = 60.0
LOOK_SECONDS = IDLE_SECONDS + 0.5
"""Between two looks, each of which is a request and keeps a thread from being idle."""
COUNTED = ("threads", "tasks", "fds", "connections", "memory")
"""Memory in MiB. The adapters have no database connections."""
HOUR = 3600.0
"""The longest that the requests of one stack may take."""


def soak(stack: str, requests: int, folder: Path, seed: int = 12, seconds: float = HOUR) -> dict[str, Any]:
    """Figures of one run; ``wrong`` has every answer that was lost or somebody else's, at most twenty of them."""
    allow_many()
    environment = {"SOAK_STACK": stack, "SOAK_DATABASE": str(folder / "soak.sqlite3")}
    with run_server(site_command, env=environment) as server:
        return asyncio.run(_soak(server.port, requests, seed, seconds))


def soak_bridged(stack: str, requests: int, seed: int = 12, seconds: float = HOUR) -> dict[str, Any]:
    """The same of an application behind the adapters. ``untimed`` has how many answered requests the timing has no record of."""
    allow_many()
    with run_server(lambda address: bridged_command(stack, address), env={"SOAK_STACK": stack}) as server:
        kinds = BRIDGED if stack in ASGI_STACKS else ON_WSGI
        threads = 0 if stack in ASGI_STACKS else GUNICORN_THREADS
        return asyncio.run(_soak_bridged(server.port, requests, seed, seconds, kinds, threads))


def site_command(address: Any) -> list[str]:
    """Of the Django site; the environment names its stack."""
    options = ["--factory", "--port", str(address[1]), "--log-level", "critical", "--no-access-log", *KEPT]
    return [*python_m("uvicorn"), *options, "tests.soak.site:make_application"]


def bridged_command(stack: str, address: Any) -> list[str]:
    if stack in ASGI_STACKS:
        options = [
            "--factory",
            "--port",
            str(address[1]),
            "--log-level",
            "critical",
            "--no-access-log",
            *KEPT,
        ]
        return [*python_m("uvicorn"), *options, "tests.soak.bridged:on_asgi"]
    options = [
        "-k",
        "gthread",
        "--threads",
        str(GUNICORN_THREADS),
        "--keep-alive",
        "75",
        "--no-control-socket",
        "--log-level",
        "critical",
    ]
    return [*python_m("gunicorn"), *options, "-b", f"127.0.0.1:{address[1]}", "tests.soak.bridged:on_wsgi"]


async def _soak_bridged(
    port: int, requests: int, seed: int, seconds: float, kinds: tuple[str, ...], threads: int
) -> dict[str, Any]:
    await _warm_up(port, requests, seed, seconds, kinds)
    await _occupy(port, threads)
    before = await _settled(port)
    soaking, took = await _asked(port, requests, seed, seconds, kinds)
    after = await _settled(port, before)
    gone = sum(count for kind, count in soaking.counts.items() if kind.startswith("gone"))
    recorded = after["recorded"] - before["recorded"]
    return {
        **_figures(requests, took, soaking, before, after),
        "untimed": max(0, requests - gone - recorded),
        "foreign": after["foreign"],
    }


async def _soak(port: int, requests: int, seed: int, seconds: float) -> dict[str, Any]:
    warm = await _warm_up(port, requests, seed, seconds, KINDS)
    before = await _settled(port, late=warm.tasks)
    soaking, took = await _asked(port, requests, seed, seconds, KINDS)
    late = warm.tasks + soaking.tasks
    after = await _settled(port, before, late)
    return {
        **_figures(requests, took, soaking, before, after),
        "tasks_lost": late - after["late"],
        "tasks_wrong": after["late_wrong"],
    }


async def _warm_up(port: int, requests: int, seed: int, seconds: float, kinds: tuple[str, ...]) -> Soaking:
    """Threads, arenas and caches come with the first requests."""
    warm = Soaking(port, max(requests // 5, 200), seed, kinds)
    await warm.run(CLIENTS, seconds)
    return warm


async def _occupy(port: int, threads: int) -> None:
    """Have so many requests in the server's threads at a time, each of which misses its last byte: how many are started is chance otherwise."""
    held = [Connection(port) for _ in range(threads - 1)]
    for connection in held:
        await connection.send(
            b"POST /echo/?token=- HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n-"
        )
    async with asyncio.timeout(SECONDS):
        while held and (await look(port))["threads"] <= threads:  # the main one is none of them
            pass
    for connection in held:
        await connection.send(b"-")
        await connection.answer()
        connection.leave()


async def _asked(
    port: int, requests: int, seed: int, seconds: float, kinds: tuple[str, ...]
) -> tuple[Soaking, float]:
    """The clients, when they are done, and how long they took."""
    soaking = Soaking(port, requests, seed + 1, kinds)
    started = time.perf_counter()
    await soaking.run(CLIENTS, seconds)
    return soaking, time.perf_counter() - started


def _figures(
    requests: int, took: float, soaking: Soaking, before: dict[str, Any], after: dict[str, Any]
) -> dict[str, Any]:
    misbehave = sum(count for kind, count in soaking.counts.items() if kind in MISBEHAVING)
    return {
        "requests": requests,
        "seconds": round(took, 1),
        "kinds": dict(sorted(soaking.counts.items())),
        "misbehaving": f"{misbehave / requests:.1%}",
        "wrong": soaking.wrong[:20],
        "before": {name: before[name] for name in COUNTED if name in before},
        "after": {name: after[name] for name in COUNTED if name in after},
    }


async def _settled(port: int, wanted: dict[str, Any] | None = None, late: int = 0) -> dict[str, Any]:
    """The state once idle threads have ended and clients that have left are noticed: as it was before, or what it comes to."""
    deadline = time.monotonic() + SETTLE_SECONDS
    found = await look(port)
    while time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
        previous, found = found, await look(port)
        if wanted is None:
            rests = not (grown(previous, found) or grown(found, previous) or found.get("connections"))
        else:
            rests = not grown(wanted, found)
        if rests and found.get("late", 0) >= late:
            break
    return found


def grown(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What is more after than before; memory by more than it may be."""
    return [
        name
        for name in COUNTED
        if name in before and after[name] > before[name] + (MEMORY_MIB if name == "memory" else 0)
    ]
