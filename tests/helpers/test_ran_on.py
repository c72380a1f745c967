from __future__ import annotations

import json
import platform
import re
import tomllib
from pathlib import Path

from tests.helpers.ran_on import PAGE, ROOT, note_versions, page, versions_on


def minors(name: str) -> list[str]:
    """The feature versions of the page, once each, in its order."""
    return list(
        dict.fromkeys(
            ".".join(version.split(".")[:2]) for version in versions_on(PAGE.read_text("utf-8"), name)
        )
    )


def classified(prefix: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [
        found[1]
        for line in project["classifiers"]
        if (found := re.fullmatch(rf"{prefix} :: (\d+\.\d+)", line))
    ]


def test_an_environment_writes_down_what_it_runs_on(tmp_path: Path) -> None:
    note_versions(tmp_path, "py")
    found = json.loads((tmp_path / "py.json").read_text())
    assert found["CPython"] == platform.python_version()
    assert found["asgiref"]


def test_the_page_has_each_version_once_in_order() -> None:
    text = page(
        [
            {"CPython": "3.12.1", "Django": "6.1.3"},
            {"CPython": "3.11.7", "Django": "6.1.3"},
            {"Django": "5.2.10"},
        ]
    )
    assert versions_on(text, "CPython") == ["3.11.7", "3.12.1"]
    assert versions_on(text, "Django") == ["5.2.10", "6.1.3"]


def test_the_classifiers_name_what_a_run_has_covered() -> None:
    """And nothing else: what is expected and was not tried is called so on the page."""
    assert classified("Programming Language :: Python") == minors("CPython")
    assert classified("Framework :: Django") == minors("Django")
