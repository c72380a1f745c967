"""Every name in the tables of the interpreter's own functions occurs in a program that Python runs."""

from __future__ import annotations

import re

import pytest

from bridgekit.check.python import tables
from bridgekit.check.python.changes import CHANGING_METHODS

from .oracle import PROGRAMS

TEXT = "\n".join(path.read_text("utf-8") for path in sorted(PROGRAMS.glob("*.txt")))
METHODS = sorted({(kind.__name__, name) for kind, names in tables.METHODS.items() for name in names})


@pytest.mark.parametrize("name", sorted(tables.FUNCTIONS | tables.CONSTANTS))
def test_a_function_or_constant_of_the_tables_is_in_a_program(name: str) -> None:
    last = name.removeprefix("builtins.").removeprefix("posixpath.").removeprefix("os.path.")
    assert re.search(rf"\b{re.escape(last.rpartition('.')[2])}\b", TEXT), name


@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_a_method_of_the_tables_is_in_a_program(kind: str, name: str) -> None:
    assert re.search(rf"\.{name}\b", TEXT), f"{kind}.{name}"


@pytest.mark.parametrize("name", sorted(tables.FUNCTIONS | tables.CONSTANTS))
def test_a_name_of_the_tables_is_there(name: str) -> None:
    assert tables.real(name) is not None


@pytest.mark.parametrize(("kind", "name"), METHODS)
def test_a_method_of_the_tables_changes_nothing(kind: str, name: str) -> None:
    assert name not in CHANGING_METHODS
