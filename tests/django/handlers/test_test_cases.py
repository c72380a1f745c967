"""A project's own tests over its entry points, run by ``manage.py test``: the transactions of `TestCase`, a database in memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COMMAND = "-W ignore -m django test --settings tests.django.library.settings --pattern cases.py tests.django.library"


@pytest.mark.parametrize("handlers", ["django", "bridgekit"])
def test_views_and_tests_see_each_other_s_rows(handlers: str) -> None:
    done = subprocess.run(
        [sys.executable, *COMMAND.split()],
        cwd=ROOT,
        env={**os.environ, "LIBRARY_HANDLERS": handlers, "DJANGO_SETTINGS_MODULE": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ran = re.search(r"Ran (\d+) tests", done.stderr)
    assert ran is not None, done.stderr
    assert int(ran[1]) == 10
