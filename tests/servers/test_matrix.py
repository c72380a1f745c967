"""The manual's table of servers has the scenarios that there are."""

from __future__ import annotations

from tests.helpers.outcomes import RAN
from tests.servers.matrix import MANUAL, Scenario, cells_of, rows_of, scenarios, server_of, write


def test_the_manual_has_every_scenario_and_no_other() -> None:
    """Run the tests with BRIDGEKIT_TEST_OUTCOMES set, then ``python -m tests.servers.matrix``, when this fails."""
    assert rows_of(MANUAL.read_text("utf-8")) == {scenario.text for scenario in scenarios()}


def test_no_cell_is_left_out_without_a_reason() -> None:
    """Nothing but ``ok``, numbers of reasons that are there, and what is not asked."""
    page = MANUAL.read_text("utf-8")
    reasons = {line.partition(".")[0] for line in page.partition("## Reasons")[2].splitlines() if line}
    cells = [
        cell.strip() for line in page.splitlines() if line.startswith("| ") for cell in line.split("|")[2:-1]
    ]
    said = {word for cell in cells for word in cell.split() if word.startswith("[")}
    assert {word.strip("[]") for word in said} == reasons
    assert "ok" in cells


def test_variations_share_a_cell_with_their_reasons() -> None:
    file, name = "tests/servers/test_requests.py", "test_a_truncated_upload_raises"
    found = {
        f"{file}::{name}[daphne-10-leave]": "why not",
        f"{file}::{name}[daphne-20-leave]": RAN,
        f"{file}::other[daphne]": RAN,
    }
    assert dict(cells_of([found])[Scenario(file, name)]) == {"daphne": {"why not", RAN}}
    assert "| a truncated upload raises | ok [1] |" in write([found])


def test_the_longest_name_of_a_server_is_taken() -> None:
    assert server_of("x::y[gunicorn-gevent-preload-wsgi]") == "gunicorn-gevent-preload"
    assert server_of("x::y[uvicorn-h11-uvloop]") == "uvicorn-h11-uvloop"
    assert server_of("x::y[1-abc]") is None
