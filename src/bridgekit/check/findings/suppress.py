"""``# noqa: BRG001`` comments: which findings a source line silences."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from importlib.util import decode_source

from bridgekit.check.findings.finding import Finding
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded

#: The form that flake8 and ruff read. A list that names only other tools' codes leaves ours alone.
_NOQA = re.compile(r"#\s*noqa(?P<codes>\s*:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?", re.IGNORECASE)
_EVERYTHING = "*"


def silenced_lines(source: str) -> dict[int, frozenset[str]]:
    """Line number to the codes silenced there (``{"*"}`` for a bare ``# noqa``), from comments only.

    A comment silences its whole logical line: one at the end of ``MIDDLEWARE = [...]`` covers that statement's last line
    alone, one beside an entry covers the entry.
    """
    found: dict[int, frozenset[str]] = {}
    if "noqa" not in source.lower():
        return found
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            match = _NOQA.search(token.string) if token.type == tokenize.COMMENT else None
            if match:
                codes = re.findall(r"[A-Z]+[0-9]+", (match["codes"] or "").upper())
                found[token.start[0]] = frozenset(codes or [_EVERYTHING])
    except (tokenize.TokenError, SyntaxError, ValueError):
        return found  # The part before the error still counts.
    return found


def is_silenced(finding: Finding, lines: Mapping[int, frozenset[str]]) -> bool:
    """Whether a comment on the finding's line names its code, or no code at all."""
    codes = lines.get(finding.location.line, frozenset())
    return _EVERYTHING in codes or finding.code in codes


def split_silenced(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Findings that stand, and those that a comment in their file silences. Files are read once each."""
    by_file: dict[str, dict[int, frozenset[str]]] = {}
    standing: list[Finding] = []
    silenced: list[Finding] = []
    for finding in findings:
        path = finding.location.path
        if path not in by_file:
            by_file[path] = silenced_lines(_read(path))
        (silenced if is_silenced(finding, by_file[path]) else standing).append(finding)
    return standing, silenced


def _read(path: str) -> str:
    try:
        return decode_source(read_bounded(path))
    except (UnreadableError, SyntaxError, ValueError, LookupError):
        return ""
