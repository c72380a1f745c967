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
