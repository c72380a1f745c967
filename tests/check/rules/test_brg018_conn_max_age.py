"""BRG018: persistent connections under ASGI."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule


def databases(value: object) -> dict[str, object]:
    return {"DATABASES": {"default": {"ENGINE": "x", "CONN_MAX_AGE": value}}}


@pytest.mark.parametrize(
    "settings", [{}, databases(0), databases(False), {"DATABASES": {"default": {"ENGINE": "x"}}}]
)
def test_connections_that_close_are_right(check_rule: CheckRule, settings: dict[str, object]) -> None:
    """Zero is Django's default."""
    assert check_rule("BRG018", middleware=[], settings=settings) == []


def test_under_wsgi_persistent_connections_are_right(check_rule: CheckRule) -> None:
    """There threads come back."""
    assert check_rule("BRG018", middleware=[], settings=databases(60), server=Server.WSGI) == []


@pytest.mark.parametrize("value", [60, 0.5, None])
def test_connections_kept_under_asgi_are_found(check_rule: CheckRule, value: object) -> None:
    """None means for ever."""
    (finding,) = check_rule("BRG018", middleware=[], settings=databases(value))
    assert f"CONN_MAX_AGE is {value}" in finding.message


@pytest.mark.parametrize(
    ("engine", "refused"), [("django.db.backends.postgresql", True), ("other.backend", False)]
)
def test_beside_a_pool_django_refuses_the_option(check_rule: CheckRule, engine: str, refused: bool) -> None:
    """django/db/backends/postgresql/base.py raises ImproperlyConfigured."""
    options = {"ENGINE": engine, "CONN_MAX_AGE": 60, "OPTIONS": {"pool": {"min_size": 2}}}
    (finding,) = check_rule("BRG018", middleware=[], settings={"DATABASES": {"default": options}})
    assert ("ImproperlyConfigured" in finding.message) is refused


def test_bridgekits_own_handler_keeps_its_threads(check_rule: CheckRule) -> None:
    asgi = {
        "asgi.py": "from bridgekit.django import get_asgi_application\napplication = get_asgi_application()\n"
    }
    assert check_rule("BRG018", middleware=[], settings=databases(60), entry_points=asgi) == []
    asgi = {
        "asgi.py": "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n"
    }
    assert len(check_rule("BRG018", middleware=[], settings=databases(60), entry_points=asgi)) == 1


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0 if unread.flag() else 120", "may be 120 (whether"),
        ("120 if unread.flag() else 120", "is 120"),
        ("0 if unread.flag() else 0", None),
        ("int(os.environ.get('AGE', '60'))", "is 60"),
        ("int(os.environ.get('AGE', '0'))", None),
        ("unread.AGE", None),
    ],
)
def test_a_branch_that_is_not_known_is_not_stated_as_fact(
    tmp_path: Path, value: str, said: str | None
) -> None:
    """From source, and the finding stands at the line that sets the option, in whichever file."""
    (tmp_path / "base.py").write_text(
        f"import os\nimport unread\nDATABASES = {{\n    'default': {{\n        'CONN_MAX_AGE': {value},\n    }}\n}}\n",
        "utf-8",
    )
    (tmp_path / "settings.py").write_text("from base import *\nMIDDLEWARE = []\n", "utf-8")
    report = run(Options(tmp_path / "settings.py", select=("BRG018",)))
    if said is None:
        assert report.findings == []
    else:
        (finding,) = report.findings
        assert said in finding.message
        assert (Path(finding.location.path).name, finding.location.line) == ("base.py", 5)


@pytest.mark.parametrize(
    "setting",
    ["if unread.flag():\n    AGE = 60\nelse:\n    AGE = 0\n", "AGE = 0\nif unread.flag():\n    AGE = 60\n"],
)
def test_a_branch_of_statements_is_no_fact_either(tmp_path: Path, setting: str) -> None:
    (tmp_path / "settings.py").write_text(
        f"import unread\nMIDDLEWARE = []\n{setting}DATABASES = {{'default': {{}}}}\nDATABASES['default']['CONN_MAX_AGE'] = AGE\n",
        "utf-8",
    )
    (finding,) = run(Options(tmp_path / "settings.py", select=("BRG018",))).findings
    assert "may be 60 (whether" in finding.message


@pytest.mark.parametrize(
    ("answer", "count"),
    [("while True:\n        pass", 0), ("raise SystemExit", 1)],
    ids=["cannot be followed", "ends the settings"],
)
def test_an_answer_that_cannot_be_followed_leaves_nothing_a_fact(
    tmp_path: Path, answer: str, count: int
) -> None:
    """Where the other answer ends the settings there is only this one."""
    (tmp_path / "settings.py").write_text(
        f"import unread\nMIDDLEWARE = []\nAGE = 60\nif unread.flag():\n    AGE = 0\n    {answer}\n"
        "DATABASES = {'default': {'CONN_MAX_AGE': AGE}}\n",
        "utf-8",
    )
    found = run(Options(tmp_path / "settings.py", select=("BRG018",))).findings
    assert len(found) == count
