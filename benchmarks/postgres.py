"""A PostgreSQL server of its own for a benchmark, from Debian's package ``postgresql``."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """The folder of the newest ``initdb``; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running_postgres() -> Iterator[str]:
    """The folder of the server's socket, which is its ``HOST``; its user is ``postgres``, without a password."""
    binaries = programs()
    assert binaries is not None, "apt-get install postgresql"
    folder = Path(tempfile.mkdtemp(prefix="benchmark-postgres-"))
    # PostgreSQL refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    data, log = folder / "data", folder / "log"
    silent = {"stdout": subprocess.DEVNULL, "cwd": folder, "check": True}
    try:
        subprocess.run([*as_user, binaries / "initdb", "-A", "trust", "-U", "postgres", "-D", data], **silent)  # type: ignore[call-overload]
        options = f"-k {folder} -c listen_addresses='' -c max_connections=400 -c fsync=off"
        start = [*as_user, binaries / "pg_ctl", "-w", "-D", data, "-l", log, "-o", options, "start"]
        subprocess.run(start, **silent)  # type: ignore[call-overload]
        try:
            yield str(folder)
        finally:
            stop = [*as_user, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop"]
            subprocess.run(stop, **silent)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
