"""`bridgekit.check.modules.environment`: another interpreter's search path, nothing of it imported."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from bridgekit.check.modules.environment import current_environment, find_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.found_module import ModuleKind
from bridgekit.exceptions import ProjectError


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("environments") / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    return home


def site_of(home: Path) -> Path:
    return next(home.glob("lib/python3*/site-packages"))


@pytest.mark.parametrize("form", ["directory", "interpreter"])
def test_a_virtual_environment_is_read_without_running_it(
    environment: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", refuse)
    named = environment if form == "directory" else environment / "bin/python"
    found = find_environment(Path("nowhere"), str(named))
    assert found.python_version == sys.version_info[:3]
    assert str(site_of(environment)) in found.search_path
    assert ModuleFinder([], found).find("json.decoder").kind is ModuleKind.SOURCE


def test_an_interpreter_without_environment_is_asked(tmp_path: Path) -> None:
    base = getattr(sys, "_base_executable", sys.executable)
    found = find_environment(tmp_path, base)
    assert found.python_version == sys.version_info[:3]
    assert ModuleFinder([], found).find("asyncio.events").kind is ModuleKind.SOURCE


def test_the_projects_own_environment_is_preferred_to_ours(tmp_path: Path) -> None:
    venv.create(tmp_path / ".venv", with_pip=False, symlinks=True)
    assert find_environment(tmp_path).python == str(tmp_path / ".venv")


def test_virtual_env_of_the_shell_is_used(
    environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(environment))
    assert find_environment(tmp_path).python == str(environment)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "gone"))
    assert find_environment(tmp_path).python == sys.executable


@pytest.mark.parametrize("python", ["gone/bin/python", "empty", "empty/script"])
def test_what_is_no_python_is_refused_with_the_option_named(tmp_path: Path, python: str) -> None:
    (tmp_path / "empty").mkdir()
    script = tmp_path / "empty/script"
    script.write_text("#!/bin/sh\necho nonsense\n")
    script.chmod(0o755)
    with pytest.raises(ProjectError, match="--python"):
        find_environment(tmp_path, str(tmp_path / python))


def test_path_files_are_followed_and_their_import_lines_never_run(tmp_path: Path) -> None:
    """`site` would execute the import line; here it would write a file."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    marker = tmp_path / "executed"
    (tmp_path / "source/shop").mkdir(parents=True)
    (tmp_path / "source/shop/mw.py").write_text("")
    site = site_of(home)
    (site / "evil.pth").write_text(f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n")
    (site / "shop.pth").write_text(f"# comment\n\n{tmp_path / 'source'}\nnot/there\n")
    finder = ModuleFinder([], find_environment(tmp_path, str(home)))
    assert finder.find("shop.mw").path == str(tmp_path / "source/shop/mw.py")
    assert not marker.exists()


def test_the_mapping_of_an_editable_install_is_read(tmp_path: Path) -> None:
    """setuptools writes ``__editable___NAME_finder.py`` with a literal MAPPING."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    (tmp_path / "src/shop").mkdir(parents=True)
    (tmp_path / "src/shop/__init__.py").write_text("")
    (site_of(home) / "__editable___shop_1_0_finder.py").write_text(
        f"MAPPING: dict[str, str] = {{'shop': {str(tmp_path / 'src/shop')!r}}}\nNAMESPACES = {{}}\n"
    )
    finder = ModuleFinder([], find_environment(tmp_path, str(home)))
    assert finder.find("shop").path == str(tmp_path / "src/shop/__init__.py")


def test_our_own_environment_finds_what_we_import() -> None:
    assert ModuleFinder([], current_environment()).find("asgiref.sync").kind is ModuleKind.SOURCE


def test_an_archive_that_a_path_file_names_is_searched(environment: Path, tmp_path: Path) -> None:
    """`site` adds it to sys.path like a directory: what may lie in it is unknown, not missing."""
    (tmp_path / "bundle.zip").write_bytes(b"PK")
    named = site_of(environment) / "bundle.pth"
    named.write_text(f"{tmp_path / 'bundle.zip'}\n", "utf-8")
    try:
        found = ModuleFinder([], find_environment(Path("nowhere"), str(environment))).find("bundled")
    finally:
        named.unlink()
    assert found.kind is ModuleKind.UNKNOWN
    assert "bundle.zip" in found.reason
