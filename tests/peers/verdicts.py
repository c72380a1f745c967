"""What became of the peers' tests, and whether the page in docs says the same."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

DIFFERS = "differs"
NOT_THE_ADAPTER = "not the adapter"

BACKEND = re.compile(r"\[(asyncio|trio)\b")


@dataclass(frozen=True)
class Verdict:
    """What became of one test, in the table's words; None for one that passes and proves something."""

    exception: str | None
    message: str = ""


@dataclass(frozen=True)
class Counts:
    """Of a framework's suite: the tests that ran; those that met the bridge by HTTP, and those of these that pass; those
    that used WebSockets alone, which go past it.
    """

    ran: int
    met: int
    passed: int
    websockets: int

    def row(self, peer: str, version: str) -> str:
        return f"| {peer} {version} | {self.ran} | {self.met} | {self.passed} | {self.websockets} |"


def judge(result: Mapping[str, object]) -> Verdict:
    if result["outcome"] != "passed":
        return Verdict(DIFFERS if result["touched"] else NOT_THE_ADAPTER, str(result["message"]))
    return Verdict(None if result["touched"] else NOT_THE_ADAPTER, "passes without a look at the adapter")


def judge_whole(
    results: Mapping[str, Mapping[str, object]], fail_bare: Collection[str]
) -> tuple[dict[str, Verdict], Counts]:
    """The verdicts on those of a framework's tests that meet the bridge, or fail.

    :param fail_bare: the tests that fail without the bridge, too.
    """
    ran = {name: result for name, result in results.items() if result["outcome"] != "skipped"}
    verdicts = {
        name: Verdict(NOT_THE_ADAPTER, f"fails without the bridge: {result['message']}")
        if name in fail_bare
        else judge(result)
        for name, result in ran.items()
        if result["touched"] or result["outcome"] == "failed"
    }
    met = [verdicts[name] for name, result in ran.items() if result["touched"]]
    websockets = [result for result in ran.values() if result["websockets"] and not result["touched"]]
    passed = [verdict for verdict in met if verdict.exception is None]
    return verdicts, Counts(len(ran), len(met), len(passed), len(websockets))


def summary(verdicts: Mapping[str, Verdict]) -> str:
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


def every_backend(test: str) -> str:
    """The name that stands in a table for a test on asyncio and the same test on trio, where both come out alike."""
    return BACKEND.sub("[*", test)


def compare(found: Mapping[str, Verdict], table: Path) -> list[str]:
    """What does not agree, in both directions."""
    return compare_with(expected_exceptions(table.read_text()), found, table)


def compare_with(expected: Mapping[str, str], found: Mapping[str, Verdict], table: Path) -> list[str]:
    """`compare` with those of the table's rows that are meant."""
    complaints = []
    for test, verdict in found.items():
        was = expected.get(test) or expected.get(every_backend(test))
        if verdict.exception != was:
            is_now, was = verdict.exception or "passes", was or "passes"
            complaints.append(f"{test}: {is_now} ({verdict.message}); docs/{table.name} says: {was}")
    tests = found.keys() | {every_backend(test) for test in found}
    complaints += [
        f"{test}: in docs/{table.name}, but there is no such test" for test in expected.keys() - tests
    ]
    return complaints


def compare_counts(rows: Collection[str], table: Path) -> list[str]:
    """Which counts the page does not have. A bridge that no request meets any more would make a green run of nothing."""
    told = table.read_text().splitlines()
    return [f"docs/{table.name} has no such row: {row}" for row in rows if row not in told]
