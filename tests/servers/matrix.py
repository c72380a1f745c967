"""The table of servers and scenarios in the manual: ``python -m tests.servers.matrix OUTCOMES.json ...`` writes it.

The files are what the plugin of `tests.helpers.outcomes` leaves of a green run of tests/servers and tests/security (under tox in the
folder ``outcomes`` of its work directory).
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from tests.helpers.outcomes import RAN
from tests.helpers.server_process import COMMANDS
from tests.helpers.wsgi_servers import WSGI_COMMANDS

ROOT = Path(__file__).parents[2]
MANUAL = ROOT / "docs/servers.md"
FOLDERS = ("tests/servers", "tests/security")
ON_SERVERS = {
    "client", "different_server", "four_threads", "host", "name", "probe", "server", "server_name", "warm"
}  # fmt: skip
"""Arguments by which a test says that it is asked of several servers."""
ASGI, WSGI = tuple(COMMANDS), tuple(WSGI_COMMANDS)
PACKAGES = (
    "uvicorn", "httptools", "h11", "uvloop", "hypercorn", "trio", "daphne", "granian", "gunicorn", "gevent", "waitress", "cheroot",
    "werkzeug", "pyuwsgi",
)  # fmt: skip


class Scenario(NamedTuple):
    """A test that is asked of several servers."""

    file: str
    name: str

    @property
    def text(self) -> str:
        return self.name.removeprefix("test_").replace("_", " ")


def scenarios() -> list[Scenario]:
    """All of them, by file and place."""
    found = []
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).glob("test_*.py")):
            for node in ast.parse(path.read_text("utf-8")).body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    arguments = {argument.arg for argument in node.args.args}
                    if arguments & ON_SERVERS:
                        found.append(Scenario(path.relative_to(ROOT).as_posix(), node.name))
    return found


def server_of(node: str) -> str | None:
    """The server in the parameters of a test's id."""
    parameters = node.partition("[")[2].rstrip("]")
    names = sorted({*ASGI, *WSGI}, key=len, reverse=True)
    return next((name for name in names if re.search(rf"(^|-){re.escape(name)}(-|$)", parameters)), None)


Cells = dict[Scenario, dict[str, set[str]]]


def cells_of(outcomes: Iterable[dict[str, str]]) -> Cells:
    """What became of each scenario on each server: `RAN`, reasons, or both where it has variations."""
    cells: Cells = {scenario: defaultdict(set) for scenario in scenarios()}
    for found in outcomes:
        for node, reason in found.items():
            file, _, rest = node.partition("::")
            scenario, server = Scenario(file, rest.partition("[")[0]), server_of(node)
            if scenario in cells and server is not None and not reason.startswith("package: "):
                cells[scenario][server].add(reason)
    return cells


def table(servers: tuple[str, ...], cells: Cells, reasons: list[str]) -> list[str]:
    """One table, of the servers that have been asked anything; ``reasons`` grows by those that it points at."""
    asked = [server for server in servers if any(server in row for row in cells.values())]
    lines = ["| scenario | " + " | ".join(asked) + " |", "|---|" + "---|" * len(asked)]
    for scenario, row in cells.items():
        if any(server in row for server in asked):
            shown = " | ".join(cell(row.get(server, set()), reasons) for server in asked)
            lines.append(f"| {scenario.text} | {shown} |")
    return lines


def cell(found: set[str], reasons: list[str]) -> str:
    """``ok``, the number of the reason why not, or both where some variations ran; empty where it is not asked."""
    parts = ["ok"] if RAN in found else []
    for reason in sorted(found - {RAN}):
        if reason not in reasons:
            reasons.append(reason)
        parts.append(f"[{reasons.index(reason) + 1}]")
    return " ".join(parts)


def versions() -> str:
    found = [f"Python {sys.version.split()[0]}"]
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    return ", ".join(found)


def write(outcomes: list[dict[str, str]]) -> str:
    """The page."""
    cells, reasons = cells_of(outcomes), list[str]()
    on_asgi, on_wsgi = table(ASGI, cells, reasons), table(WSGI, cells, reasons)
    lines = [
        "# Servers and scenarios",
        "",
        "What is asked of every server, over loopback, by real clients. `ok`: it was run and held. A number: it was not run on this server, or not in every",
        "variation, for the reason below. Empty: it is not asked there. Written by `python -m tests.servers.matrix` from a run of the tests.",
        "",
        f"Versions: {versions()}; Apache with mod_wsgi and nginx as Debian has them.",
        "",
        "## WSGI applications and others on ASGI servers",
        "",
        *on_asgi,
        "",
        "## ASGI applications and others on WSGI servers",
        "",
        *on_wsgi,
        "",
        "## Reasons",
        "",
        *(f"{number}. {reason.removeprefix('Skipped: ')}" for number, reason in enumerate(reasons, 1)),
    ]
    return "\n".join(lines) + "\n"


def rows_of(page: str) -> set[str]:
    """The scenarios that a page has."""
    return {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")} - {"scenario"}


def main(paths: list[str]) -> None:
    MANUAL.write_text(write([json.loads(Path(path).read_text("utf-8")) for path in paths]), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
