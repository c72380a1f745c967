"""Which modules lead to ``async def``: those whose import makes Python load one that has it, at most two away."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bridgekit.check.views import async_modules
from bridgekit.check.views.async_modules import AsyncModules

FILES = {
    "shop/__init__.py": "",
    "shop/plain.py": "def f(): pass\n",
    "shop/live.py": "async def g(): pass\n",
    "shop/near.py": "from shop.live import g\n",
    "shop/nearer.py": "import shop.near\n",
    "shop/deep/__init__.py": "from . import inner\n",
    "shop/deep/inner.py": "from ..live import g\n",
    "shop/one.py": "import shop.two\n",
    "shop/two.py": "import shop.one\n",
    "asyncless.py": "x = 1\n",
}
"""With a circle, relative imports, and what is one module too far."""
STARTS = [
    "import shop.live",
    "import shop.plain, shop.live as live",
    "import shop.plain",
    "import json, asyncless",
    "import asyncio",
    "from asgiref.sync import sync_to_async",
    "from shop.live import g",
    "from shop import live",
    "from shop import plain, live as l",
    "from shop import plain",
    "from shop import (\n    plain,\n    live,\n)",
    "from shop.near import g",
    "import shop.one",
    "from . import live",
    "from .live import g",
    "from .plain import f",
    "from .deep import inner",
    "if True:\n    from shop import live",
    "try:\n    import shop.live\nexcept ImportError:\n    pass",
]
TOO_FAR = ["import shop.nearer"]
_RUN = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
for number in range(int(sys.argv[2])):
    before = set(sys.modules)
    importlib.import_module(f"shop.start{number}")
    print(json.dumps([name for name in set(sys.modules) - before]))
    for name in [name for name in sys.modules if name.partition(".")[0] in ("shop", "asyncless")]:
        del sys.modules[name]
"""


def modules_of(root: Path) -> AsyncModules:
    def content(name: str) -> tuple[bytes, bool] | None:
        for path, is_package in (
            (root / f"{name.replace('.', '/')}.py", False),
            (root / name.replace(".", "/") / "__init__.py", True),
        ):
            if path.exists():
                return path.read_bytes(), is_package
        return None

    return AsyncModules(content)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    for number, text in enumerate(STARTS + TOO_FAR):
        (root / "shop" / f"start{number}.py").write_text(text + "\n", "utf-8")
    return root


@pytest.fixture(scope="module")
def loaded(project: Path) -> list[set[str]]:
    """The modules that Python loads for each start, all in one process, which forgets them in between."""
    run = [sys.executable, "-W", "ignore", "-c", _RUN, str(project), str(len(STARTS + TOO_FAR))]
    shown = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True)
    return [set(json.loads(line)) for line in shown.stdout.splitlines()]


def leads(project: Path, names: set[str]) -> bool:
    """Whether one of the project's own that were loaded has ``async def``."""
    files = [project / f"{name.replace('.', '/')}.py" for name in names]
    return any(b"async def" in file.read_bytes() for file in files if file.exists())


@pytest.mark.parametrize("number", range(len(STARTS)), ids=STARTS)
def test_a_module_leads_to_what_python_loads_for_it(
    number: int, project: Path, loaded: list[set[str]]
) -> None:
    assert modules_of(project).lead_from(f"shop.start{number}") == leads(project, loaded[number])


def test_what_is_three_modules_away_is_not_looked_for(project: Path, loaded: list[set[str]]) -> None:
    """Python loads it: the bound is ours."""
    assert leads(project, loaded[len(STARTS)])
    assert not modules_of(project).lead_from(f"shop.start{len(STARTS)}")


def test_a_package_counts_from_itself(project: Path) -> None:
    """``from . import inner`` in an ``__init__.py`` (language reference, section 7.11)."""
    assert modules_of(project).lead_from("shop.deep")


def test_a_module_is_read_once_and_not_without_end(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    modules = modules_of(project)
    content = modules.content

    def noted(name: str) -> tuple[bytes, bool] | None:
        asked.append(name)
        return content(name)

    modules.content = noted
    assert modules.lead_from("shop.one") is modules.lead_from("shop.one") is False
    assert sorted(asked) == sorted(set(asked))
    monkeypatch.setattr(async_modules, "_MAX_READ", len(asked))
    assert not modules.lead_from("shop.near")
