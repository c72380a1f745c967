"""Run Django's own tests with bridgekit's handlers in the place of Django's, and compare with the table in docs.

``python -m tests.django_suite [label ...]``. The source distribution of the installed version is downloaded when this runs; nothing of
it is kept. First a broken handler has to fail. Exits 1 if a test that meets a handler and is not in the table does not pass, if one
that is in the table does, or if hardly any meets a handler. With labels those alone are run and compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.django_suite.labels import LABELS, PROOF
from tests.peers.__main__ import Results, fetch, version
from tests.peers.verdicts import compare_with, expected_exceptions, judge_whole, summary

TABLE = Path(__file__).parents[2] / "docs" / "django_suite.md"
SHIM = Path(__file__).with_name("suite_shim.py")
SECONDS = 3000

LEAST_MET = 1000
"""Handlers that no request meets any more would make a green run of nothing."""


def main(*labels: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = fetch("django", Path(folder))
        prove(source)
        results = run(source, "bridgekit", labels or LABELS)
        # Some of Django's tests wait for a hundredth of a second: what failed beside another process is run again alone.
        if again := failing(results):
            results |= run_share(source, "bridgekit", 0, again)
        met = {name: result for name, result in results.items() if result["touched"]}
        verdicts, counts = judge_whole(met, fail_bare(source, failing(met)))
    sys.stdout.write(
        f"django {version('django')}: of {len(results)} tests {counts.met} meet a handler; {summary(verdicts)}\n"
    )
    found = {f"django::{name}": verdict for name, verdict in verdicts.items()}
    complaints = compare_with(rows_for(version("django"), labels), found, TABLE)
    if not labels and counts.met < LEAST_MET:
        complaints.append(
            f"only {counts.met} tests meet a handler, not {LEAST_MET}: the others prove nothing"
        )
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    sys.exit(1 if complaints else 0)


def failing(results: Results) -> list[str]:
    return [name for name, result in results.items() if result["outcome"] == "failed"]


def rows_for(django: str, labels: Iterable[str] = ()) -> dict[str, str]:
    """The table's rows for a version of Django and for these labels: ``django 5.2::test`` is of 5.2 alone."""
    rows = {}
    for name, result in expected_exceptions(TABLE.read_text()).items():
        which, _, test = name.partition("::")
        versions = which.split()[1:]
        wanted = not labels or any(test.startswith(f"{label}.") for label in labels)
        if wanted and (not versions or any(django.startswith(f"{one}.") for one in versions)):
            rows[f"django::{test}"] = result
    return rows


def prove(source: Path) -> None:
    """A harness under which a broken handler passes would prove nothing."""
    broken = run(source, "broken", PROOF)
    met = {name: result for name, result in broken.items() if result["touched"]}
    fail = len(failing(met))
    sys.stdout.write(f"with a broken handler {fail} of {len(met)} tests fail that meet one\n")
    if fail < len(met) / 2:
        sys.exit("most tests pass with a broken handler: it is not the one that they meet")


def run(source: Path, variant: str, labels: Iterable[str]) -> Results:
    """What became of each test, by its id; shared among as many processes as there are processors."""
    shares = [share for share in shared_out(sorted(labels), os.cpu_count() or 1) if share]
    with ThreadPoolExecutor(len(shares)) as waiting:
        done = waiting.map(lambda numbered: run_share(source, variant, *numbered), enumerate(shares))
        return {name: result for results in done for name, result in results.items()}


def shared_out(labels: Sequence[str], processes: int) -> list[Sequence[str]]:
    """One label to each process in turn: packages that take long are neighbours in no order."""
    return [labels[first::processes] for first in range(processes)]


def run_share(source: Path, variant: str, number: int, labels: Sequence[str]) -> Results:
    """The results of one process. Django's suite has a database in its memory, and binds to ports that are free."""
    target = source.parent / f"{variant}-{number}.json"
    target.unlink(missing_ok=True)
    command = [sys.executable, "-W", "ignore", str(SHIM), variant, str(target), "runtests.py"]
    done = subprocess.run(
        [*command, "--parallel=1", "--noinput", *labels],
        cwd=source / "tests",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    results: Results = json.loads(target.read_text()) if target.exists() else {}
    if not results:
        sys.exit(f"Django's tests did not run:\n{done.stdout}{done.stderr}")
    return results


def fail_bare(source: Path, failed: list[str]) -> set[str]:
    """Those of the failing tests that fail with Django's own handlers, too."""
    if not failed:
        return set()
    return set(failed) & set(failing(run(source, "bare", failed)))


if __name__ == "__main__":
    main(*sys.argv[1:])
