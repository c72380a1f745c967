"""Run the peers' own tests of their adapters against bridgekit's and compare with the direction's table in docs.

``python -m tests.peers`` puts `WSGIToASGI` in their place, ``python -m tests.peers asgi_to_wsgi`` puts `ASGIToWSGI`. Their source distributions are downloaded when this runs; nothing of theirs is kept. Exits 1 if a test that is not in
the table does not pass, or one that is in the table does.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Direction:
    """The adapter under test: where its exceptions are listed, and each peer's tests of its own such adapter."""

    table: Path
    suites: dict[str, str]


DIRECTIONS = {
    "wsgi_to_asgi": Direction(
        ROOT / "docs" / "peers.md",
        {
            "a2wsgi": "tests/test_wsgi.py",
            "asgiref": "tests/test_wsgi.py",
            "starlette": "tests/middleware/test_wsgi.py",
            "uvicorn": "tests/middleware/test_wsgi.py",
        },
    ),
    "asgi_to_wsgi": Direction(ROOT / "docs" / "peers_asgi_to_wsgi.md", {"a2wsgi": "tests/test_asgi.py"}),
}

DIFFERS = "differs"
NOT_THE_ADAPTER = "not the adapter"


@dataclass(frozen=True)
class Verdict:
    """What became of one test, in the table's words; None for one that passes and proves something."""

    exception: str | None
    message: str = ""


def main(name: str = "wsgi_to_asgi") -> None:
    if name not in DIRECTIONS:
        sys.exit(f"{name} is no direction; there are {', '.join(DIRECTIONS)}")
    direction = DIRECTIONS[name]
    found: dict[str, Verdict] = {}
    with tempfile.TemporaryDirectory() as folder:
        for peer in direction.suites:
            verdicts = run_suite(name, peer, fetch(peer, Path(folder)), Path(folder))
            sys.stdout.write(f"{peer} {version(peer)}: {summary(verdicts)}\n")
            found |= verdicts
    complaints = compare(found, direction.table)
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    sys.exit(1 if complaints else 0)


def version(peer: str) -> str:
    return importlib.metadata.version(peer)


def fetch(peer: str, folder: Path) -> Path:
    """Download and unpack the source of the installed version of `peer`."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--no-binary", peer, "--dest", folder, f"{peer}=={version(peer)}"], check=True)
    (archive,) = folder.glob(f"{peer}-*.tar.gz")
    with tarfile.open(archive) as source:
        source.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def run_suite(direction: str, peer: str, source: Path, folder: Path) -> dict[str, Verdict]:
    """The verdicts on the tests of the peer's suite, by "peer::test"."""
    results = folder / f"{peer}.json"
    empty = folder / "no.ini"  # not the peer's own settings, which name plugins that are not here
    empty.write_text("[pytest]\n")
    options = ["-q", "-c", str(empty), "--rootdir", str(source), "-p", "peer_shim", "-p", "no:randomly"]
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", *options, DIRECTIONS[direction].suites[peer]],
        cwd=source,
        env={
            **os.environ,
            "PEER": peer,
            "PEER_DIRECTION": direction,
            "PEER_RESULTS": str(results),
            "PYTHONPATH": str(Path(__file__).parent),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    # 0: all pass; 1: some do not. Anything else, or no test at all, is no result.
    tests = json.loads(results.read_text()) if results.exists() else {}
    if shown.returncode not in (0, 1) or not tests:
        sys.exit(f"{peer}'s tests did not run:\n{shown.stdout}{shown.stderr}")
    return {f"{peer}::{name.partition('::')[2]}": judge(result) for name, result in tests.items()}


def judge(result: dict[str, object]) -> Verdict:
    if not result["passed"]:
        return Verdict(DIFFERS if result["touched"] else NOT_THE_ADAPTER, str(result["message"]))
    return Verdict(None if result["touched"] else NOT_THE_ADAPTER, "passes without a look at the adapter")


def summary(verdicts: dict[str, Verdict]) -> str:
    exceptions = [verdict.exception for verdict in verdicts.values()]
    counts = [f"{exceptions.count(None)} of {len(exceptions)} tests pass"]
    counts += [
        f"{exceptions.count(kind)} {kind}" for kind in (DIFFERS, NOT_THE_ADAPTER) if kind in exceptions
    ]
    return ", ".join(counts)


def expected_exceptions(text: str) -> dict[str, str]:
    """The table's rows ``| `peer::test` | result | reason |``: test to result."""
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    for row in rows:
        if len(row) != 3 or row[1] not in (DIFFERS, NOT_THE_ADAPTER) or not row[2]:
            sys.exit(f"not a row of test, result and reason: {row}")
    return {row[0].strip("`"): row[1] for row in rows}


def compare(found: dict[str, Verdict], table: Path) -> list[str]:
    """What does not agree, in both directions."""
    expected = expected_exceptions(table.read_text())
    complaints = []
    for test, verdict in found.items():
        if verdict.exception != expected.get(test):
            is_now, was = verdict.exception or "passes", expected.get(test, "passes")
            complaints.append(f"{test}: {is_now} ({verdict.message}); docs/{table.name} says: {was}")
    complaints += [
        f"{test}: in docs/{table.name}, but there is no such test" for test in expected.keys() - found.keys()
    ]
    return complaints


if __name__ == "__main__":
    main(*sys.argv[1:])
