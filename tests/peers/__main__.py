"""Run the peers' own tests against bridgekit and compare with the direction's table in docs.

``python -m tests.peers`` puts `WSGIToASGI` in the place of their adapters, ``python -m tests.peers asgi_to_wsgi`` puts
`ASGIToWSGI`; ``python -m tests.peers round_trip [peer ...]`` runs the whole suites of frameworks with both between test client and
application: all that do not take minutes, or those that are named. Their source distributions are downloaded when this runs; nothing
of theirs is kept. Exits 1 if a test that is not in the table does not pass, or one that is in the table does.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.peers.directions import DIRECTIONS, Direction, Suite
from tests.peers.verdicts import (
    Counts,
    Verdict,
    compare_counts,
    compare_with,
    expected_exceptions,
    judge,
    judge_whole,
    summary,
)

Results = dict[str, dict[str, Any]]

SECONDS = 900.0
SECONDS_ON_DEMAND = 3600.0


def main(name: str = "wsgi_to_asgi", *peers: str) -> None:
    if name not in DIRECTIONS:
        sys.exit(f"{name} is no direction; there are {', '.join(DIRECTIONS)}")
    direction = DIRECTIONS[name]
    unknown = set(peers) - direction.suites.keys()
    if unknown:
        sys.exit(f"no suite of {', '.join(unknown)}; there are {', '.join(direction.suites)}")
    suites = chosen(direction.suites, peers)
    found: dict[str, Verdict] = {}
    rows: list[str] = []
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count() or 1) as waiting:
        # Most of these suites are one process: side by side they leave no processor idle.
        done = waiting.map(lambda peer: judged(name, peer, Path(folder)), suites)
        for peer, (verdicts, counts) in zip(suites, done, strict=True):
            if counts is not None:
                rows.append(counts.row(peer, version(peer)))
                sys.stdout.write(f"{rows[-1]}\n")
            sys.stdout.write(f"{peer} {version(peer)}: {summary(verdicts)}\n")
            found |= {name_of(peer, test, direction): verdict for test, verdict in verdicts.items()}
    expected = expected_exceptions(direction.table.read_text())
    told = {test: result for test, result in expected.items() if test.partition("::")[0] in suites}
    complaints = compare_with(told, found, direction.table) + compare_counts(rows, direction.table)
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    sys.exit(1 if complaints else 0)


def judged(name: str, peer: str, folder: Path) -> tuple[dict[str, Verdict], Counts | None]:
    """The verdict on each test of the peer, and of a whole suite how many meet the bridge."""
    direction = DIRECTIONS[name]
    suite = direction.suites[peer]
    source = fetch(peer, folder)
    bound = SECONDS_ON_DEMAND if suite.on_demand else SECONDS
    results = run_suite(name, peer, source, [*suite.options, suite.tests], seconds=bound)
    if direction.whole:
        return judge_whole(results, fail_bare(name, peer, source, results))
    return {test: judge(result) for test, result in results.items()}, None


def chosen(suites: Mapping[str, Suite], peers: Collection[str]) -> dict[str, Suite]:
    """The suites of those peers, or all that do not take minutes."""
    return {
        peer: suite for peer, suite in suites.items() if (peer in peers if peers else not suite.on_demand)
    }


def name_of(peer: str, test: str, direction: Direction) -> str:
    """A test's name in the table: without its file, where there is one file only."""
    return f"{peer}::{test.removeprefix('tests/') if direction.whole else test.partition('::')[2]}"


def version(peer: str) -> str:
    return importlib.metadata.version(peer)


def fetch(peer: str, folder: Path) -> Path:
    """Download and unpack the source of the installed version of `peer`."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--no-binary", peer, "--dest", folder, f"{peer}=={version(peer)}"], check=True)
    (archive,) = folder.glob(f"{peer}-*.tar.gz")
    with tarfile.open(archive) as source:
        filters: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # since Python 3.11.4
        source.extractall(folder, **filters)
    return folder / archive.name.removesuffix(".tar.gz")


def run_suite(
    direction: str,
    peer: str,
    source: Path,
    arguments: list[str],
    *,
    bare: bool = False,
    seconds: float = SECONDS,
) -> Results:
    """What became of each test of the peer, by its node id.

    :param bare: leave everything as it is, for comparison.
    :param seconds: how long all of them may take; with what they have printed by then the run ends.
    """
    results = source.with_suffix(".json")
    results.unlink(missing_ok=True)
    empty = source.with_suffix(".ini")  # not the peer's own settings, which name plugins that are not here
    empty.write_text("[pytest]\n")
    options = ["-q", "-c", str(empty), "--rootdir", str(source), "-p", "peer_shim", "-p", "no:randomly"]
    try:
        shown = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *arguments],
            cwd=source,
            env={
                **os.environ,
                "PEER": peer,
                "PEER_DIRECTION": "bare" if bare else direction,
                "PEER_RESULTS": str(results),
                "PYTHONPATH": str(Path(__file__).parent),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as late:
        printed = (late.stdout or b"").decode(errors="replace")
        sys.exit(f"{peer}'s tests were not through after {seconds:.0f} seconds:\n{printed[-2000:]}")
    # 0: all pass; 1: some do not. Anything else, or no test at all, is no result.
    tests: Results = json.loads(results.read_text()) if results.exists() else {}
    if shown.returncode not in (0, 1) or not tests:
        sys.exit(f"{peer}'s tests did not run:\n{shown.stdout}{shown.stderr}")
    return tests


def fail_bare(direction: str, peer: str, source: Path, results: Results) -> set[str]:
    """Those of the failing tests that fail without bridgekit, too."""
    failed = [test for test, result in results.items() if result["outcome"] == "failed"]
    if not failed:
        return set()
    bare = run_suite(direction, peer, source, ["-p", "no:asyncio", *failed], bare=True)
    return {test for test in failed if bare[test]["outcome"] == "failed"}


if __name__ == "__main__":
    main(*sys.argv[1:])
