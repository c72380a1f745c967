"""The changelog has the sections of its format, in the order that it names, each once."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECTIONS = ["Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"]


def test_each_version_has_the_sections_in_order_and_entries_in_each() -> None:
    """https://keepachangelog.com/en/1.1.0/"""
    _, *versions = re.split(r"^## ", ROOT.joinpath("CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)
    assert versions
    for version in versions:
        title, *sections = re.split(r"^### ", version, flags=re.MULTILINE)
        names = [section.partition("\n")[0] for section in sections]
        assert names == [name for name in SECTIONS if name in names], title
        for section in sections:
            entries = [line for line in section.splitlines()[1:] if line]
            assert entries, section
            assert [line for line in entries if not line.startswith(("- ", "  "))] == [], section


def test_no_entry_stands_twice() -> None:
    """A rebase that keeps both sides leaves an entry that was moved in two sections."""
    text = ROOT.joinpath("CHANGELOG.md").read_text("utf-8")
    entries = [
        " ".join(entry.split()) for entry in re.findall(r"^- .*\n(?:  .*\n)*", text, flags=re.MULTILINE)
    ]
    assert entries
    assert [entry for entry in entries if entries.count(entry) > 1] == []
