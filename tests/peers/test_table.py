"""The comparison with docs/peers.md fails in both directions."""

from __future__ import annotations

import pytest

from tests.peers.__main__ import DIFFERS, NOT_THE_ADAPTER, TABLE, Verdict, compare, expected_exceptions, judge

ROW = "| `peer::test_a` | differs | A reason. |"


def test_the_documents_table_can_be_read() -> None:
    expected = expected_exceptions(TABLE.read_text())
    assert expected["a2wsgi::test_body"] == NOT_THE_ADAPTER
    assert {name.partition("::")[0] for name in expected} <= {"a2wsgi", "asgiref", "starlette", "uvicorn"}


def test_what_is_as_the_table_says_is_no_complaint() -> None:
    found = {"peer::test_a": Verdict(DIFFERS), "peer::test_b": Verdict(None)}
    assert compare(found, expected_exceptions(ROW)) == []


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (
            {"peer::test_a": Verdict(DIFFERS), "peer::test_b": Verdict(DIFFERS, "boom")},
            "test_b: differs (boom)",
        ),
        ({"peer::test_a": Verdict(None)}, "test_a: passes"),
        ({"peer::test_a": Verdict(NOT_THE_ADAPTER)}, "test_a: not the adapter"),
        ({}, "test_a: in docs/peers.md, but there is no such test"),
    ],
)
def test_any_difference_is_a_complaint(found: dict[str, Verdict], complaint: str) -> None:
    (told,) = compare(found, expected_exceptions(ROW))
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
