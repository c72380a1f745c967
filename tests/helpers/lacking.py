"""A pytest plugin that takes away what another platform lacks, before bridgekit is imported.

``LACKING=windows pytest -p tests.helpers.lacking ...`` comes as near to that platform as Linux can: its own modules
(asyncio among them) keep working, what looks for them afterwards does not find them.
"""

from __future__ import annotations

import asyncio  # noqa: F401  # these read what is taken away at their own import
import multiprocessing  # noqa: F401
import os
import select
import selectors
import signal
import socket
import subprocess  # noqa: F401
import sys
import tempfile  # noqa: F401
from types import ModuleType

import trio  # noqa: F401

MACOS: dict[ModuleType, list[str]] = {
    os: [
        *("eventfd", "eventfd_read", "eventfd_write", "EFD_CLOEXEC", "EFD_NONBLOCK", "EFD_SEMAPHORE"),
        *(
            "memfd_create",
            "pidfd_open",
            "sched_getaffinity",
            "sched_setaffinity",
            "splice",
            "copy_file_range",
        ),
        *("posix_fallocate", "posix_fadvise", "pipe2", "getresuid", "O_DIRECT"),
    ],
    select: ["epoll", *(name for name in dir(select) if name.startswith("EPOLL"))],
    selectors: ["EpollSelector"],
    signal: ["sigtimedwait", "sigwaitinfo", "pidfd_send_signal", "SIGPWR", "SIGSTKFLT"],
}
WINDOWS: dict[ModuleType, list[str]] = {
    os: [
        *MACOS[os],
        *(
            "fork",
            "forkpty",
            "register_at_fork",
            "sendfile",
            "pread",
            "preadv",
            "pwrite",
            "pwritev",
            "fchmod",
        ),
        *("fchown", "chown", "getgid", "getpgid", "setpgid", "setsid", "killpg", "nice"),
        *("mkfifo", "wait", "wait3", "wait4", "getloadavg", "ttyname", "getpriority", "sched_yield"),
        *("O_CLOEXEC", "O_NONBLOCK", "O_DIRECTORY", "O_NOFOLLOW", "O_SYNC", "O_DSYNC", "O_NOCTTY"),
    ],
    select: [*MACOS[select], "poll", *(name for name in dir(select) if name.startswith("POLL"))],
    selectors: [*MACOS[selectors], "PollSelector"],
    signal: [
        *MACOS[signal],
        *("SIGHUP", "SIGQUIT", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGCHLD", "SIGPIPE", "SIGWINCH"),
        *("pthread_kill", "pthread_sigmask", "setitimer", "alarm", "pause", "sigpending", "sigwait"),
    ],
    socket: ["AF_UNIX", "socketpair", "SO_REUSEPORT", "MSG_DONTWAIT", "MSG_NOSIGNAL", "send_fds", "recv_fds"],
}
LACKING = {"macos": MACOS, "windows": WINDOWS}
MISSING_MODULES = {"macos": [], "windows": ["fcntl", "grp", "pwd", "resource", "termios", "pty", "syslog"]}


def take_away(platform: str) -> None:
    for module, names in LACKING[platform].items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for name in MISSING_MODULES[platform]:
        sys.modules[name] = None  # type: ignore[assignment]  # what makes an import fail
    vars(selectors)["DefaultSelector"] = selectors.SelectSelector
    if platform == "windows":
        vars(socket)["socketpair"] = pair_over_loopback


def pair_over_loopback(*_: object) -> tuple[socket.socket, socket.socket]:
    """What Python does on Windows, which has no socketpair()."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        first = socket.create_connection(server.getsockname())
        second, _address = server.accept()
    return first, second


if "LACKING" in os.environ:
    assert "bridgekit" not in sys.modules
    take_away(os.environ["LACKING"])
