"""``--statistics``: how many findings each rule has."""

from __future__ import annotations

from collections import Counter

from bridgekit.check.findings.report import Report
from bridgekit.check.rules.registry import ALL_RULES


def render_statistics(report: Report) -> str:
    """A line for each rule that has findings, most first; empty where nothing was found."""
    counts = Counter(finding.code for finding in report.findings)
    names = {rule.code: rule.name for rule in ALL_RULES}
    width = len(str(max(counts.values(), default=0)))
    return "".join(
        f"{count:>{width}} {code} {names[code]}\n"
        for code, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    )
