"""Programs that a project brings: none of them runs, whatever names it, and what was asked for is refused with its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .test_command import run

pytest.importorskip("django")

Lay = Callable[[Path, Path], list[str]]
"""Lay out a project with its trap; the further options of the command."""


def configure(project: Path, python: str) -> None:
    (project / "pyproject.toml").write_text(f'[tool.bridgekit]\npython = "{python}"\n', "utf-8")


def a_program_beside_pyproject(project: Path, trap: Path) -> list[str]:
    configure(project, "py")
    return []


def by_its_absolute_path(project: Path, trap: Path) -> list[str]:
    configure(project, str(trap))
    return []


def in_a_folder_like_a_virtual_environment(project: Path, trap: Path) -> list[str]:
    (project / "env1/bin").mkdir(parents=True)
    (project / "env1/bin/python").symlink_to(trap)
    configure(project, "env1/bin/python")
    return []


def by_a_link_from_outside(project: Path, trap: Path) -> list[str]:
    link = project.parent / "python-link"
    link.symlink_to(trap)
    return ["--python", str(link)]


def on_the_command_line(project: Path, trap: Path) -> list[str]:
    return ["--python", str(trap)]


def an_environment_without_packages(project: Path, trap: Path) -> list[str]:
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to(trap)
    (project / ".venv/pyvenv.cfg").write_text(f"home = {trap.parent}\nexecutable = {trap}\n", "utf-8")
    configure(project, ".venv/bin/python")
    return []


def a_link_in_the_place_of_the_environment(project: Path, trap: Path) -> list[str]:
    (project / "tools/bin").mkdir(parents=True)
    (project / "tools/bin/python").symlink_to(trap)
    (project / ".venv").symlink_to("tools", target_is_directory=True)
    configure(project, ".venv/bin/python")
    return []


REFUSED: list[Lay] = [
    a_program_beside_pyproject,
    by_its_absolute_path,
    in_a_folder_like_a_virtual_environment,
    by_a_link_from_outside,
    on_the_command_line,
    an_environment_without_packages,
    a_link_in_the_place_of_the_environment,
]


def laid(tmp_path: Path) -> tuple[Path, Path]:
    project = tmp_path / "project"
    project.mkdir()
    (project / "settings.py").write_text("MIDDLEWARE = ['gone.a']\n", "utf-8")
    trap = project / "py"
    trap.write_text(f"#!/bin/sh\ntouch '{tmp_path}/sprung'\n", "utf-8")
    trap.chmod(0o755)
    return project, trap


@pytest.mark.parametrize("lay", REFUSED, ids=lambda lay: str(lay.__name__))
def test_a_program_of_the_project_is_refused(
    lay: Lay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, trap = laid(tmp_path)
    options = lay(project, trap)
    monkeypatch.setenv("PATH", os.pathsep.join([str(project), os.environ["PATH"]]))
    monkeypatch.chdir(project)
    result = run("check", ".", *options)
    assert result.exit_code == 2, result.output
    assert "virtual environment" in result.stderr
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", [".venv", "venv", "env"])
def test_the_interpreter_of_the_projects_environment_is_not_asked(name: str, tmp_path: Path) -> None:
    """Its folder is read, and its ``pyvenv.cfg`` names programs that nobody runs."""
    project, trap = laid(tmp_path)
    home = project / name
    (home / "bin").mkdir(parents=True)
    (home / "lib/python3.12/site-packages/django").mkdir(parents=True)
    (home / "lib/python3.12/site-packages/django/__init__.py").touch()
    (home / "bin/python").symlink_to(trap)
    (home / "pyvenv.cfg").write_text(f"home = {project}\nexecutable = {trap}\nversion = 3.12.1\n", "utf-8")
    result = run("check", str(project))
    assert f"found as {name}" in result.output
    assert not (tmp_path / "sprung").exists()
