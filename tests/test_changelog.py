"""The changelog has the sections of its format, in the order that it names, each once; the first release only adds."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECTIONS = ["Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"]
LONGEST = 80
"""Words that an entry may have: what is longer is not read."""


def parts(text: str, mark: str) -> list[tuple[str, str]]:
    """Title and text of each part that begins with this mark."""
    _, *found = re.split(rf"^{mark} ", text, flags=re.MULTILINE)
    return [(title, rest) for title, _, rest in (part.partition("\n") for part in found)]


VERSIONS = parts(ROOT.joinpath("CHANGELOG.md").read_text("utf-8"), "##")


def test_each_version_has_the_sections_in_order_and_entries_in_each() -> None:
    """https://keepachangelog.com/en/1.1.0/"""
    assert VERSIONS
    for version, text in VERSIONS:
        names = [name for name, _ in parts(text, "###")]
        assert names, version
        assert names == [name for name in SECTIONS if name in names], version
        for name, section in parts(text, "###"):
            for group, entries in parts(section, "####") or [("", section)]:
                lines = entries.strip("\n").splitlines()
                assert [line for line in lines if not line.startswith(("- ", "  "))] == [], (name, group)
                assert lines, (version, name, group)
                assert entries.startswith("\n"), (
                    f"{group}: no empty line behind the heading, as a merge leaves it"
                )
            if "#### " in section:
                assert section.lstrip().startswith("#### "), "entries before the first group"


def test_the_first_release_only_adds() -> None:
    """Who reads it had no version before, in which anything could have been changed, removed or fixed: no entry tells of one."""
    _, text = VERSIONS[-1]
    assert [name for name, _ in parts(text, "###")] == ["Added"]
    assert re.findall(r"\bno longer\b|\bin place of .* before\b|\bused to\b", text) == []


def test_no_entry_or_group_stands_twice_and_none_is_too_long() -> None:
    """A rebase that keeps both sides leaves an entry that was moved in two places."""
    for version, text in VERSIONS:
        entries = [" ".join(entry.split()) for entry in re.findall(r"^- .*\n(?:  .*\n)*", text, re.MULTILINE)]
        assert entries, version
        for found in (entries, [group for group, _ in parts(text, "####")]):
            assert [one for one in found if found.count(one) > 1] == [], version
        assert [entry for entry in entries if len(entry.split()) > LONGEST] == [], version
