"""Draws docs/images/stack.svg from what `bridgekit check` prints: ``python docs/draw_stack.py`` writes it anew.

A test compares (tests/test_manual.py), so the picture cannot go stale.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = ROOT / "tests/check/projects/startproject"
PICTURE = ROOT / "docs/images/stack.svg"

COLUMNS = 160
CUT = 81
"""What stands behind the hops is for a wide terminal."""
WIDTH, HEIGHT = 7.85, 18
"""Of one character, in pixels, of a monospaced font of 13."""
PLAIN, DIM, GOOD, BAD = "#e6e6e6", "#9aa0a6", "#7ee787", "#ffa657"


def printed(change: tuple[str, str] | None = None) -> list[str]:
    """The lines of the report on Django's own startproject, with one line of its asgi.py changed."""
    with tempfile.TemporaryDirectory() as folder:
        project = shutil.copytree(PROJECT, Path(folder) / "mysite")
        if change is not None:
            (file,) = project.glob("*/asgi.py")
            file.write_text(file.read_text("utf-8").replace(*change), "utf-8")
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-m", "bridgekit", "check"],
            cwd=project,
            env={**os.environ, "COLUMNS": str(COLUMNS), "NO_COLOR": "1"},
            capture_output=True,
            check=False,  # findings make it 1
            text=True,
            encoding="utf-8",
        )
    return done.stdout.splitlines()


def shown() -> list[tuple[str, str]]:
    """The picture's lines with their colours."""
    before = printed()
    stack = [line for line in before if any(mark in line for mark in "┬├╰")]
    old, new = "from django.core.asgi import", "from bridgekit.django import"
    after = printed((old, new))
    (today,) = [line for line in before if line.startswith("  today:")]
    (with_handler,) = [line for line in after if line.startswith("  today:")]
    return [
        ("$ bridgekit check", PLAIN),
        *[(line[:CUT].rstrip(), DIM) for line in stack],
        ("", PLAIN),
        *[(line, BAD) for line in folded(today)],
        ("", PLAIN),
        ("asgi.py", PLAIN),
        (f"- {old} get_asgi_application", DIM),
        (f"+ {new} get_asgi_application", GOOD),
        ("", PLAIN),
        ("$ bridgekit check", PLAIN),
        *[(line, GOOD) for line in folded(with_handler)],
    ]


def folded(line: str) -> list[str]:
    """A long line of totals, its parts below each other: what it costs, what it costs others, which threads."""
    head, _, tail = line.strip().partition("; ")
    hops, others, of_others = head.partition(" (")
    lines = [f"{hops};", tail] if not others else [hops, f"({of_others};", tail]
    return [lines[0], *(" " * len("today:    ") + line for line in lines[1:])]


def picture() -> str:
    lines = shown()
    width = round(max(len(line) for line, _ in lines) * WIDTH) + 40
    height = len(lines) * HEIGHT + 36
    rows = "\n".join(
        f'<text x="20" y="{30 + number * HEIGHT}" fill="{colour}" xml:space="preserve">{escape(line)}</text>'
        for number, (line, colour) in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">\n'
        "<title>The report of bridgekit check on Django's startproject, before and after one changed import</title>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#1e1e24"/>\n'
        '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="13">\n'
        f"{rows}\n</g>\n</svg>\n"
    )


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(), "utf-8")
