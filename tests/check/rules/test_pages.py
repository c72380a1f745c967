"""The forms that a page of a rule about middleware shows are broken and right to the rule itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bridgekit.check.findings.finding import Finding
from bridgekit.check.findings.flow import ReadFunction
from bridgekit.check.findings.pages import rule_page
from bridgekit.check.findings.subject import AsyncView
from bridgekit.check.modules.parsing import SourceModule
from tests.check.rules.conftest import CheckRule

CODES = [f"BRG{number:03}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 20)]


def form(code: str, section: str) -> str:
    """The first block of a section."""
    return rule_page(code).partition(f"## {section}\n")[2].partition("```python\n")[2].partition("```")[0]


def found(code: str, source: str, check_rule: CheckRule, root: Path) -> list[Finding]:
    """What the rule says of the last middleware in it, beside the async views in it."""
    module = SourceModule("app", str(root / "app.py"), ast.parse(source))
    assert module.tree is not None
    names = [node.name for node in module.tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    views = [
        AsyncView(module.location_of(node), ReadFunction(node, module))
        for node in module.tree.body
        if isinstance(node, ast.AsyncFunctionDef)
    ]
    return check_rule(code, source, names[-1:], async_views=lambda: views)


@pytest.mark.parametrize("code", CODES)
def test_the_example_is_found_and_what_stands_instead_is_not(
    code: str, check_rule: CheckRule, tmp_path: Path
) -> None:
    assert found(code, form(code, "Example"), check_rule, tmp_path)
    assert found(code, form(code, "Use instead"), check_rule, tmp_path) == []
