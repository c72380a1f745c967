"""An application on uvicorn or gunicorn, in a process of its own, and `wrk` as its clients."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

UVICORN = """
import warnings; warnings.simplefilter("ignore")
import sys; sys.path.insert(0, {folder!r})
{code}
import socket, uvicorn
config = uvicorn.Config(app, log_level="critical", lifespan="off", interface="asgi3")
uvicorn.Server(config).run(sockets=[socket.socket(fileno={fd})])
"""

GTHREAD = """
import warnings; warnings.simplefilter("ignore")
import sys; sys.path.insert(0, {folder!r})
from gunicorn.app.base import BaseApplication
class Gunicorn(BaseApplication):
    def load_config(self):
        settings = {{"bind": "fd://{fd}", "worker_class": "gthread", "threads": 10, "loglevel": "critical"}}
        if "control_socket_disable" in self.cfg.settings:
            settings["control_socket_disable"] = True
        for name, value in settings.items():
            self.cfg.set(name, value)
    def load(self):
        names = {{}}
        exec({code!r}, names)
        return names["app"]
Gunicorn().run()
"""
"""One worker process with ten threads. The application is made in the worker: a2wsgi's never answers after a fork."""


class Served:
    """A server on a socket that this process has bound; `code` runs first and sets ``app``. `path` is what is asked for."""

    def __init__(self, code: str, program: str = UVICORN, path: str = "") -> None:
        self.failed = 0
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/{path}"
        fd = self._socket.fileno()
        text = program.format(folder=str(Path(__file__).parent), code=code, fd=fd)
        self._process = subprocess.Popen([sys.executable, "-c", text], pass_fds=[fd])
        # The connection waits in the backlog until it serves: a start-up without a sleep.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.url, timeout=60):
            pass

    def load(self, seconds: float) -> float:
        """Requests answered 200 per second, with 32 connections. Failed ones are counted in `failed`, not in the rate."""
        command = ["wrk", "-t1", "-c32", f"-d{max(1, round(seconds))}s", "--timeout", "20s", self.url]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        all_of_them = int(re.search(r"(\d+) requests in", shown)[1])  # type: ignore[index]
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", shown)
        failed = int(bad[1]) if bad else 0
        self.failed += failed
        rate = float(re.search(r"Requests/sec: +([\d.]+)", shown)[1])  # type: ignore[index]
        return rate * (all_of_them - failed) / all_of_them

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._socket.close()
