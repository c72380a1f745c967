"""The text report of ``bridgekit check`` on the mixed example, as a whole: a change of the picture is seen here.

After a wanted change, write it anew with::

    BRIDGEKIT_WRITE_SNAPSHOTS=1 python -m pytest tests/examples/test_check_report.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("django")

ROOT = Path(__file__).parent.parent.parent
SNAPSHOT = Path(__file__).parent / "check_report.txt"
WHITENOISE = '''class WhiteNoiseMiddleware:
    """What the real one is to the chain: sync-only."""

    async_capable = False
    sync_capable = True

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)
'''


def report(folder: Path) -> str:
    """What the command prints for a copy of the example beside a WhiteNoise that is the same in every environment."""
    example = folder / "django_mixed"
    shutil.copytree(
        ROOT / "examples" / "django_mixed", example, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3")
    )
    (example / "whitenoise").mkdir()
    (example / "whitenoise" / "__init__.py").write_text("", "utf-8")
    (example / "whitenoise" / "middleware.py").write_text(WHITENOISE, "utf-8")
    answer = subprocess.run(
        [sys.executable, "-m", "bridgekit", "check", "django_mixed"],
        cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert answer.returncode in (0, 1), answer.stderr
    return answer.stdout.replace(f"{folder}/", "")


def test_the_report_on_the_example_is_the_one_that_was_last_looked_at(tmp_path: Path) -> None:
    """Stack, crossings, hops, totals, findings and notes."""
    found = report(tmp_path)
    if os.environ.get("BRIDGEKIT_WRITE_SNAPSHOTS"):
        SNAPSHOT.write_text(found, "utf-8")
    assert found == SNAPSHOT.read_text("utf-8")
