"""What ``"bridgekit.django"`` in INSTALLED_APPS adds to a management command: ``manage.py check`` of a new project, with and without it.

    python -m benchmarks.django_checks [--rounds 9]

Both in turns, each in a process of its own; the CPU time of the process, the median over the rounds of the differences within one round. The
bar is 0.1 s.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BAR = 0.1
WITHOUT, WITH = "site1.settings", "site1.with_bridgekit"


def make_project(folder: Path) -> None:
    """A project as ``startproject`` makes it, with a second settings module."""
    subprocess.run(
        [sys.executable, "-m", "django", "startproject", "site1", str(folder)], check=True, env=environment()
    )
    text = (folder / "site1" / "settings.py").read_text("utf-8")
    with_app = text.replace("INSTALLED_APPS = [", 'INSTALLED_APPS = [\n    "bridgekit.django",')
    (folder / "site1" / "with_bridgekit.py").write_text(with_app, "utf-8")


def seconds(folder: Path, settings: str) -> float:
    """CPU seconds of one ``manage.py check``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "manage.py", "check", "--settings", settings]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        make_project(folder)
        for settings in (WITHOUT, WITH):
            seconds(folder, settings)  # compiles
        pairs = [(seconds(folder, WITHOUT), seconds(folder, WITH)) for _ in range(rounds)]
    without, added = (
        statistics.median(values) for values in zip(*((a, b - a) for a, b in pairs), strict=True)
    )
    print(f"manage.py check: {without:.2f} s, with bridgekit.django {added:+.3f} s (bar: {BAR} s)")


if __name__ == "__main__":
    main()
