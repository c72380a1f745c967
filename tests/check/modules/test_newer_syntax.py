"""`bridgekit.check.modules.newer_syntax`: PEP 758 read by Pythons that do not know it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bridgekit.check.modules.environment import TargetEnvironment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.newer_syntax import parenthesized_excepts
from bridgekit.check.modules.parsing import parse_source

BODY = "try:\n    pass\nexcept {}:\n    x = [1, 2]\n"


@pytest.mark.parametrize(
    ("clause", "rewritten"),
    [
        ("A, B", "(A, B)"),
        ("A , B.c", "(A , B.c)"),
        ("A, f(1, 2), B[0]", "(A, f(1, 2), B[0])"),
        ("A,", "(A,)"),
    ],
)
def test_bare_lists_get_their_parentheses(clause: str, rewritten: str) -> None:
    assert parenthesized_excepts(BODY.format(clause).encode()) == BODY.format(rewritten).encode()


def test_bare_lists_after_except_star_get_theirs() -> None:
    source = BODY.replace("except ", "except* ").format("A, B").encode()
    assert parenthesized_excepts(source) == source.replace(b"A, B", b"(A, B)")


@pytest.mark.parametrize("clause", ["A", "(A, B)", "(A, B) as e", "f(a, b)", "A if b else C"])
def test_what_needs_no_rewriting_is_left(clause: str) -> None:
    assert parenthesized_excepts(BODY.format(clause).encode()) is None


@pytest.mark.parametrize(
    "source", [b"except = 1, 2\n'''", b"\xff\xfe", b"# coding: klingon\n", b"", b"(", b"x = '"]
)
def test_what_cannot_be_tokenized_is_left(source: bytes) -> None:
    assert parenthesized_excepts(source) is None


def test_the_tree_is_that_of_the_parenthesized_form() -> None:
    nested = "def f():\n  try:\n    g()\n  except A, B: pass\n  except C: pass\n"
    tree, error, _ = parse_source((BODY.format("A, B") + nested).encode())
    assert error == ""
    assert tree is not None
    wanted = ast.parse(BODY.format("(A, B)") + nested.replace("A, B", "(A, B)"))
    assert ast.dump(tree) == ast.dump(wanted)


def test_other_syntax_errors_are_not_hidden() -> None:
    tree, error, line = parse_source(BODY.format("A, B").encode() + b"y = = 1\n")
    assert tree is None
    assert error
    assert line == 5


def test_a_newer_target_is_named_in_the_reason(tmp_path: Path) -> None:
    (tmp_path / "mw.py").write_text("x = = 1\n")
    finder = ModuleFinder([tmp_path], TargetEnvironment("test", (3, 99, 0), ()))
    assert "the project runs on Python 3.99: run bridgekit there" in finder.load("mw").error
