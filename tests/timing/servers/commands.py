"""How the servers of these tests are started."""

from __future__ import annotations

import sys

from tests.helpers.raw_http import Address


def gunicorn(target: str, address: Address, workers: int) -> list[str]:
    assert not isinstance(address, str)
    bind = f"{address[0]}:{address[1]}"
    return [sys.executable, "-m", "gunicorn", "--bind", bind, "--workers", str(workers), target]


def uvicorn(target: str, address: Address, workers: int) -> list[str]:
    assert not isinstance(address, str)
    return [sys.executable, "-m", "uvicorn", "--port", str(address[1]), "--workers", str(workers), target]
