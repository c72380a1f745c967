"""The comparison with docs/peers.md fails in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers.__main__ import (
    DIFFERS,
    DIRECTIONS,
    NOT_THE_ADAPTER,
    Verdict,
    compare,
    expected_exceptions,
    judge,
    main,
)

ROW = "| `peer::test_a` | differs | A reason. |"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    written = tmp_path / "table.md"
    written.write_text(ROW)
    return written


@pytest.mark.parametrize(
    ("direction", "test", "result"),
    [
        ("wsgi_to_asgi", "a2wsgi::test_body", NOT_THE_ADAPTER),
        ("asgi_to_wsgi", "a2wsgi::test_asgi_exception_info", DIFFERS),
    ],
)
def test_the_documents_tables_can_be_read(direction: str, test: str, result: str) -> None:
    expected = expected_exceptions(DIRECTIONS[direction].table.read_text())
    assert expected[test] == result
    assert {name.partition("::")[0] for name in expected} <= DIRECTIONS[direction].suites.keys()


def test_a_direction_that_there_is_not_is_refused() -> None:
    with pytest.raises(SystemExit, match="no direction; there are wsgi_to_asgi, asgi_to_wsgi"):
        main("sideways")


def test_what_is_as_the_table_says_is_no_complaint(table: Path) -> None:
    found = {"peer::test_a": Verdict(DIFFERS), "peer::test_b": Verdict(None)}
    assert compare(found, table) == []


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (
            {"peer::test_a": Verdict(DIFFERS), "peer::test_b": Verdict(DIFFERS, "boom")},
            "test_b: differs (boom)",
        ),
        ({"peer::test_a": Verdict(None)}, "test_a: passes"),
        ({"peer::test_a": Verdict(NOT_THE_ADAPTER)}, "test_a: not the adapter"),
        ({}, "test_a: in docs/table.md, but there is no such test"),
    ],
)
def test_any_difference_is_a_complaint(found: dict[str, Verdict], complaint: str, table: Path) -> None:
    (told,) = compare(found, table)
    assert complaint in told


def test_a_test_that_never_meets_the_adapter_proves_nothing() -> None:
    assert judge({"passed": True, "touched": False, "message": ""}).exception == NOT_THE_ADAPTER
    assert judge({"passed": True, "touched": True, "message": ""}).exception is None
    assert judge({"passed": False, "touched": True, "message": "boom"}) == Verdict(DIFFERS, "boom")


@pytest.mark.parametrize(
    "row", ["| `a::b` | fails | why |", "| `a::b` | differs | |", "| `a::b` | differs |"]
)
def test_a_row_without_a_reason_is_refused(row: str) -> None:
    with pytest.raises(SystemExit, match="not a row"):
        expected_exceptions(row)
