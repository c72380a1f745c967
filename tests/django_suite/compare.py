"""``python -m tests.django_suite.compare STOCK.json OURS.json``: what became of a project's tests, as `suite_shim` noted it, twice.

Prints how many passed and how many met a handler; exits 1 if a test came out otherwise, or if none met a handler.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from tests.peers.__main__ import Results


def differing(stock: Results, ours: Results) -> list[str]:
    """Every test that did not come out the same, with how."""

    def outcome(results: Results, name: str) -> object:
        return results[name]["outcome"] if name in results else "not run"

    return [
        f"{name}: {outcome(stock, name)}, then {outcome(ours, name)}"
        for name in sorted({*stock, *ours})
        if outcome(stock, name) != outcome(ours, name)
    ]


def main(*files: str) -> None:
    stock, ours = (json.loads(Path(file).read_text("utf-8")) for file in files)
    for file, results in zip(files, (stock, ours), strict=True):
        counts = dict(Counter(result["outcome"] for result in results.values()))
        met = sum(result["touched"] for result in results.values())
        sys.stdout.write(f"{file}: {len(results)} tests, {counts}, {met} met a handler\n")
    complaints = differing(stock, ours)
    if not any(result["touched"] for result in ours.values()):
        complaints.append("no test met a handler: this proves nothing")
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
