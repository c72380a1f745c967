"""A rule cannot be half added: code, file, page, test and changelog name the same set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridgekit.check.findings.pages import rule_page
from bridgekit.check.rules.registry import ALL_RULES, rule_by_code
from bridgekit.exceptions import ProjectError

ROOT = Path(__file__).parents[3]
CODES = [rule.code for rule in ALL_RULES]
SECTIONS = ["What it does", "Why is this bad?", "Example", "Use instead", "When to ignore it"]


def stems(folder: str, pattern: str) -> set[str]:
    return {path.stem for path in (ROOT / folder).glob(pattern)}


def test_codes_are_unique_and_in_order() -> None:
    """The registry is the order of the report's table of rules."""
    assert sorted(set(CODES)) == CODES


def test_file_test_and_page_bear_the_rules_code_and_name() -> None:
    """`BRG001 hidden-hops` lives in brg001_hidden_hops.py, and so does its test."""
    names = {f"{rule.code.lower()}_{rule.name.replace('-', '_')}" for rule in ALL_RULES}
    assert stems("src/bridgekit/check/rules", "brg*.py") == names
    assert stems("tests/check/rules", "test_brg*.py") == {f"test_{name}" for name in names}
    assert stems("docs/rules", "BRG*.md") == set(CODES)


def test_the_changelog_and_the_manual_name_every_rule() -> None:
    """And no code that does not exist."""
    for document in ("CHANGELOG.md", "docs/check.md"):
        assert set(re.findall(r"BRG\d{3}", (ROOT / document).read_text("utf-8"))) == set(CODES), document


@pytest.mark.parametrize("code", CODES)
def test_every_page_has_the_five_sections(code: str) -> None:
    """In this order; the title begins with the code."""
    page = rule_page(code.lower())
    assert page.startswith(f"# {code}: ")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == SECTIONS


@pytest.mark.parametrize("code", CODES)
def test_every_page_names_the_reports_it_answers(code: str) -> None:
    """Or says that there are none: whoever doubts a rule is told whom it has bitten."""
    why = rule_page(code).partition("## Why is this bad?\n")[2].partition("\n## ")[0]
    assert "](https://" in why or "\nNo public report" in why


@pytest.mark.parametrize("code", CODES)
def test_the_module_docstring_begins_with_the_code(code: str) -> None:
    """What opens with the file is what the rule says."""
    rule = rule_by_code(code)
    assert rule is not None
    module = __import__(rule.check.__module__, fromlist=["__doc__"])
    assert (module.__doc__ or "").startswith(f"{code}: ")


@pytest.mark.parametrize("code", ["BRG999", "../BRG001", "", "brg001.md"])
def test_a_code_that_does_not_exist_is_an_error(code: str) -> None:
    """Nothing outside the folder of pages can be read."""
    with pytest.raises(ProjectError, match="there is no rule"):
        rule_page(code)
