"""A report as a terminal shows it: colours, and lines that fit."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Mapping
from typing import TextIO

import click

_SEVERITY_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}
_FINDING = re.compile(r"(?P<place>\S.*?:\d+:\d+) (?P<code>BRG\d{3}) (?P<text>.*)")
_DETAIL = re.compile(r" *\d* [┬├╰╞].* {2,}(?=\S)|  [a-z ]+: +(?=\S)")
"""What stands before the last column of a row of the picture, and before the text of a total."""
_LEAST = 40
"""Columns below which a line is left to the terminal."""


def wants_colour(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether to colour what goes to ``stream``: NO_COLOR (no-color.org) goes before FORCE_COLOR, both before the terminal."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def dressed(text: str, severities: Mapping[str, str], *, colour: bool, width: int | None) -> str:
    """The text report with lines of at most ``width`` columns (None: as they are) and, if asked for, colours.

    :param severities: of the rules, by code.
    """
    lines: list[str] = []
    for line in text.splitlines():
        lines += _fitted(line, width) if width is not None and len(line) > width >= _LEAST else [line]
    if colour:
        lines = [_coloured(line, severities) for line in lines]
    return "".join(f"{line}\n" for line in lines)


def _fitted(line: str, width: int) -> list[str]:
    """What a row of the picture says of a layer goes on below itself; other lines go on a step further in."""
    found = _DETAIL.match(line)
    indent = len(line) - len(line.lstrip()) + 4
    if found and found.end() <= width - _LEAST // 2:
        indent = found.end()
    return textwrap.wrap(
        line,
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )


def _coloured(line: str, severities: Mapping[str, str]) -> str:
    if "╞══" in line:
        return click.style(line, fg="yellow")
    found = _FINDING.fullmatch(line)
    if found is None:
        return (
            click.style(line, bold=True) if line.startswith(("What breaks", "What works", "Found ")) else line
        )
    colour = _SEVERITY_COLOURS.get(severities.get(found["code"], ""), "white")
    return f"{click.style(found['place'], bold=True)} {click.style(found['code'], fg=colour, bold=True)} {found['text']}"
