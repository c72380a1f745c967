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
    except UnreadableError as error:
        if not file.exists():
            raise ProjectError(
                f"baseline {file} does not exist: write it with --write-baseline {file}"
            ) from error
        raise ProjectError(f"baseline {file} {error}") from error
    except json.JSONDecodeError as error:
        raise _no_baseline(file, f"it is not JSON from line {error.lineno} on") from error
    except (ValueError, RecursionError) as error:  # text in no encoding of JSON's, or nested without end
        raise _no_baseline(file, "it is not JSON") from error
    version = content.get("version") if isinstance(content, dict) else None
    if version is None:
        raise _no_baseline(file, 'it is not a table with a "version"')
    if version != BASELINE_VERSION:
        raise ProjectError(
            f"baseline {file} has version {version!r}, this bridgekit reads {BASELINE_VERSION}: write it anew"
        )
    return _accepted(file, content.get("findings"))


def _accepted(file: Path, findings: object) -> Counter[Key]:
    if not isinstance(findings, list):
        raise _no_baseline(file, 'its "findings" are not a list')
    accepted: Counter[Key] = Counter()
    for number, entry in enumerate(findings, 1):
        match entry:
            case {"code": str(code), "path": str(path), "subject": str(subject), "count": int(count)} if (
                count > 0 and count is not True
            ):
                accepted[(code, path, subject)] += count
            case _:
                raise _no_baseline(
                    file, f"entry {number} of its findings has no code, path and subject with a count above 0"
                )
    return accepted


def _no_baseline(file: Path, reason: str) -> ProjectError:
    return ProjectError(
        f"baseline {file} is not a baseline file: {reason}; write it anew with --write-baseline {file}"
    )


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
