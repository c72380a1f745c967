"""Run the tests of Django's admin with both adapters between its test client and its handler.

``python -m tests.django_suite.admin [label ...]``. Compared with docs/suites.md: exits 1 if a test that crosses and is not named there does
not pass, if one that is named does, or if the page has other counts.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.django_suite.__main__ import fail_bare, failing, run
from tests.django_suite.labels import ADMIN
from tests.peers.__main__ import fetch, version
from tests.peers.verdicts import compare_counts, compare_with, expected_exceptions, judge_whole

TABLE = Path(__file__).parents[2] / "docs" / "suites.md"


def main(*labels: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = fetch("django", Path(folder))
        results = run(source, "round_trip", labels or ADMIN)
        met = {name: result for name, result in results.items() if result["touched"]}
        verdicts, counts = judge_whole(results, fail_bare(source, failing(met)))
    row = counts.row("django", version("django"))
    sys.stdout.write(f"{row}\n")
    found = {f"django::{name}": verdict for name, verdict in verdicts.items()}
    rows = expected_exceptions(TABLE.read_text())
    expected = {test: result for test, result in rows.items() if test.startswith("django::")}
    complaints = compare_with(expected, found, TABLE)
    if not labels:
        complaints += compare_counts([row], TABLE)
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
