"""Files and functions that fit on a screen or a few: what CONTRIBUTING asks for, held."""

from __future__ import annotations

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
FILES = sorted(SOURCE.rglob("*.py"))
LINES_OF_A_FILE = 350
LINES_OF_A_FUNCTION = 60


def test_no_file_is_longer_than_a_few_screens() -> None:
    sizes = {str(file.relative_to(SOURCE)): len(file.read_text("utf-8").splitlines()) for file in FILES}
    assert len(sizes) > 300
    assert {name: size for name, size in sizes.items() if size > LINES_OF_A_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    """From its ``def`` on, docstring included: click's options are a table above it."""
    sizes = {
        f"{file.relative_to(SOURCE)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(sizes) > 3000
    assert {name: size for name, size in sizes.items() if size > LINES_OF_A_FUNCTION} == {}
