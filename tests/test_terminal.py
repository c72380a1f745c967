"""What a terminal is shown."""

from __future__ import annotations

import io

import click
import pytest
from click.testing import CliRunner

from bridgekit import cli
from bridgekit.terminal import dressed, wants_colour

REPORT = """\
mysite.settings, MIDDLEWARE under ASGI

    1 ├ shop.middleware.Stamp   async   2 hops   process_request and process_response in a thread
      ╞══ to a thread ═══════            1 hop
  today:    4 hops with an async view, 5 with a sync view, and a thread for each request

a/b.py:3:1 BRG003 the coroutine of get_response is returned where a response is expected of it
Found 1 finding.
"""
SEVERITIES = {"BRG003": "error"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_who_gets_colours(environ: dict[str, str], terminal: bool, wanted: bool) -> None:
    """no-color.org: a variable that is set and not empty."""
    assert wants_colour(Terminal() if terminal else io.StringIO(), environ) is wanted


def test_nothing_is_changed_where_nothing_is_asked_for() -> None:
    assert dressed(REPORT, SEVERITIES, colour=False, width=None) == REPORT


def test_colours_add_no_word() -> None:
    coloured = dressed(REPORT, SEVERITIES, colour=True, width=None)
    assert click.unstyle(coloured) == REPORT
    assert click.style("BRG003", fg="red", bold=True) in coloured


@pytest.mark.parametrize("width", [60, 70, 80])
def test_lines_fit_and_lose_no_word(width: int) -> None:
    fitted = dressed(REPORT, SEVERITIES, colour=False, width=width)
    assert max(map(len, fitted.splitlines())) <= width
    assert fitted.split() == REPORT.split()


def test_a_total_goes_on_below_itself() -> None:
    lines = dressed(REPORT, SEVERITIES, colour=False, width=60).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("  today:"))
    assert lines[start + 1].startswith(" " * len("  today:    "))


def test_the_command_colours_where_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    pytest.importorskip("django")
    project = "tests/check/projects/startproject"
    coloured = CliRunner().invoke(cli.main, ["check", project], color=True).stdout
    monkeypatch.delenv("FORCE_COLOR")
    plain = CliRunner().invoke(cli.main, ["check", project], color=True).stdout
    assert "\x1b[" in coloured
    assert "\x1b[" not in plain
    assert click.unstyle(coloured) == plain
