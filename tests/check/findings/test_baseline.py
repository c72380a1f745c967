"""The baseline: what was accepted stays accepted when lines move, and no more than that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bridgekit.check.findings.baseline import dump_baseline, load_baseline, split_known
from bridgekit.check.findings.finding import Finding, Severity
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.facts import Location

ROOT = Path("/p")
FOUND = Finding("BRG001", Severity.WARNING, "m", Location("/p/a.py", 3), subject="app.M")


def accepted(tmp_path: Path, *findings: Finding) -> Path:
    file = tmp_path / "baseline.json"
    file.write_text(dump_baseline(findings, ROOT), "utf-8")
    return file


def test_a_finding_that_moved_is_still_known(tmp_path: Path) -> None:
    """Edits above it change its line, and hop counts its message."""
    moved = replace(FOUND, location=Location("/p/a.py", 30), message="other")
    assert split_known([moved], load_baseline(accepted(tmp_path, FOUND)), ROOT) == ([], [moved])


@pytest.mark.parametrize(
    "other",
    [
        replace(FOUND, code="BRG002"),
        replace(FOUND, subject="app.N"),
        replace(FOUND, location=Location("/p/b.py", 3)),
    ],
)
def test_another_code_subject_or_file_is_new(tmp_path: Path, other: Finding) -> None:
    """Each part of the identity counts."""
    assert split_known([other], load_baseline(accepted(tmp_path, FOUND)), ROOT) == ([other], [])


def test_one_more_of_the_same_kind_is_new(tmp_path: Path) -> None:
    """Accepted as often as it was written down."""
    new, known = split_known([FOUND, FOUND, FOUND], load_baseline(accepted(tmp_path, FOUND, FOUND)), ROOT)
    assert (len(new), len(known)) == (1, 2)


def test_the_file_is_json_with_one_finding_a_line(tmp_path: Path) -> None:
    """So that a review shows what was accepted; empty is valid too."""
    text = accepted(tmp_path, FOUND, replace(FOUND, subject="app.N")).read_text("utf-8")
    assert json.loads(text)["version"] == 1
    assert sum("BRG001" in line for line in text.splitlines()) == 2
    assert json.loads(dump_baseline([], ROOT)) == {"version": 1, "findings": []}


def _entry(count: str) -> str:
    return f'{{"version": 1, "findings": [{{"code": "BRG001", "path": "a.py", "subject": "a", "count": {count}}}]}}'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist: write it with --write-baseline"),
        (
            "no json",
            "is not a baseline file: it is not JSON from line 1 on; write it anew with --write-baseline",
        ),
        ("[]", "is not a baseline file: it is not a table"),
        ("{}", 'is not a baseline file: it is not a table with a "version"'),
        ("[" * 100_000, "is not a baseline file: it is not JSON;"),
        ("\udcff", "is not a baseline file: it is not JSON;"),
        ('{"version": 2, "findings": []}', "has version 2, this bridgekit reads 1"),
        ('{"version": 1}', 'its "findings" are not a list'),
        ('{"version": 1, "findings": {"a": 1}}', 'its "findings" are not a list'),
        ('{"version": 1, "findings": [{}]}', "entry 1 of its findings"),
        ('{"version": 1, "findings": [3]}', "entry 1 of its findings"),
        (_entry(count='"3"'), "with a count above 0"),
        (_entry(count="-1"), "with a count above 0"),
        (_entry(count="true"), "with a count above 0"),
    ],
)
def test_a_file_that_is_no_baseline_is_an_error(tmp_path: Path, content: str | None, said: str) -> None:
    """Silently accepting nothing, or everything, would be worse."""
    file = tmp_path / "baseline.json"
    if content is not None:
        file.write_text(content, "utf-8", errors="surrogateescape")
    with pytest.raises(ProjectError, match=said) as raised:
        load_baseline(file)
    assert "Error(" not in str(raised.value)
