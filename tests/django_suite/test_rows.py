"""Which rows of the page are compared, for which version and labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.django_suite import __main__ as suite
from tests.django_suite.labels import LABELS, PROOF
from tests.peers.verdicts import DIFFERS, Verdict, compare_with

ROWS = """
| `django::asgi.tests.A.test_a` | differs | A reason. |
| `django 5.2::handlers.tests.H.test_h` | differs | Another. |
"""


@pytest.fixture(autouse=True)
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    page = tmp_path / "page.md"
    page.write_text(ROWS)
    monkeypatch.setattr(suite, "TABLE", page)
    return page


def test_rows_of_one_version_count_for_that_alone() -> None:
    assert suite.rows_for("6.1.3") == {"django::asgi.tests.A.test_a": DIFFERS}
    assert suite.rows_for("5.2.19").keys() == {
        "django::asgi.tests.A.test_a",
        "django::handlers.tests.H.test_h",
    }


def test_rows_of_labels_that_are_not_run_do_not_count() -> None:
    assert suite.rows_for("5.2.19", ["handlers"]).keys() == {"django::handlers.tests.H.test_h"}


def test_a_test_that_passes_though_the_page_names_it_is_a_complaint(page: Path) -> None:
    found = {"django::asgi.tests.A.test_a": Verdict(None)}
    (complaint,) = compare_with(suite.rows_for("6.1.3"), found, page)
    assert "asgi.tests.A.test_a: passes" in complaint


def test_the_page_s_own_rows_can_be_read_and_are_of_labels_that_are_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    rows = suite.rows_for("6.1.3")
    assert rows
    assert {name.removeprefix("django::").partition(".")[0] for name in rows} <= set(LABELS)
    assert set(PROOF) <= set(LABELS)
