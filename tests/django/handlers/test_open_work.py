"""Cursors and transactions that are begun in one call and go on in another one: as with Django's handler, for many requests at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.django.handlers.open_site import STACKS, URLS
from tests.helpers.own_process import answers_of


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("open") / "db.sqlite3"
    found: dict[str, Any] = answers_of("tests.django.handlers.open_site", str(file))
    return found


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("url", URLS)
def test_what_one_call_begins_goes_on_in_the_next(found: dict[str, Any], url: str, stack: str) -> None:
    assert found[f"stock {stack} {url}"] == [URLS[url]]
    assert found[f"pooled {stack} {url}"] == [URLS[url]]


@pytest.mark.parametrize("stack", STACKS)
def test_a_stream_that_has_ended_its_query_holds_no_thread(found: dict[str, Any], stack: str) -> None:
    assert found[f"held {stack}"] == {"while rows are left": 1, "after the last": 0}


@pytest.mark.parametrize("stack", STACKS)
def test_a_transaction_that_nobody_ended_meets_no_other_request(found: dict[str, Any], stack: str) -> None:
    assert found[f"left open {stack}"] == [["True", "False"]]


def test_a_wrapper_of_the_project_s_is_taken_off_by_whom_put_it_there(found: dict[str, Any]) -> None:
    """`connection.execute_wrapper` takes off the last one, whichever that is; here the connection is opened within it."""
    assert found["wrappers of the project left"] == ["0"]
