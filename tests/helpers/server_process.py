"""Real servers as subprocesses on loopback: start, wait until they answer, read their log and memory, stop.

::

    with serving("uvicorn", "tests.servers.apps.plain:app", workers=2) as server:
        response = raw_http.request(server.address, "GET", "/")

`COMMANDS` names every way to start one; each entry turns a target ("module:attribute"), an address and a number of
workers into a command line. The targets are imported from the root of the source tree.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.process_tree import peak_memory, process_tree, reset_peak_memory
from tests.helpers.raw_http import Address

ROOT = Path(__file__).parents[2]
START_SECONDS = 40.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.02


class ServerFailed(Exception):
    """The server ended, or did not answer, before its time; the message ends with its log."""


@dataclass(frozen=True)
class ServerProcess:
    """A running server."""

    process: subprocess.Popen[bytes]
    address: Address
    log_path: Path

    @property
    def port(self) -> int:
        """The TCP port; an `AssertionError` on a unix socket."""
        assert not isinstance(self.address, str), "this server listens on a unix socket"
        return self.address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        """What the server and its workers wrote to stdout and stderr so far."""
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, text: str, *, seconds: float = 10.0, count: int = 1) -> str:
        """Wait until `text` stands in the log at least `count` times and return the log."""
        wait_until(
            lambda: self.log().count(text) >= count, seconds, lambda: f"{text!r} not in:\n{self.log()}"
        )
        return self.log()

    def pids(self) -> list[int]:
        """The server's process and its workers."""
        return process_tree(self.process.pid)

    @contextlib.contextmanager
    def memory_growth(self) -> Iterator[Callable[[], int]]:
        """Give a function that tells, in bytes, by how much the resident memory has peaked above its start.

        The kernel keeps the peak ("VmHWM"), so nothing that comes and goes between two looks is missed. Processes
        are measured one by one and the worst is told.
        """
        before = {}
        for pid in self.pids():
            reset_peak_memory(pid)
            before[pid] = peak_memory(pid)
        yield lambda: max(peak_memory(pid) - start for pid, start in before.items())

    def stop(self) -> int:
        """Ask the server to stop, as a supervisor does; return its exit code. `ServerFailed` if it does not."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise ServerFailed(f"did not stop on SIGTERM:\n{self.log()}") from None
        finally:
            self.kill()

    def kill(self) -> None:
        """End whatever is left of the server's process group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_SECONDS)


Command = Callable[[str, Address, int], list[str]]


def uvicorn(*options: str) -> Command:
    def command(target: str, address: Address, workers: int) -> list[str]:
        bind = ["--uds", address] if isinstance(address, str) else ["--port", str(address[1])]
        return [*python_m("uvicorn"), *bind, "--workers", str(workers), *options, target]

    return command


def hypercorn(*options: str) -> Command:
    def command(target: str, address: Address, workers: int) -> list[str]:
        bind = f"unix:{address}" if isinstance(address, str) else f"127.0.0.1:{address[1]}"
        return [*python_m("hypercorn"), "--bind", bind, "--workers", str(workers), *options, target]

    return command


def granian(*options: str) -> Command:
    def command(target: str, address: Address, workers: int) -> list[str]:
        bind = ["--uds", address] if isinstance(address, str) else ["--port", str(address[1])]
        return [*python_m("granian"), *bind, "--workers", str(workers), *options, target]

    return command


def daphne(target: str, address: Address, workers: int) -> list[str]:
    assert workers == 1, "daphne has no worker processes"
    bind = ["-u", address] if isinstance(address, str) else ["-p", str(address[1])]
    return [*python_m("daphne"), *bind, target]


def gunicorn_asgi(target: str, address: Address, workers: int) -> list[str]:
    """gunicorn's own ASGI worker, which has been there since its version 24."""
    bind = f"unix:{address}" if isinstance(address, str) else f"127.0.0.1:{address[1]}"
    return [
        *python_m("gunicorn"),
        "-k",
        "asgi",
        "-b",
        bind,
        "-w",
        str(workers),
        "--no-control-socket",
        target,
    ]


def python_m(module: str) -> list[str]:
    return [sys.executable, "-m", module]


COMMANDS: dict[str, Command] = {
    "uvicorn": uvicorn(),
    "uvicorn-h11": uvicorn("--http", "h11", "--loop", "asyncio"),
    "uvicorn-h11-uvloop": uvicorn("--http", "h11", "--loop", "uvloop"),
    "uvicorn-httptools": uvicorn("--http", "httptools", "--loop", "asyncio"),
    "uvicorn-httptools-uvloop": uvicorn("--http", "httptools", "--loop", "uvloop"),
    "hypercorn": hypercorn("--worker-class", "asyncio"),
    "hypercorn-uvloop": hypercorn("--worker-class", "uvloop"),
    "hypercorn-trio": hypercorn("--worker-class", "trio"),
    "daphne": daphne,
    "granian": granian("--interface", "asgi"),
    "gunicorn-asgi": gunicorn_asgi,
    "granian-wsgi": granian("--interface", "wsgi"),
}
"""Every way to start a server, by name; the part after the dash is the variant."""


@contextlib.contextmanager
def serving(
    name: str,
    target: str,
    *,
    workers: int = 1,
    options: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    unix_socket: bool = False,
) -> Iterator[ServerProcess]:
    """Run `target` on the server `name` of `COMMANDS` until the block ends; `options` are the server's own."""

    def command(address: Address) -> list[str]:
        return [*COMMANDS[name](target, address, workers), *options]

    with run_server(command, env=env, unix_socket=unix_socket) as server:
        yield server


@contextlib.contextmanager
def run_server(
    command: Callable[[Address], Sequence[str]],
    *,
    env: Mapping[str, str] | None = None,
    unix_socket: bool = False,
    cwd: Path = ROOT,
) -> Iterator[ServerProcess]:
    """Start what `command` makes of a free address, wait until it answers, and stop it at the end of the block.

    The development mode of the test run is not handed on: it slows the event loop and changes the allocator, and
    what is measured here is what users run. A test that wants it passes ``env={"PYTHONDEVMODE": "1"}``.
    """
    _heed_interrupts()
    with tempfile.TemporaryDirectory() as folder:
        server = _start(command, Path(folder), env, unix_socket=unix_socket, cwd=cwd)
        try:
            yield server
        finally:
            server.kill()


def _heed_interrupts() -> None:
    """A shell starts what it runs in the background with SIGINT ignored, which every child inherits: no server would stop."""
    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    ):
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _start(
    command: Callable[[Address], Sequence[str]],
    folder: Path,
    env: Mapping[str, str] | None,
    *,
    unix_socket: bool,
    cwd: Path,
    attempts: int = 3,
) -> ServerProcess:
    # A free port can be taken by somebody else before the server binds it: then take another one.
    for attempt in range(1, attempts + 1):
        address = str(folder / "server.sock") if unix_socket else ("127.0.0.1", free_port())
        server = _spawn(command(address), address, folder / f"log{attempt}", env, cwd)
        try:
            _wait_until_it_answers(server)
        except ServerFailed:
            server.kill()
            if attempt == attempts or "address already in use" not in server.log().lower():
                raise
        except BaseException:
            server.kill()
            raise
        else:
            return server
    raise AssertionError("unreachable")


def _spawn(
    command: Sequence[str], address: Address, log_path: Path, env: Mapping[str, str] | None, cwd: Path
) -> ServerProcess:
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDEVMODE"}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=inherited | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"} | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its own group: workers can be ended with it, and nobody else
        )
    return ServerProcess(process, address, log_path)


def _wait_until_it_answers(server: ServerProcess) -> None:
    def answers() -> bool:
        if server.process.poll() is not None:
            raise ServerFailed(f"exit code {server.process.returncode} at start:\n{server.log()}")
        return connects(server.address)

    wait_until(answers, START_SECONDS, lambda: f"nobody answers on {server.address}:\n{server.log()}")


def wait_until(condition: Callable[[], bool], seconds: float, failure: Callable[[], str]) -> None:
    """Poll another process's state, which no event can tell; `ServerFailed` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ServerFailed(failure())
        time.sleep(POLL_SECONDS)


def connects(address: Address) -> bool:
    """Whether somebody accepts connections at `address`."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(address) == 0


def free_port() -> int:
    """A TCP port of loopback that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
