"""The baseline: findings that an old project has accepted, so that only new ones count.

A finding is known again by its code, its file and its subject, not by its line, which moves with every edit above it.
Each is accepted as often as it was written down: one more of the same kind is new.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bridgekit.check.findings.finding import Finding
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.exceptions import ProjectError

__all__ = ["BASELINE_VERSION", "dump_baseline", "load_baseline", "split_known"]

BASELINE_VERSION = 1
_MAX_BYTES = 16 * 1024 * 1024
Key = tuple[str, str, str]


def _key(finding: Finding, root: Path) -> Key:
    path = Path(finding.location.path)
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return (finding.code, shown, finding.subject)


def dump_baseline(findings: Iterable[Finding], root: Path) -> str:
    """The text of a baseline file for these findings. Sorted, one a line, so that it can be reviewed and merged."""
    counts = Counter(_key(finding, root) for finding in findings)
    lines = [
        json.dumps({"code": code, "path": path, "subject": subject, "count": count})
        for (code, path, subject), count in sorted(counts.items())
    ]
    entries = "\n    " + ",\n    ".join(lines) + "\n  " if lines else ""
    return f'{{\n  "version": {BASELINE_VERSION},\n  "findings": [{entries}]\n}}\n'


def load_baseline(file: Path) -> Counter[Key]:
    """The accepted findings of a baseline file; raises `ProjectError` when it is missing or is none."""
    try:
        content = json.loads(read_bounded(file, _MAX_BYTES))
        if content["version"] != BASELINE_VERSION:
            raise ProjectError(
                f"baseline {file} has version {content['version']!r}, this bridgekit reads {BASELINE_VERSION}: write it anew"
            )
        accepted: Counter[Key] = Counter()
        for entry in content["findings"]:
            accepted[(str(entry["code"]), str(entry["path"]), str(entry["subject"]))] += int(entry["count"])
    except UnreadableError as error:
        if not file.exists():
            raise ProjectError(
                f"baseline {file} does not exist: write it with --write-baseline {file}"
            ) from error
        raise ProjectError(f"baseline {file} {error}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProjectError(f"baseline {file} is not a baseline file: {error!r}") from error
    return accepted


def split_known(
    findings: Iterable[Finding], accepted: Counter[Key], root: Path
) -> tuple[list[Finding], list[Finding]]:
    """New findings, and those that the baseline accepts."""
    left = Counter(accepted)
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in findings:
        key = _key(finding, root)
        if left[key] > 0:
            left[key] -= 1
            known.append(finding)
        else:
            new.append(finding)
    return new, known
