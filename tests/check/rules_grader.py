"""Grade every rule that is on by default against middleware whose runtime behaviour is known.

    python tests/check/rules_grader.py TRUTH.jsonl NAME=ENVIRONMENT [NAME=ENVIRONMENT ...] [--verbose]

``TRUTH.jsonl`` is the file of `corpus_grader`. Each middleware is checked as a stack of its own under ASGI, and each finding
must be what the runtime shows: a cost (a hop, a sync-only layer, a sync hook) must have been counted, and what a rule calls broken
must not have worked. A truth that says neither (the probe could not configure the middleware) decides nothing. Exit 1 if a
finding is false, or if a rule that is on by default found something and `REFUTED` does not say what would refute it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bridgekit.check.findings.finding import Finding
from bridgekit.check.findings.subject import Project
from bridgekit.check.fixes.stacks import build_subject
from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.environment import TargetEnvironment, find_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.rules.engine import run_rules
from bridgekit.check.rules.registry import ALL_RULES
from bridgekit.check.settings.result import MiddlewareEntry, Variant
from bridgekit.middleware_chain.facts import Location

Record = Mapping[str, Any]


def _worked(record: Record) -> bool:
    return bool(record["verdict"] == "works")


def _hook_is_not_sync(record: Record) -> bool:
    mode = record["async_mode"]
    hooks = mode.get("hooks") or {}
    return mode["isolated"] == "ok" and "sync" not in {
        hooks.get("process_view"),
        hooks.get("process_template_response"),
    }


REFUTED: Mapping[str, Callable[[Record], bool]] = {
    # Not a claim about the middleware; how much may be unknown is corpus_grader's business.
    "BRG000": lambda record: False,
    "BRG001": lambda record: _worked(record) and record["async_mode"]["own_hops"] == 0,
    "BRG002": lambda record: bool(record["async_capable"]),
    "BRG003": _worked,
    "BRG004": _worked,
    "BRG005": _worked,
    "BRG006": _worked,
    "BRG007": _worked,
    "BRG008": _worked,
    "BRG009": lambda record: bool(record["async_mode"]["marked"]),
    "BRG010": _hook_is_not_sync,
    "BRG013": _worked,
    "BRG014": _worked,
    "BRG015": _worked,
    "BRG020": _worked,
    "BRG023": _worked,
}
"""What in the truth makes a finding of the rule false."""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def findings(record: Record, reader: SourceReader, environment: TargetEnvironment) -> list[Finding]:
    """What the default rules say of a stack of this middleware alone."""
    entry = MiddlewareEntry(record["path"], Location("/project/settings.py", 1))
    project = Project("/project", python_version=environment.python_version)
    subject = build_subject(project, Variant((), True, (entry,)), reader.read)
    return run_rules([rule for rule in ALL_RULES if rule.on_by_default], [subject])


def main(arguments: list[str]) -> int:
    truth, *named = [argument for argument in arguments if not argument.startswith("--")]
    environments = {
        name: find_environment(Path(), home) for name, _, home in (pair.partition("=") for pair in named)
    }
    readers = {name: SourceReader(ModuleFinder([], found)) for name, found in environments.items()}
    counts: Counter[tuple[str, str]] = Counter()
    for line in Path(truth).read_text("utf-8").splitlines():
        record = json.loads(line)
        name = record["venv"]
        if name not in readers or not record["is_middleware"] or record["async_mode"] is None:
            continue
        for finding in findings(record, readers[name], environments[name]):
            refuted = REFUTED.get(finding.code)
            verdict = "UNGRADED" if refuted is None else "FALSE" if refuted(record) else "holds"
            counts[finding.code, verdict] += 1
            if verdict != "holds" or ("--verbose" in arguments and finding.code not in {"BRG001", "BRG002"}):
                say(f"{verdict} {finding.code} [{record['verdict']}] {finding.message}")
    for (code, verdict), count in sorted(counts.items()):
        say(f"{code} {verdict:8} {count}")
    return 1 if any(verdict != "holds" for _, verdict in counts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
