"""The benchmarks can be started as tox starts them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(path.name for path in (ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("name", FILES)
def test_its_imports_are_found_from_the_root(name: str) -> None:
    """``runpy`` puts no folder on the path, unlike ``python FILE``."""
    text = (ROOT / "benchmarks" / name).read_text("utf-8")
    foreign = set(re.findall(r"^(?:from|import) (a2wsgi|django|starlette|uvicorn)\b", text, re.MULTILINE))
    missing = [package for package in foreign if importlib.util.find_spec(package) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    code = f"import runpy; runpy.run_path('benchmarks/{name}', run_name='loaded')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_benchmark_that_the_manual_names_exists() -> None:
    """``tox run -e benchmarks -- NAME``."""
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = {
        name
        for document in documents
        for name in re.findall(r"tox run -e benchmarks -- (\w+)", document.read_text("utf-8"))
    }
    assert {"single_hop", "wsgi_to_asgi"} <= named
    assert {f"{name}.py" for name in named} <= set(FILES)


BROKEN_CELL = """
import runpy, sys, tempfile, time
sys.path.insert(0, "benchmarks")
import django_handlers as benchmark
folder = tempfile.mkdtemp()
benchmark.configure(None, folder)
views, made = ["sync", "sqlite"], benchmark.app_of

def app_of(contestant, stack):
    app = made(contestant, stack)
    if contestant == benchmark.OURS:
        def broken(request, *args):
            if request.path.startswith("/sqlite"):
                raise OSError("too many connections")
            return ours(request)
        ours, app.resolve_request = app.resolve_request, broken
    return app

benchmark.app_of, benchmark.AT_A_TIME = app_of, (1, 2)
cells = benchmark.Cells()
benchmark.in_process(cells, time.perf_counter, 1, 2, lambda stack, view: stack == "seven", views)
print(len(cells.rows), *(line for line in cells.missed if "did not run" in line), sep="\\n")
"""


def test_a_cell_that_cannot_run_says_why_and_the_others_run() -> None:
    """A database that refuses more connections ended the whole grid of the Django handlers."""
    pytest.importorskip("django")
    done = subprocess.run(
        [sys.executable, "-c", BROKEN_CELL],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()[-3:]
    assert told == [
        "6",
        *(
            f"seven, sqlite, {number} at a time did not run: OSError: too many connections"
            for number in (1, 2)
        ),
    ]


def instructions(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Of this checkout, as the benchmark itself has it: what is installed may be a wheel of it."""
    pytest.importorskip("a2wsgi")
    return subprocess.run(
        [sys.executable, "benchmarks/instructions.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environ},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_every_row_of_the_instructions_runs_once_and_twice() -> None:
    """As under valgrind, but at full speed."""
    done = instructions("--counted", "--rounds", "1", COUNTED_TREE=str(ROOT))
    assert done.returncode == 0, done.stderr
    ran = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(ran) == 20
    for (_, calls, name), (_, twice, again) in zip(ran[::2], ran[1::2], strict=True):
        assert (int(twice), again) == (2 * int(calls), name)
    assert {name.partition(",")[0] for _, _, name in ran} == {"WSGIToASGI", "ASGIToWSGI"}


def test_instructions_are_counted_of_the_tree_that_was_asked_for(tmp_path: Path) -> None:
    done = instructions("--counted", "--rounds", "1", COUNTED_TREE=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"bridgekit was imported from {ROOT}"]


def test_instructions_without_valgrind_say_what_is_missing(tmp_path: Path) -> None:
    done = instructions(PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs valgrind" in done.stderr


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
def test_a_tree_against_itself_has_the_same_instructions() -> None:
    done = instructions("--rounds", "1", "--only", "hello, 32 at a time", "--assert", "1.03")
    assert done.returncode == 0, done.stdout + done.stderr
    row = done.stdout.splitlines()[-1].split("|")
    there, here, ratio = (float(cell.replace(",", "")) for cell in row[2:5])
    assert min(there, here) > 10_000
    assert 0.97 < ratio < 1.03
