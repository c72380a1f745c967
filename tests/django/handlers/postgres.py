"""A PostgreSQL server of its own, on a socket in a folder, where Debian's package is installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def program(name: str) -> str | None:
    """Debian keeps the server's programs away from PATH."""
    return next((str(place / name) for place in _PLACES if (place / name).exists()), None) or shutil.which(
        name
    )


def why_not() -> str:
    """Why no server can be started here; empty where one can."""
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed"
    return "" if program("initdb") and program("pg_ctl") else "PostgreSQL's server is not installed"


@contextmanager
def postgres() -> Iterator[dict[str, Any]]:
    """What Django's DATABASES say of a server that runs inside the block."""
    with tempfile.TemporaryDirectory(prefix="bridgekit-pg-") as name:
        folder = Path(name)
        options: dict[str, Any] = {"cwd": name, "check": True, "stdout": subprocess.DEVNULL, "timeout": 120}
        if os.geteuid() == 0:  # initdb refuses root
            options |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(folder, "nobody", "nogroup")
        data = str(folder / "data")
        subprocess.run([str(program("initdb")), "-D", data, "-U", "tests", "-A", "trust", "-N"], **options)
        control = [str(program("pg_ctl")), "-D", data, "-w", "-l", str(folder / "log")]
        settings = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=40"
        subprocess.run([*control, "-o", settings, "start"], **options)
        try:
            yield {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": name,
                "NAME": "postgres",
                "USER": "tests",
            }
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **options)
