"""Database connections under the handler: kept and closed as the settings say, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.django.handlers.postgres import postgres, why_not

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    with postgres() as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    if request.param == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "site.sqlite3")}
    found: dict[str, Any] = request.getfixturevalue("server")
    return found


def scenario(name: str, database: dict[str, Any], **more: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.django.handlers.database_site", json.dumps(database | more), name],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_connections_persist_as_under_wsgi(database: dict[str, Any]) -> None:
    answer = scenario("in turn", database, CONN_MAX_AGE=None, CONN_HEALTH_CHECKS=True)
    for found in answer["found"].values():
        # Two: a request may come while the thread of the one before lies down.
        assert len({one for answers in found["answers"] for one in answers}) <= 2
        assert found["opened"] <= 2


def test_a_connection_without_age_ends_with_its_request(database: dict[str, Any]) -> None:
    answer = scenario("in turn", database, CONN_MAX_AGE=0)
    for url, found in answer["found"].items():
        # In a stream a call has a thread, and so a connection, for itself, or for those that follow at once.
        assert found["opened"] == 10 or (url == "/stream/" and 10 < found["opened"] <= 20), url
        # Though no request has come since: a thread that is idle holds none.
        assert found["open"] == 0, url


def test_all_calls_of_a_view_share_a_connection(database: dict[str, Any]) -> None:
    answer = scenario("in turn", database, CONN_MAX_AGE=0)
    assert {len(answers) for answers in answer["found"]["/async/"]["answers"]} == {1}


def test_a_thread_that_retires_closes_its_connections(database: dict[str, Any]) -> None:
    assert scenario("retired", database, CONN_MAX_AGE=None)["found"] == {"before": 1, "after": 0}


def test_a_connection_that_broke_is_replaced(server: dict[str, Any]) -> None:
    found = scenario("broken", server, CONN_MAX_AGE=None, CONN_HEALTH_CHECKS=True)["found"]
    ((before,),) = found["before"]
    assert before not in {one for (one,) in found["after"]}


def test_connections_come_from_psycopg_s_pool(server: dict[str, Any]) -> None:
    pytest.importorskip("psycopg_pool")
    answer = scenario("in turn", server, OPTIONS={"pool": {"min_size": 1, "max_size": 2}})
    assert len({one for found in answer["found"].values() for ones in found["answers"] for one in ones}) <= 2
