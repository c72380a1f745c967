"""The commands that the README promises are the ones that run here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SET_UP = "python3 -m venv .venv && .venv/bin/pip install -q tox && "


REPORT = "$ bridgekit check\n"


def commands(path: str) -> list[str]:
    """The lines of the code blocks of a document that set up and run tox."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", (ROOT / path).read_text(), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.startswith(SET_UP)]


def test_ci_runs_exactly_the_readmes_two_test_commands() -> None:
    tests = [SET_UP + ".venv/bin/tox run -e core", SET_UP + ".venv/bin/tox run"]
    assert [command for command in commands("README.md") if command in tests] == tests
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in script if "tox run" in line or ".venv" in line] == tests
    assert script[-2:] == tests


def test_the_demo_is_the_same_everywhere() -> None:
    demo = SET_UP + ".venv/bin/tox run -e demo"
    assert demo in commands("README.md")
    assert commands("examples/legacy_wsgi/README.md") == [demo]


def test_every_env_that_the_readme_names_exists() -> None:
    told = set(re.findall(r"tox run -e (\w+)", (ROOT / "README.md").read_text()))
    defined = set(re.findall(r"^\[testenv:([\w-]+)\]", (ROOT / "tox.ini").read_text(), re.MULTILINE))
    assert told == {"core", "demo", "benchmarks"}
    assert told <= defined


@pytest.mark.parametrize("path", ["docs/check.md"])
def test_the_report_that_is_shown_is_what_check_prints(path: str) -> None:
    """For Django's own startproject, up to the findings."""
    pytest.importorskip("django")
    _, _, rest = (ROOT / path).read_text("utf-8").partition(REPORT)
    shown, _, _ = rest.partition("```")
    printed = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "bridgekit", "check"],
        cwd=ROOT / "tests/check/projects/startproject",
        capture_output=True,
        check=False,  # findings make it 1
        text=True,
        encoding="utf-8",
    )
    assert shown.count("\n") > 10
    assert printed.stdout.startswith(shown), printed
