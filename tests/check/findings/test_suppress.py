"""``# noqa`` comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.findings.finding import Finding, Severity
from bridgekit.check.findings.suppress import silenced_lines, split_silenced
from bridgekit.middleware_chain.facts import Location


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# noqa: BRG001", {"BRG001"}),
        ("# noqa:BRG001,E501", {"BRG001", "E501"}),
        ("# NOQA : brg001 brg002", {"BRG001", "BRG002"}),
        ("#noqa", {"*"}),
        ("# because  # noqa: BRG001 it is so", {"BRG001"}),
        ("# noqa: E501", {"E501"}),
    ],
)
def test_comments_name_codes_or_silence_all(comment: str, codes: set[str]) -> None:
    """The forms that flake8 and ruff read."""
    assert silenced_lines(f"x = 1\ny = 2  {comment}\n") == {2: frozenset(codes)}


def test_noqa_in_a_text_is_no_comment() -> None:
    """Only comments silence."""
    assert silenced_lines('x = "# noqa: BRG001"\n') == {}


def test_comments_before_a_syntax_error_still_count() -> None:
    """Such files have findings too (BRG000)."""
    assert silenced_lines("x = 1  # noqa\ny = (\n") == {1: frozenset({"*"})}


def test_findings_are_split_by_the_comment_on_their_line(tmp_path: Path) -> None:
    """Another code on that line stands, and so does the same code on another line."""
    file = tmp_path / "settings.py"
    file.write_text('MIDDLEWARE = [\n    "a.B",  # noqa: BRG001\n]\n', "utf-8")

    def finding(code: str, line: int) -> Finding:
        return Finding(code, Severity.NOTE, "m", Location(str(file), line))

    standing, silenced = split_silenced([finding("BRG001", 2), finding("BRG002", 2), finding("BRG001", 3)])
    assert [(f.code, f.location.line) for f in standing] == [("BRG002", 2), ("BRG001", 3)]
    assert [(f.code, f.location.line) for f in silenced] == [("BRG001", 2)]


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00 # noqa", b"# coding: nothing\nx # noqa", b"# coding: rot13\nx # noqa", None]
)
def test_a_file_that_cannot_be_read_silences_nothing(tmp_path: Path, content: bytes | None) -> None:
    """And is no error here: the finding says what is wrong with it."""
    file = tmp_path / "settings.py"
    if content is not None:
        file.write_bytes(content)
    found = Finding("BRG000", Severity.NOTE, "m", Location(str(file), 1))
    assert split_silenced([found]) == ([found], [])
