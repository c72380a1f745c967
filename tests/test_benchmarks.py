"""The benchmarks can be started as tox starts them."""

from __future__ import annotations

import importlib.util
import re
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
