"""Whose tests are run, of what, and where those that do not pass are listed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


@dataclass(frozen=True)
class Suite:
    """Tests in the source of one peer.

    :param tests: a file or folder in it.
    :param options: of pytest's command line.
    :param on_demand: it takes minutes, and runs where it is asked for by name.
    """

    tests: str
    options: tuple[str, ...] = ()
    on_demand: bool = False


@dataclass(frozen=True)
class Direction:
    """What of bridgekit is under test.

    :param table: the page that lists the exceptions.
    :param whole: the suites are of frameworks, and most of their tests are of other things: what counts is the tests that
        meet the bridge. How many those are stands in the page, too.
    """

    table: Path
    suites: dict[str, Suite]
    whole: bool = False


# Fails for root, who may read every folder.
READABLE = "tests/test_staticfiles.py::test_staticfiles_with_invalid_dir_permissions_returns_401"

# Run applications in processes of their own, where there is no test client to replace.
ELSEWHERE = tuple(
    f"--ignore-glob=*/test_telemetry/test_{name}.py"
    for name in ("background", "environment_integrations", "integrations", "native_integrations")
)

DIRECTIONS = {
    "wsgi_to_asgi": Direction(
        DOCS / "peers.md",
        {
            "a2wsgi": Suite("tests/test_wsgi.py"),
            "asgiref": Suite("tests/test_wsgi.py"),
            "starlette": Suite("tests/middleware/test_wsgi.py"),
            "uvicorn": Suite("tests/middleware/test_wsgi.py"),
        },
    ),
    "asgi_to_wsgi": Direction(DOCS / "peers_asgi_to_wsgi.md", {"a2wsgi": Suite("tests/test_asgi.py")}),
    "round_trip": Direction(
        DOCS / "suites.md",
        {
            "starlette": Suite("tests", ("-n", "4", "-p", "no:asyncio", "--deselect", READABLE)),
            "fastapi": Suite("tests", ("-n", "2", "-p", "no:asyncio", *ELSEWHERE), on_demand=True),
            # The others of its tests are of its parts, and make no request.
            "waitress": Suite("tests/test_functional.py", ("-n", "4", "-p", "no:asyncio")),
            # Its live tests start its own server in another process, where there is no test client to replace.
            "werkzeug": Suite("tests", ("-p", "no:asyncio", "-m", "not dev_server")),
            "flask": Suite("tests", ("-p", "no:asyncio")),
            "bottle": Suite("test", ("-p", "no:asyncio")),
            "webtest": Suite("tests", ("-p", "no:asyncio")),
        },
        whole=True,
    ),
}
