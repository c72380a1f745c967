"""docs/architecture.md shows the house as it stands."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PROJECT = ROOT / "tests" / "check" / "projects" / "startproject"

FOLLOWED = """
import importlib, pkgutil, sys
from pathlib import Path
from click.testing import CliRunner
from bridgekit import cli
import bridgekit.check
HERE = str(Path(bridgekit.check.__file__).parent)
for found in pkgutil.walk_packages([HERE], "bridgekit.check."):
    importlib.import_module(found.name)
entered = []
seen = set()
def follow(frame, event, argument):
    code = frame.f_code
    if event != "call" or code in seen:
        return
    seen.add(code)
    if code.co_name != "<module>" and code.co_filename.startswith(HERE):
        room = Path(code.co_filename).relative_to(HERE).parts[0].removesuffix(".py")
        if room not in entered:
            entered.append(room)
sys.setprofile(follow)
# Time to follow every call of it on a machine that does other things: what a check leaves out for the want of time, it does not enter.
done = CliRunner().invoke(cli.main, ["check", "--timeout", "3600", "--python", sys.executable, sys.argv[1]])
sys.setprofile(None)
assert done.exit_code in (0, 1), done.output
print(" ".join(entered))
"""
"""Prints the rooms of the checker in the order in which a run first calls something in them; all is imported before."""


def test_the_pictures_are_those_of_the_source() -> None:
    """Else: python docs/draw_architecture.py."""
    page = PAGE.read_text("utf-8")
    drawing = runpy.run_path(str(ROOT / "docs" / "draw_architecture.py"))
    assert page.count("```mermaid") == len(drawing["OPENED"])
    assert drawing["redrawn"](page) == page


LAYER = """
def plain(get_response):
    def middleware(request):
        return get_response(request)
    return middleware
"""


def test_a_run_enters_the_checkers_rooms_in_the_order_that_the_page_gives(tmp_path: Path) -> None:
    """Of a project with a middleware of its own: there is nothing to follow in what startproject writes."""
    project = tmp_path / "site"
    shutil.copytree(PROJECT, project)
    (project / "layers.py").write_text(LAYER, "utf-8")
    (project / "pyproject.toml").write_text("[tool.bridgekit]\n", "utf-8")
    with (project / "mysite" / "settings.py").open("a", encoding="utf-8") as settings:
        settings.write('MIDDLEWARE += ["layers.plain"]\n')
    page = PAGE.read_text("utf-8")
    told = re.findall(r"^\d+\. `check\.(\w+)`", page, re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-c", FOLLOWED, str(project)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == told


def test_every_file_that_the_page_names_is_there() -> None:
    page = PAGE.read_text("utf-8")
    rows = (
        page[page.index("## Where do I find") :]
        .replace("NNN_name", "007_context_token")
        .replace("NNN", "007")
    )
    named = re.findall(r"`((?:\w+/)+\w+\.(?:py|md))`", rows)
    assert len(named) > 10
    places = (ROOT / "src" / "bridgekit", ROOT)
    assert [name for name in named if not any((place / name).exists() for place in places)] == []


def test_every_file_that_the_pages_name_is_there() -> None:
    """By its name, and by its folders where they are given."""
    there = [
        f"/{file.relative_to(ROOT).as_posix()}"
        for folder in ("src", "tests", "docs")
        for file in ROOT.joinpath(folder).rglob("*.py")
    ]
    made_up = {"manage.py", "check/rules/brgNNN_name.py", "brgNNN_name.py"}
    for page in ("architecture.md", "design.md"):
        named = set(re.findall(r"[\w/]+\.py\b", ROOT.joinpath("docs", page).read_text("utf-8")))
        assert len(named) > 10
        missing = [
            name
            for name in named - made_up
            if not any(file.endswith(f"/{name.strip('/')}") for file in there)
        ]
        assert missing == [], page
