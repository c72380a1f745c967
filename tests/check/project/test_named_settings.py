"""How entry points name the settings module, and what is said where that is not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.check.project.discovery import find_project

NAME = "'DJANGO_SETTINGS_MODULE'"


@pytest.mark.parametrize(
    "source",
    [
        f"os.environ.update({{{NAME}: 'p.dev'}})",
        "os.environ.update(DJANGO_SETTINGS_MODULE='p.dev')",
        f"ENV = os.environ.get('PLACE', 'dev')\nos.environ.setdefault({NAME}, f'p.{{ENV}}')",
        f"ENV = os.getenv('PLACE') or 'dev'\nos.environ.setdefault({NAME}, f'p.{{ENV}}')",
        f"os.environ.setdefault({NAME}, config({NAME}, default='p.dev'))",
        # What is set for the tests says nothing of what is served.
        f"if 'test' in sys.argv:\n    os.environ[{NAME}] = 'p.test'\nelse:\n    os.environ[{NAME}] = 'p.dev'",
        f"if 'test' not in sys.argv:\n    os.environ[{NAME}] = 'p.dev'\nelse:\n    os.environ[{NAME}] = 'p.test'",
        f"if not 'test' in sys.argv:\n    os.environ[{NAME}] = 'p.dev'\nelse:\n    os.environ[{NAME}] = 'p.test'",
    ],
)
def test_a_name_that_is_written_or_a_default(tmp_path: Path, source: str) -> None:
    """As it is without any variable set, and on a server."""
    (tmp_path / "manage.py").write_text(f"import os, sys\n{source}\n", "utf-8")
    assert find_project(tmp_path).settings_modules == ("p.dev",)


@pytest.mark.parametrize(
    "source",
    [
        f"for key, value in {{{NAME}: 'p.dev'}}.items():\n    os.environ[key] = value",
        f"os.environ.setdefault({NAME}, name('p', 'dev') + '.dev')",
        f"ENV = join('p', 'dev')\nos.environ.setdefault({NAME}, f'p.{{ENV}}')",
    ],
)
def test_what_is_not_read_is_told_beside_the_module_that_was_found(tmp_path: Path, source: str) -> None:
    """A bare settings.py is checked in its place: not in silence."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p/__init__.py").write_text("", "utf-8")
    (tmp_path / "p/settings.py").write_text("MIDDLEWARE = []\n", "utf-8")
    (tmp_path / "manage.py").write_text(f"import os\n{source}\n", "utf-8")
    told = [note for note in run(Options(tmp_path)).notes if "in a way that is not read" in note]
    assert len(told) == 1
    assert "manage.py:" in told[0]
    assert "p.settings was checked" in told[0]
    assert not [note for note in run(Options(tmp_path, settings=("p.settings",))).notes if note in told]


def test_a_settings_file_that_is_given_needs_no_note(tmp_path: Path) -> None:
    """Whoever names the file does not ask what manage.py says; and what is read is not said to be unread."""
    (tmp_path / "settings.py").write_text("MIDDLEWARE = []\n", "utf-8")
    for value in ("'settings'", "name()"):
        (tmp_path / "manage.py").write_text(f"import os\nos.environ[{NAME}] = {value}\n", "utf-8")
        for path in (tmp_path / "settings.py", tmp_path):
            notes = [note for note in run(Options(path)).notes if "in a way that is not read" in note]
            assert len(notes) == (value == "name()" and path == tmp_path)
