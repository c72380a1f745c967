"""Which tests ran: a pytest plugin that writes it down for each tox environment, and the look at all of them.

``python -m tests.helpers.outcomes FOLDER`` ends with an error when a test ran in no environment though nothing but a
Python package or a command line of tox.ini is in its way; what the machine lacks (a browser, Apache, an interpreter) and
what a server cannot do is listed with its reason.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.helpers.ran_on import note_versions

ROOT = Path(__file__).parents[2]
FILE = "BRIDGEKIT_TEST_OUTCOMES"
"""The environment variable that names the file to write: one for each environment of tox, in one folder."""
RAN = ""
FAILED = "failed"


class Outcomes:
    """Node ids with the reason for which they were skipped, `FAILED` (in set-up and clean-up, too), or `RAN`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.found[report.nodeid] = reason_of(report.longrepr)
        elif report.failed:
            self.found[report.nodeid] = FAILED
        elif report.when == "call":
            self.found[report.nodeid] = RAN

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:  # a whole module
            self.found[report.nodeid] = reason_of(report.longrepr)

    def pytest_sessionfinish(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.found, indent=0))
        note_versions(self.path.parent.parent / "versions", self.path.stem)


def reason_of(skipped: object) -> str:
    """The reason, after "package: " where `pytest.importorskip` gave it."""
    if not isinstance(skipped, tuple):
        return str(skipped)
    path, line, reason = skipped
    lines = Path(ROOT, path).read_text("utf-8").splitlines()
    asked = 0 < line <= len(lines) and "importorskip(" in lines[line - 1]
    return f"package: {reason}" if asked else str(reason)


def never_run(outcomes: list[dict[str, str]]) -> dict[str, set[str]]:
    """The tests and modules that ran nowhere, with the reasons."""
    reasons: dict[str, set[str]] = defaultdict(set)
    ran: set[str] = set()
    for found in outcomes:
        for node, reason in found.items():
            if reason == RAN:
                ran.update((node, node.partition("::")[0]))
            else:
                reasons[node].add(reason)
    return {node: why for node, why in sorted(reasons.items()) if node not in ran}


def untouched_files(outcomes: list[dict[str, str]], root: Path = ROOT) -> list[str]:
    """The files of tests that no environment has even looked at."""
    seen = {node.partition("::")[0] for found in outcomes for node in found}
    files = {path.relative_to(root).as_posix() for path in (root / "tests").rglob("test_*.py")}
    return sorted(files - seen)


def main(folder: str) -> int:
    outcomes = [json.loads(path.read_text()) for path in sorted(Path(folder).glob("*.json"))]
    lines, is_wrong = [], False
    for node, reasons in never_run(outcomes).items():
        avoidable = any(reason.startswith("package: ") for reason in reasons)
        is_wrong |= avoidable
        lines.append(f"{'WRONG ' if avoidable else ''}{node}: {'; '.join(sorted(reasons))}")
    for file in untouched_files(outcomes):
        is_wrong = True
        lines.append(f"WRONG {file}: in no environment of tox.ini")
    count = len({node for found in outcomes for node, reason in found.items() if reason == RAN})
    sys.stdout.write("\n".join([*lines, f"{count} tests ran in {len(outcomes)} environments", ""]))
    return int(is_wrong)


def plugin() -> Outcomes | None:
    """What `tests.conftest` registers in the process that sees all reports, under tox."""
    file, worker = os.environ.get(FILE), os.environ.get("PYTEST_XDIST_WORKER")
    return Outcomes(Path(file)) if file and not worker else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
