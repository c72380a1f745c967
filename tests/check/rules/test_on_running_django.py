"""Variations of the rules' own words: what is found breaks on a running Django, and what breaks is found."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("django")

from tests.check.rules.running import brg003, brg005, brg006, brg007, brg009, brg013
from tests.check.rules.running.oracle import ask_django, said

FAMILIES: dict[str, ModuleType] = {
    "BRG003": brg003,
    "BRG005": brg005,
    "BRG006": brg006,
    "BRG007": brg007,
    "BRG009": brg009,
    "BRG013": brg013,
}
BROKEN = [(code, name) for code, family in FAMILIES.items() for name in family.BROKEN]
RIGHT = [(code, name) for code, family in FAMILIES.items() for name in family.RIGHT]


@pytest.mark.parametrize("code", FAMILIES)
def test_what_is_called_broken_breaks_and_the_rest_works(code: str) -> None:
    """One process of Django for a family."""
    family = FAMILIES[code]
    answers = ask_django({**{f"right: {n}": s for n, s in family.RIGHT.items()}, **family.BROKEN})
    assert [name for name in family.BROKEN if not answers[name]] == []
    assert {name: wrong for name, wrong in answers.items() if wrong and name.startswith("right: ")} == {}


@pytest.mark.parametrize(("code", "name"), BROKEN)
def test_what_breaks_is_found(code: str, name: str, tmp_path: Path) -> None:
    assert said(tmp_path, FAMILIES[code].BROKEN[name], code)


@pytest.mark.parametrize(("code", "name"), RIGHT)
def test_what_works_is_not_blamed(code: str, name: str, tmp_path: Path) -> None:
    assert said(tmp_path, FAMILIES[code].RIGHT[name], code) == []
