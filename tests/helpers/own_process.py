"""Runs a module of the tests in a process of its own, as what configures Django for good needs one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def answers_of(module: str, *arguments: str) -> Any:
    """What ``python -m module`` prints as JSON; fails with what it says on stderr."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def beside_time(stderr: str) -> str:
    """``stderr`` without what asyncio's debug mode says of a callback that took 0.1 s, which is about the machine."""
    lines = stderr.splitlines(keepends=True)
    return "".join(
        line for line in lines if not (line.startswith("Executing <") and line.endswith(" seconds\n"))
    )
