"""The comparison of the peers' tests with their pages in docs fails in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers.__main__ import chosen, main, name_of
from tests.peers.directions import DIRECTIONS
from tests.peers.verdicts import (
    DIFFERS,
    NOT_THE_ADAPTER,
    Counts,
    Verdict,
    compare,
    compare_counts,
    expected_exceptions,
    judge,
    judge_whole,
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
        ("round_trip", "starlette::test_responses.py::test_response_phrase[*]", DIFFERS),
    ],
)
def test_the_documents_tables_can_be_read(direction: str, test: str, result: str) -> None:
    expected = expected_exceptions(DIRECTIONS[direction].table.read_text())
    assert expected[test] == result
    assert {name.partition("::")[0] for name in expected} <= DIRECTIONS[direction].suites.keys()


def test_a_direction_that_there_is_not_is_refused() -> None:
    with pytest.raises(SystemExit, match="no direction; there are wsgi_to_asgi, asgi_to_wsgi, round_trip"):
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


def result(outcome: str, *, touched: bool = True, websockets: bool = False) -> dict[str, object]:
    return {"outcome": outcome, "message": "boom", "touched": touched, "websockets": websockets}


def test_a_test_that_never_meets_the_adapter_proves_nothing() -> None:
    assert judge(result("passed", touched=False)).exception == NOT_THE_ADAPTER
    assert judge(result("skipped", touched=False)).exception == NOT_THE_ADAPTER
    assert judge(result("passed")).exception is None
    assert judge(result("failed")) == Verdict(DIFFERS, "boom")


def test_of_a_frameworks_suite_counts_what_meets_the_bridge() -> None:
    results = {
        "passes": result("passed"),
        "differs": result("failed"),
        "fails bare, too": result("failed"),
        "of something else": result("passed", touched=False),
        "of something else that fails": result("failed", touched=False),
        "of WebSockets": result("passed", touched=False, websockets=True),
        "skipped": result("skipped", touched=False),
    }
    verdicts, counts = judge_whole(results, {"fails bare, too"})
    assert {test: verdict.exception for test, verdict in verdicts.items()} == {
        "passes": None,
        "differs": DIFFERS,
        "fails bare, too": NOT_THE_ADAPTER,
        "of something else that fails": NOT_THE_ADAPTER,
    }
    assert counts == Counts(ran=6, met=3, passed=1, websockets=1)


def test_a_row_may_stand_for_both_backends_where_both_fail(table: Path) -> None:
    table.write_text("| `peer::test_a[*-1]` | differs | A reason. |")
    both = {"peer::test_a[asyncio-1]": Verdict(DIFFERS), "peer::test_a[trio-1]": Verdict(DIFFERS)}
    assert compare(both, table) == []
    (told,) = compare(both | {"peer::test_a[trio-1]": Verdict(None)}, table)
    assert told.startswith("peer::test_a[trio-1]: passes")


def test_a_page_with_other_counts_is_a_complaint(table: Path) -> None:
    """A bridge that no request meets fails no test."""
    row = Counts(ran=9, met=5, passed=4, websockets=1).row("peer", "1.0")
    table.write_text(row)
    assert compare_counts([row], table) == []
    (told,) = compare_counts([Counts(ran=9, met=0, passed=0, websockets=1).row("peer", "1.0")], table)
    assert "| peer 1.0 | 9 | 0 | 0 | 1 |" in told


def test_a_test_has_its_file_in_its_name_where_there_are_several() -> None:
    name = "tests/a/test_b.py::test_c[1]"
    assert name_of("peer", name, DIRECTIONS["round_trip"]) == "peer::a/test_b.py::test_c[1]"
    assert name_of("peer", name, DIRECTIONS["wsgi_to_asgi"]) == "peer::test_c[1]"


@pytest.mark.parametrize(
    "row", ["| `a::b` | fails | why |", "| `a::b` | differs | |", "| `a::b` | differs |"]
)
def test_a_row_without_a_reason_is_refused(row: str) -> None:
    with pytest.raises(SystemExit, match="not a row"):
        expected_exceptions(row)


def test_a_peer_without_a_suite_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"no suite of nobody; there are starlette, .*fastapi"):
        main("round_trip", "nobody")


def test_what_takes_minutes_runs_where_it_is_named() -> None:
    """CI runs the others; the page has rows of all of them."""
    suites = DIRECTIONS["round_trip"].suites
    assert chosen(suites, []).keys() == suites.keys() - {"fastapi"}
    assert chosen(suites, ["fastapi"]) == {"fastapi": suites["fastapi"]}
