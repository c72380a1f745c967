"""Grade the source reader against middleware whose runtime behaviour is known.

    python tests/check/corpus_grader.py TRUTH.jsonl NAME=ENVIRONMENT [NAME=ENVIRONMENT ...] [--verbose] [--bare-settings]

``TRUTH.jsonl`` holds one middleware a line: ``path``, ``venv`` (the NAME of the environment that holds it),
``is_middleware``, ``sync_capable``, ``async_capable`` and ``async_mode`` with ``own_hops``, ``marked`` and ``isolated``.
Each verdict of the reader must equal the runtime's or be unknown with a reason; exit 1 if one is wrong. ``--bare-settings``: the truth was found with DEBUG and no other setting that a
middleware asks for; without it, whatever depends on a setting is unknown.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

from bridgekit.check.middleware import Definition, Setting, SourceReader
from bridgekit.check.modules.environment import find_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer, Claim


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def shown(claim: Claim) -> object:
    return {Answer.YES: True, Answer.NO: False}.get(
        claim.answer, f"unknown: {claim.reason} ({claim.location})"
    )


def hops(definition: Definition) -> object:
    """Hops of the instance itself when it is built on an async ``get_response`` and called once."""
    facts = definition.facts
    if not facts.own_hops.is_exact:
        return f"unknown: {facts.own_hops.reason} ({facts.own_hops.location})"
    if facts.mixin_acall.answer is Answer.UNKNOWN:
        return f"unknown: {facts.mixin_acall.reason} ({facts.mixin_acall.location})"
    count = facts.own_hops.low
    if facts.mixin_acall.answer is Answer.YES:
        for name in ("process_request", "process_response"):
            hook = facts.hooks.get(name)
            if hook is not None and hook.exists.answer is Answer.UNKNOWN:
                return f"unknown: {hook.exists.reason} ({hook.exists.location})"
            count += hook is not None
    return count


def hooks(definition: Definition) -> object:
    """The hooks named in the truth, each sync or async; what the truth does not name must not be there."""
    found: dict[str, str] = {}
    for name, hook in definition.facts.hooks.items():
        if hook.exists.answer is Answer.UNKNOWN or hook.is_async.answer is Answer.UNKNOWN:
            return f"unknown: {name}: {hook.exists.reason or hook.is_async.reason}"
        found[name] = "async" if hook.is_async.answer is Answer.YES else "sync"
    return found


def bare(name: str) -> object:
    return True if name == "DEBUG" else Setting.ABSENT


def main(arguments: list[str]) -> int:
    verbose = "--verbose" in arguments
    truth, *environments = [argument for argument in arguments if not argument.startswith("--")]
    settings = bare if "--bare-settings" in arguments else None
    readers = {
        name: SourceReader(ModuleFinder([], find_environment(Path(), home)), settings)
        for name, _, home in (environment.partition("=") for environment in environments)
    }
    counts: Counter[tuple[str, str]] = Counter()
    unknown_paths: set[str] = set()
    graded: set[str] = set()
    slowest: list[tuple[float, str]] = []
    for line in Path(truth).read_text("utf-8").splitlines():
        record = json.loads(line)
        reader = readers.get(record["venv"])
        if reader is None:
            continue
        started = time.perf_counter()
        definition = reader.read(record["path"])
        slowest.append((time.perf_counter() - started, record["path"]))
        if record["is_middleware"] is None or record["sync_capable"] is None:
            continue
        graded.add(record["path"])
        mode = record["async_mode"] or {}
        pairs = [
            ("sync_capable", record["sync_capable"], shown(definition.facts.sync_capable)),
            ("async_capable", record["async_capable"], shown(definition.facts.async_capable)),
        ]
        if record["is_middleware"]:
            if record["verdict"] == "cannot-instantiate":
                pairs.append(("is_middleware", False, shown(definition.is_middleware)))
            if mode.get("hooks"):
                pairs.append(("hooks", mode["hooks"], hooks(definition)))
            if mode.get("isolated") == "ok":
                pairs.append(("is_middleware", True, shown(definition.is_middleware)))
                pairs.append(("own_hops", mode["own_hops"], hops(definition)))
                pairs.append(("marked", mode["marked"], shown(definition.facts.marked_async)))
        for name, expected, said in pairs:
            verdict = "right" if said == expected else "unknown" if isinstance(said, str) else "WRONG"
            counts[name, verdict] += 1
            if verdict == "unknown" and name != "is_middleware":
                unknown_paths.add(record["path"])
            if verdict == "WRONG" or (verbose and verdict == "unknown"):
                say(
                    f"{verdict} {name} {record['path']}: expected {expected}, said {said} [{mode.get('isolated')}]"
                )
    for (name, verdict), count in sorted(counts.items()):
        say(f"{name:14} {verdict:8} {count}")
    say(
        f"{len(graded)} graded, {len(unknown_paths)} with something unknown ({len(unknown_paths) / len(graded):.1%})"
    )
    slowest.sort(reverse=True)
    total = sum(seconds for seconds, _ in slowest)
    say(
        f"{total:.2f} s in all; slowest: "
        + ", ".join(f"{path} {seconds * 1000:.0f} ms" for seconds, path in slowest[:5])
    )
    return 1 if any(verdict == "WRONG" for _, verdict in counts) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
