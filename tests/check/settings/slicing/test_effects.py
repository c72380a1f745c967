"""Which names a statement may change, told from its syntax: what a slice of the settings is made by."""

from __future__ import annotations

import ast

import pytest

from bridgekit.check.settings.slicing.effects import affected_by, names_affected, names_changed_by
from bridgekit.check.settings.slicing.slices import Slice


@pytest.mark.parametrize(
    ("statement", "changed"),
    [
        ("MIDDLEWARE = []", {"MIDDLEWARE"}),
        ("MIDDLEWARE[0] = 'a'", {"MIDDLEWARE"}),
        ("MIDDLEWARE += ['a']", {"MIDDLEWARE"}),
        ("MIDDLEWARE.append('a')", {"MIDDLEWARE"}),
        ("for item in items:\n    seen = item", {"item", "seen"}),
        ("import os.path, json as j", {"os", "j"}),
        ("del a", {"a"}),
        ("with open(x) as f:\n    pass", {"f"}),
    ],
)
def test_a_statement_changes_these_names_among_others(statement: str, changed: set[str]) -> None:
    assert changed <= names_changed_by(ast.parse(statement).body[0])


def test_a_statement_that_only_reads_changes_nothing() -> None:
    assert names_changed_by(ast.parse("a == b[0]").body[0]) == frozenset()


def test_a_change_under_another_name_is_a_change() -> None:
    """``stack`` is MIDDLEWARE."""
    body = ast.parse("stack = MIDDLEWARE\nstack.append('a')").body
    assert "MIDDLEWARE" in affected_by(body)


def test_a_function_affects_what_it_changes_outside_and_not_its_own_names() -> None:
    function = ast.parse("def f(own):\n    local = 1\n    local += 1\n    OTHER.append(own)").body[0]
    assert isinstance(function, ast.FunctionDef)
    affected = names_affected(function)
    assert "OTHER" in affected
    assert "local" not in affected


def test_a_slice_keeps_what_the_seeds_hang_on_and_leaves_the_rest_out() -> None:
    tree = ast.parse("FLAG = 1\nLOGGING = {}\nif FLAG:\n    MIDDLEWARE = ['a']\nCACHES = dict(LOGGING)\n")
    flag, logging, branch, caches = tree.body
    kept = Slice([tree], ["MIDDLEWARE"])
    assert [kept.matters(statement) for statement in (flag, branch)] == [True, True]
    assert [kept.matters(statement) for statement in (logging, caches)] == [False, False]
