"""bridgekit where Linux's or POSIX's own functions are missing; what Python itself does there is not tried."""

from __future__ import annotations

import ntpath
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bridgekit.check.modules import boundary
from bridgekit.check.modules.boundary import is_below, parts_of, slashed
from bridgekit.check.settings.interpreter.surroundings import Surroundings
from tests.helpers.lacking import LACKING

ROOT = Path(__file__).parents[1]
CORE = [
    "tests/adapters/asgi_to_wsgi/test_adapter.py",
    "tests/adapters/test_pep3333.py",
    "tests/adapters/asgi_to_wsgi/test_websocket_wire.py",
    "tests/check/rules/test_engine.py",
    "tests/check/project/test_discovery.py",
    "tests/concurrency/test_worker_pool.py",
    "tests/serve/test_launch.py",
    "tests/timing/exporters/test_plain.py",
    "tests/timing/test_asgi.py",
]


@pytest.mark.parametrize("platform", LACKING)
def test_the_core_passes_its_tests_without_what_the_platform_lacks(platform: str, tmp_path: Path) -> None:
    """trio is left out: it decides by `sys.platform` what to use."""
    options = [
        "-q",
        f"--basetemp={tmp_path / 'nested'}",  # not one that pytest clears away beside other runs
        "-p",
        "tests.helpers.lacking",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-k",
        "not trio",
    ]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "BRIDGEKIT_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *CORE],
        cwd=ROOT,
        env={**environment, "LACKING": platform},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) > 400


def test_the_command_checks_a_project_without_what_windows_lacks(tmp_path: Path) -> None:
    project = ROOT / "tests" / "check" / "projects" / "startproject"
    code = (
        "from tests.helpers.lacking import take_away; take_away('windows')\n"
        f"from bridgekit.cli import main; main(['check', {str(project)!r}, '--format', 'json'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    assert "django.middleware.security.SecurityMiddleware" in done.stdout


@pytest.fixture
def _on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boundary, "RULES", ntpath)


@pytest.mark.usefixtures("_on_windows")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (r"C:\Shop", True),
        (r"C:\Shop\shop\settings.py", True),
        ("C:/Shop/shop/settings.py", True),
        (r"c:\shop\SHOP\Settings.py", True),
        (r"C:\Shopping\settings.py", False),
        (r"D:\Shop\settings.py", False),
        (r"\\server\Shop\settings.py", False),
    ],
)
def test_windows_compares_without_case_and_with_either_slash(path: str, expected: bool) -> None:
    assert is_below(path, ["C:/Shop"]) is expected
    assert is_below(path, ["C:\\Shop\\"]) is expected
    assert is_below(path, ["c:\\shop"]) is expected


@pytest.mark.usefixtures("_on_windows")
def test_a_drive_is_above_what_is_on_it() -> None:
    assert is_below(r"C:\Shop\settings.py", ["C:\\"])
    assert not is_below(r"D:\Shop\settings.py", ["C:\\"])


@pytest.mark.usefixtures("_on_windows")
def test_paths_are_joined_with_one_slash_inside_the_checker() -> None:
    assert slashed(r"C:\Shop\shop") == "C:/Shop/shop"
    assert parts_of(r"C:\venv\Lib/Site-Packages\django") == ["c:", "venv", "lib", "site-packages", "django"]


@pytest.mark.usefixtures("_on_windows")
def test_windows_paths_are_told_as_the_projects_and_the_packages() -> None:
    finder = SimpleNamespace(
        roots=("C:/Shop",),
        search_path=("C:/Shop", "C:/venv/Lib/site-packages"),
        may_be_read=lambda path: True,
    )
    surroundings = Surroundings(finder)  # type: ignore[arg-type]  # what it asks of one
    assert surroundings.in_project(r"C:\Shop\shop\settings.py")
    assert not surroundings.in_project("C:/venv/Lib/site-packages/django/conf/__init__.py")
    assert surroundings.is_installed(r"c:\VENV\lib\site-packages\django\conf\__init__.py")
    assert not surroundings.is_installed(r"C:\Python312\Lib\json\__init__.py")


def test_elsewhere_case_and_backslashes_count() -> None:
    assert is_below("/srv/shop/a.py", ["/srv/shop/"])
    assert not is_below("/srv/Shop/a.py", ["/srv/shop"])
    assert slashed("/srv/a\\b") == "/srv/a\\b"
    assert parts_of("/srv/a\\b") == ["", "srv", "a\\b"]
