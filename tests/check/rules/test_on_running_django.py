"""Variations of the rules' own words: what is found breaks on a running Django, and what breaks is found."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("django")

from tests.check.rules.running import (
    brg003,
    brg005,
    brg006,
    brg007,
    brg009,
    brg013,
    written_003,
    written_005,
    written_006,
    written_007,
    written_009,
)
from tests.check.rules.running.oracle import ask_django, said

FAMILIES: dict[str, ModuleType] = {
    "BRG003": brg003,
    "BRG005": brg005,
    "BRG006": brg006,
    "BRG007": brg007,
    "BRG009": brg009,
    "BRG013": brg013,
}
WRITTEN_OUT: dict[str, ModuleType] = {
    "BRG003": written_003,
    "BRG005": written_005,
    "BRG006": written_006,
    "BRG007": written_007,
    "BRG009": written_009,
}
"""More of the same, as packages write them."""
BROKEN_OF = {
    code: {**family.BROKEN, **(WRITTEN_OUT[code].BROKEN if code in WRITTEN_OUT else {})}
    for code, family in FAMILIES.items()
}
RIGHT_OF = {
    code: {**family.RIGHT, **(WRITTEN_OUT[code].RIGHT if code in WRITTEN_OUT else {})}
    for code, family in FAMILIES.items()
}
BROKEN = [(code, name) for code, cases in BROKEN_OF.items() for name in cases]
RIGHT = [(code, name) for code, cases in RIGHT_OF.items() for name in cases]


@pytest.mark.parametrize("code", WRITTEN_OUT)
def test_no_name_stands_twice(code: str) -> None:
    """A second project of a name would hide the first."""
    assert not FAMILIES[code].BROKEN.keys() & WRITTEN_OUT[code].BROKEN.keys()
    assert not FAMILIES[code].RIGHT.keys() & WRITTEN_OUT[code].RIGHT.keys()


@pytest.mark.parametrize("code", FAMILIES)
def test_what_is_called_broken_breaks_and_the_rest_works(code: str) -> None:
    """One process of Django for a family."""
    answers = ask_django({**{f"right: {n}": s for n, s in RIGHT_OF[code].items()}, **BROKEN_OF[code]})
    assert [name for name in BROKEN_OF[code] if not answers[name]] == []
    assert {name: wrong for name, wrong in answers.items() if wrong and name.startswith("right: ")} == {}


@pytest.mark.parametrize(("code", "name"), BROKEN)
def test_what_breaks_is_found(code: str, name: str, tmp_path: Path) -> None:
    assert said(tmp_path, BROKEN_OF[code][name], code)


@pytest.mark.parametrize(("code", "name"), RIGHT)
def test_what_works_is_not_blamed(code: str, name: str, tmp_path: Path) -> None:
    assert said(tmp_path, RIGHT_OF[code][name], code) == []
