"""One running server for all tests of a module that ask for the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.helpers import wsgi_servers
from tests.helpers.server_process import ServerProcess, serving

ASGI_SERVERS = [
    "uvicorn-h11",
    "uvicorn-h11-uvloop",
    "uvicorn-httptools",
    "uvicorn-httptools-uvloop",
    "hypercorn",
    "hypercorn-uvloop",
    "hypercorn-trio",
    "daphne",
    "granian",
    "gunicorn-asgi",
]

DIFFERENT_SERVERS = [
    "uvicorn-h11",
    "uvicorn-httptools-uvloop",
    "hypercorn",
    "hypercorn-trio",
    "daphne",
    "granian",
    "gunicorn-asgi",
]
"""For whole applications, which cannot tell the event loops of one server apart."""


@pytest.fixture(scope="session")
def probe_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the probe sends: 3 MiB in which every place is recognizable."""
    path = tmp_path_factory.mktemp("probe") / "file.bin"
    path.write_bytes(b"".join(b"%07d\n" % number for number in range((3 << 20) // 8)))
    return path


@pytest.fixture(scope="module", params=ASGI_SERVERS)
def server_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module", params=DIFFERENT_SERVERS)
def different_server(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module", params=wsgi_servers.DIFFERENT_SERVERS)
def host(request: pytest.FixtureRequest) -> str:
    """Each WSGI server, for whole ASGI applications: their modules define ``server``, which runs on it."""
    name: str = request.param
    return name


@pytest.fixture
def client(server: ServerProcess, host: str) -> Iterator[httpx.Client]:
    """A browser of the application on that server."""
    with wsgi_servers.browser(server, host) as opened:
        yield opened


@pytest.fixture(scope="module")
def probe(server_name: str, probe_file: Path) -> Iterator[ServerProcess]:
    """The probe on each server."""
    with serving(server_name, "tests.servers.apps.probe:app", env={"PROBE_FILE": str(probe_file)}) as server:
        yield server
