"""What the tables refuse: data that is not plain, and results that would be large."""

from __future__ import annotations

import ast

import pytest

from bridgekit.check.python import plain


def test_what_stands_in_the_tables_is_python_s_own_function() -> None:
    assert plain.call_function("posixpath.join", ["a", "b"], {}) == "a/b"
    assert plain.call_method("a,b", "split", [","], {}) == ["a", "b"]
    assert plain.binary(ast.Mod, "%s-%03d", ("x", 7)) == "x-007"


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        (ast.Mult, "a", plain.MAX_SIZE + 1),
        (ast.Pow, 10, 10_000),
        (ast.LShift, 1, 100_000),
        (ast.Mod, "%99999d", 1),
        (ast.Add, object(), 1),
    ],
)
def test_an_operation_that_may_grow_or_meets_a_stranger_is_refused(
    kind: type[ast.operator], left: object, right: object
) -> None:
    with pytest.raises(plain.Refused):
        plain.binary(kind, left, right)


def test_formats_that_read_attributes_are_refused() -> None:
    """``"{0.__class__}"`` reaches whatever the object reaches."""
    with pytest.raises(plain.Refused, match="attributes or items"):
        plain.call_method("{0.__class__}", "format", ["x"], {})


def test_a_container_in_itself_is_not_plain() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert not plain.is_plain(loop)


def test_the_order_of_a_set_is_told_to_nobody() -> None:
    """It differs from one process to the next."""
    assert plain.shows_order([{"a", "b"}])
    assert not plain.shows_order([{"a"}])
