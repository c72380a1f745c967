"""``bridgekit serve`` at the command line: exit codes and what the user reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridgekit.serve.command import serve as command
from tests.helpers.server_process import ROOT


def serve(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bridgekit", "serve", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere_to_be_found:app"], "no module named 'nowhere_to_be_found'"),
        (["tests.serve:app"], "the module 'tests.serve' has no attribute 'app'"),
        (["bridgekit/cli.py:main"], "names a path; name the module instead, for example bridgekit.cli:main"),
        (["wsgiref.simple_server:demo_app", "--app-dir", "/", "--", "--no-such-option"], "no-such-option"),
    ],
)
def test_what_is_missing_is_one_line_and_exit_code_2(arguments: list[str], told: str) -> None:
    pytest.importorskip("uvicorn")
    shown = serve(*arguments)
    assert shown.returncode == 2
    assert shown.stderr.splitlines()[-1].startswith("Error: ")
    assert told in shown.stderr
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize(
    ("option", "meant"), [("--reload", None), ("--workers", None), ("--threds", "--threads")]
)
def test_an_option_of_the_servers_is_not_taken_for_one_of_ours(option: str, meant: str | None) -> None:
    shown = CliRunner().invoke(command, ["shop:app", option])
    assert shown.exit_code == 2
    assert f"follow after two dashes: bridgekit serve TARGET -- {option} ..." in shown.output
    assert ("Did you mean" in shown.output) == (meant is not None)
    assert meant is None or meant in shown.output


def test_a_missing_server_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    """In an interpreter that finds bridgekit and its dependencies, but no server."""
    block = (
        "import importlib.util, sys; from bridgekit.cli import main\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'granian' else find(name, *rest)\n"
        "sys.argv = ['bridgekit', 'serve', 'wsgiref.simple_server:demo_app', '--server', 'granian']\n"
        "main()"
    )
    shown = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 2
    assert (
        shown.stderr
        == "Error: the server 'granian' is not installed; run: pip install 'bridgekit[granian]'\n"
    )


def test_an_error_inside_the_project_shows_where(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    tmp_path.joinpath("shop.py").write_text("import json\nimport not_installed_anywhere\n")
    shown = serve("shop:app", cwd=tmp_path)
    assert shown.returncode == 2
    lines = shown.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].strip() == f'File "{tmp_path}/shop.py", line 2, in <module>'
    assert lines[-1].startswith("Error: importing 'shop' failed: ModuleNotFoundError")
