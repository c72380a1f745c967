"""Run Django's own tests with bridgekit's handlers in the place of Django's, and compare with the table in docs.

``python -m tests.django_suite [label ...]``. The source distribution of the installed version is downloaded when this runs; nothing of
it is kept. First a broken handler has to fail. Exits 1 if a test that is not in the table does not pass, if one that is in the table
does, or if fewer tests meet a handler than the table says. With labels only those are run, and what they say is compared alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.django_suite.labels import LABELS, PROOF
from tests.peers.__main__ import Results, fetch, version
from tests.peers.verdicts import (
    Counts,
    compare_counts,
    compare_with,
    expected_exceptions,
    judge_whole,
    summary,
)

TABLE = Path(__file__).parents[2] / "docs" / "django_suite.md"
SHIM = Path(__file__).with_name("suite_shim.py")
SECONDS = 3000


def main(*labels: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = fetch("django", Path(folder))
        prove(source)
        results = run(source, "bridgekit", labels or LABELS)
        failed = [name for name, result in results.items() if result["outcome"] == "failed"]
        verdicts, counts = judge_whole(results, fail_bare(source, failed))
    found = {f"django::{name}": verdict for name, verdict in verdicts.items()}
    row = row_of(counts)
    sys.stdout.write(f"{row}\ndjango {version('django')}: {summary(verdicts)}\n")
    complaints = compare_with(expected(labels), found, TABLE)
    if not labels:
        complaints += compare_counts([row], TABLE)
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    sys.exit(1 if complaints else 0)


def row_of(counts: Counts) -> str:
    return f"| {version('django')} | {counts.ran} | {counts.met} | {counts.passed} |"


def expected(labels: Iterable[str]) -> dict[str, str]:
    """The table's rows that are of these labels and of this version: ``django 5.2::test`` is of that alone."""
    rows = {}
    for name, result in expected_exceptions(TABLE.read_text()).items():
        which, _, test = name.partition("::")
        versions = which.split()[1:]
        wanted = not labels or any(test.startswith(f"{label}.") for label in labels)
        if wanted and (not versions or any(version("django").startswith(f"{one}.") for one in versions)):
            rows[f"django::{test}"] = result
    return rows


def prove(source: Path) -> None:
    """A harness under which a broken handler passes would prove nothing."""
    broken = run(source, "broken", PROOF)
    touched = [result for result in broken.values() if result["touched"] and result["outcome"] != "skipped"]
    fail = sum(result["outcome"] == "failed" for result in touched)
    sys.stdout.write(f"with a broken handler {fail} of {len(touched)} tests fail that meet one\n")
    if fail < len(touched) / 2:
        sys.exit("most tests pass with a broken handler: it is not the one that they meet")


def run(source: Path, variant: str, labels: Iterable[str]) -> Results:
    """What became of each test, by its id."""
    target = source.parent / f"{variant}.json"
    target.unlink(missing_ok=True)
    command = [sys.executable, "-W", "ignore", str(SHIM), variant, str(target), "--parallel=1", "--noinput"]
    done = subprocess.run(
        [*command, *labels],
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
    # An error of setUpClass has no test of its own.
    names = [name for name in failed if "(" not in name]
    classes = [name.partition("(")[2].rstrip(")") for name in failed if "(" in name]
    bare = run(source, "bare", [*names, *classes])
    return {name for name in failed if bare.get(name, {}).get("outcome") == "failed"}


if __name__ == "__main__":
    main(*sys.argv[1:])
