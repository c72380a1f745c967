"""The floor of coverage is asked for where branches are counted, and nothing but the floor decides."""

from __future__ import annotations

import configparser
import tomllib
from pathlib import Path

from tests.conftest import UNMEASURED

ROOT = Path(__file__).parents[1]
TOX = configparser.ConfigParser()
TOX.read(ROOT / "tox.ini")
COVERAGE = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["coverage"]


def test_branches_are_counted_by_a_tracer_that_knows_them() -> None:
    """sys.monitoring leaves them out, with a warning, before Python 3.14."""
    assert COVERAGE["run"]["branch"] is True
    assert "core" not in COVERAGE["run"]
    assert "py312-django61: COVERAGE_CORE = ctrace" in TOX["testenv"]["set_env"]


def test_the_report_has_the_floor_of_pyproject_and_no_other() -> None:
    """The run of the tests passes whatever is covered; the environment behind it decides, and shows that a floor above what ran ends red."""
    assert COVERAGE["report"]["fail_under"] > 0
    _, report, above = TOX["testenv:coverage"]["commands"].strip().splitlines()
    assert report.startswith("coverage report")
    assert "fail-under" not in report
    assert above.startswith("! coverage report --fail-under=100")
    assert TOX["testenv:coverage"]["depends"] in TOX["testenv"]["commands"]


def test_what_is_not_measured_is_there() -> None:
    assert [path for path in UNMEASURED if not (ROOT / path).exists()] == []
