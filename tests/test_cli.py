"""The manual names what the command takes."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridgekit import cli

DOCS = Path(__file__).parents[1] / "docs"
PROJECT = Path(__file__).parent / "check" / "projects" / "startproject"
FULL = Path("/dev/full")
PAGES = {"serve": "serve.md", "check": "check.md", "explain": "check.md"}


def options(command: str) -> set[str]:
    """The long options of a subcommand."""
    parameters = cli.main.commands[command].params
    return {option for parameter in parameters for option in parameter.opts if option.startswith("--")}


def test_every_subcommand_has_its_page() -> None:
    assert set(PAGES) == set(cli.main.commands)


def test_the_help_says_of_each_command_in_whole_what_it_is_for() -> None:
    """click cuts the first sentence of a command's help off where the terminal ends."""
    printed = CliRunner().invoke(cli.main, ["--help"], terminal_width=80).output
    commands = printed.partition("Commands:\n")[2].splitlines()
    assert len(commands) == len(PAGES)
    assert [line for line in commands if not re.fullmatch(r"  [a-z]+ +[A-Z][^.]*\.", line)] == []


@pytest.mark.parametrize("command", PAGES)
def test_the_page_names_every_option(command: str) -> None:
    page = (DOCS / PAGES[command]).read_text("utf-8")
    assert options(command) <= set(re.findall(r"--[a-z-]+", page))


def test_the_tables_name_no_option_that_does_not_exist() -> None:
    """In the first cell of a row: an option that was renamed or taken away would stay there."""
    for page in set(PAGES.values()):
        cells = re.findall(r"^\| (`--[^|]*)\|", (DOCS / page).read_text("utf-8"), re.MULTILINE)
        told = {option for cell in cells for option in re.findall(r"--[a-z-]+", cell)}
        known = {option for command, where in PAGES.items() if where == page for option in options(command)}
        assert told, page
        assert told <= known


@pytest.fixture
def shown() -> str:
    pytest.importorskip("django")
    report = CliRunner().invoke(cli.main, ["check", str(PROJECT), "--format", "json"])
    assert report.exit_code == 1
    return report.stdout


def test_the_names_of_other_checkers_options_are_taken(shown: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    options = ["--output-format", "json", "--output-file", str(file), "--exit-zero"]
    assert CliRunner().invoke(cli.main, ["check", str(PROJECT), *options]).exit_code == 0
    assert file.read_text("utf-8") == shown


def test_a_project_that_cannot_be_checked_is_never_exit_code_zero(tmp_path: Path) -> None:
    assert CliRunner().invoke(cli.main, ["check", str(tmp_path), "--exit-zero"]).exit_code == 2


def test_all_pages_are_those_of_the_rules() -> None:
    from bridgekit.check.findings.pages import rule_page
    from bridgekit.check.rules.registry import ALL_RULES

    printed = CliRunner().invoke(cli.main, ["explain", "--all"])
    assert printed.exit_code == 0
    assert all(rule_page(rule.code) in printed.stdout for rule in ALL_RULES)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_as_the_manual_has_it(shell: str) -> None:
    asked = f"_BRIDGEKIT_COMPLETE={shell}_source bridgekit"
    assert asked in (DOCS / "check.md").read_text("utf-8")
    printed = CliRunner().invoke(
        cli.main, prog_name="bridgekit", env={"_BRIDGEKIT_COMPLETE": f"{shell}_source"}
    )
    assert printed.exit_code == 0
    assert f"_BRIDGEKIT_COMPLETE={shell}_complete" in printed.output


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("explain BRG02", ["BRG020", "BRG021", "BRG022", "BRG023", "BRG024"]),
        ("explain brg00", [f"BRG{number:03}" for number in range(10)]),
        ("explain old-s", ["old-style"]),
        ("check --select BRG10", [f"BRG10{number}" for number in range(1, 6)]),
        ("check --ignore BRG024", ["BRG024"]),
        ("check --ignore old-s", [""]),  # a line without a value
    ],
)
def test_the_shell_completes_rules(words: str, offered: list[str]) -> None:
    """As bash asks, by the variables that click's script sets."""
    asked = {
        "_BRIDGEKIT_COMPLETE": "bash_complete",
        "COMP_WORDS": f"bridgekit {words}",
        "COMP_CWORD": str(len(words.split())),
    }
    printed = CliRunner().invoke(cli.main, prog_name="bridgekit", env=asked)
    assert [line.partition(",")[2] for line in printed.output.splitlines()] == offered


def test_the_problem_matcher_reads_the_lines_of_findings() -> None:
    (matcher,) = json.loads((DOCS / "guides/problem-matcher.json").read_text("utf-8"))["problemMatcher"]
    (pattern,) = matcher["pattern"]
    printed = CliRunner().invoke(cli.main, ["check", str(PROJECT), "--quiet"]).output
    found = [match for line in printed.splitlines() if (match := re.match(pattern["regexp"], line))]
    assert [match[pattern["code"]] for match in found] == ["BRG001"]
    assert found[0][pattern["file"]].endswith("settings.py")
    assert found[0][pattern["line"]].isdecimal()


def reported(*options: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, whose streams are real."""
    command = [sys.executable, "-m", "bridgekit", *options]
    # As users have it: an unbuffered stdout has nothing left to write when the interpreter ends.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        command, stderr=subprocess.PIPE, text=True, timeout=60, check=False, env=env, **more
    )


@pytest.mark.skipif(not FULL.exists(), reason="Linux has a device that is full")
def test_a_report_that_cannot_be_written_is_one_line() -> None:
    with FULL.open("w") as full:
        shown = reported("check", str(PROJECT), stdout=full)
    assert shown.returncode == 2
    assert shown.stderr == "Error: the report cannot be written: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="closes a stream by its number")
def test_without_a_stdout_the_exit_code_tells() -> None:
    """As under a supervisor that has closed it."""
    shown = reported("check", str(PROJECT), preexec_fn=functools.partial(os.close, 1))
    assert (shown.returncode, shown.stderr) == (1, "")


def test_an_interruption_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bridgekit.check.command.check_project", interrupted)
    shown = CliRunner().invoke(cli.main, ["check", str(PROJECT)])
    assert (shown.exit_code, shown.output) == (130, "\nInterrupted\n")
