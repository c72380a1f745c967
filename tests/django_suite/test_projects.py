"""A project's own tests with its client's requests answered by an ASGI handler, as docs/django_suite.md shows it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("django")

import django

from tests.django_suite.compare import differing

ROOT = Path(__file__).parents[2]
SHIM = Path(__file__).with_name("suite_shim.py")
ARGUMENTS = "test --settings tests.django.library.settings --pattern cases.py tests.django.library"


def results_of(variant: str, target: Path) -> Any:
    """What `suite_shim` noted of the tests of `tests.django.library`, which use Django's clients among others."""
    script = str(Path(django.__file__).with_name("__main__.py"))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SHIM), variant, str(target), script, *ARGUMENTS.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert target.exists(), done.stderr
    return json.loads(target.read_text("utf-8"))


def test_a_project_s_client_is_answered_by_the_asgi_handler_in_its_own_threads(tmp_path: Path) -> None:
    stock = results_of("bare", tmp_path / "stock.json")
    assert {result["outcome"] for result in stock.values()} == {"passed"}
    for variant in ("asgi-django", "asgi-bridgekit"):
        ours = results_of(variant, tmp_path / f"{variant}.json")
        assert differing(stock, ours) == []
        assert sum(result["touched"] for result in ours.values()) == 2


def test_what_came_out_otherwise_is_told() -> None:
    passed, failed = {"outcome": "passed", "touched": True}, {"outcome": "failed", "touched": True}
    stock: Any = {"a": passed, "b": passed, "c": failed}
    ours: Any = {"a": passed, "b": failed, "d": passed}
    assert differing(stock, ours) == [
        "b: passed, then failed",
        "c: failed, then not run",
        "d: not run, then passed",
    ]
