"""Where the project's packages are found when bridgekit runs in an environment of its own, as a pre-commit hook does."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bridgekit.check.modules import environment as environment_module
from bridgekit.check.modules.environment import current_environment, find_environment

VARIABLES = (
    "CONDA_DEFAULT_ENV",
    "CONDA_PREFIX",
    "PIPENV_CUSTOM_VENV_NAME",
    "POETRY_CACHE_DIR",
    "POETRY_VIRTUALENVS_PATH",
    "UV_PROJECT_ENVIRONMENT",
    "VIRTUAL_ENV",
    "WORKON_HOME",
)


@pytest.fixture(autouse=True)
def nobody_is_active(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """bridgekit's own environment has no Django."""
    bare = replace(current_environment(), search_path=())
    monkeypatch.setattr(environment_module, "current_environment", lambda: bare)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder of a repository."""
    root = tmp_path / "repository" / "backend"
    root.mkdir(parents=True)
    (root.parent / ".git").mkdir()
    return root


def make(home: Path, *, django: bool = True) -> Path:
    """A virtual environment as its files show it."""
    site = home / "lib/python3.12/site-packages"
    site.mkdir(parents=True)
    (home / "bin").mkdir()
    (home / "bin/python").touch(mode=0o755)
    (home / "pyvenv.cfg").write_text("home = /nowhere/bin\nversion = 3.12.9\n", "utf-8")
    if django:
        (site / "django").mkdir()
        (site / "django/__init__.py").touch()
    return home


def hashed(text: str) -> str:
    """Eight characters, as poetry and pipenv write them."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:6]).decode()


Put = Callable[[Path, Path, pytest.MonkeyPatch], Path]


def in_project(project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make(project / "venv")


def above_in_repository(project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make(project.parent / ".venv")


def of_shell(project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIRTUAL_ENV", str(elsewhere / "shell"))
    return make(elsewhere / "shell")


def of_uv(project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", ".environments/dev")
    return make(project.parent / ".environments/dev")


def of_conda(project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = make(elsewhere / "conda/envs/shop")
    (home / "pyvenv.cfg").unlink()
    (home / "conda-meta").mkdir()
    (home / "conda-meta/python-3.12.9-h9e4cc4f_0_cpython.json").write_text("{}", "utf-8")
    monkeypatch.setenv("CONDA_PREFIX", str(home))
    monkeypatch.setenv("CONDA_DEFAULT_ENV", "shop")
    return home


def of_poetry(project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (project / "pyproject.toml").write_text("[tool.poetry]\n", "utf-8")
    directory = elsewhere / "cache/pypoetry/virtualenvs"
    make(directory / f"shop-{hashed(str(project))}-py3.9")
    return make(directory / f"shop-{hashed(str(project))}-py3.12")


def of_pipenv(project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (project / "Pipfile").touch()
    return make(elsewhere / f"data/virtualenvs/backend-{hashed(str(project / 'Pipfile'))}")


def by_a_file(project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (project / ".venv").write_text("shop\n", "utf-8")
    return make(elsewhere / "data/virtualenvs/shop")


def of_pdm(project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = make(elsewhere / "pdm")
    (project / ".pdm-python").write_text(f"{home}/bin/python", "utf-8")
    return home


def behind_the_hook_on_path(project: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pre-commit sets VIRTUAL_ENV to the hook's environment and puts it first on PATH."""
    home = make(elsewhere / "activated")
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    monkeypatch.setenv("PATH", os.pathsep.join([f"{sys.prefix}/bin", str(home / "bin")]))
    return home


@pytest.mark.usefixtures("hook")
@pytest.mark.parametrize(
    ("put", "said"),
    [
        (in_project, "found as venv in"),
        (above_in_repository, "found as .venv in"),
        (of_shell, "named by VIRTUAL_ENV"),
        (of_uv, "named by UV_PROJECT_ENVIRONMENT"),
        (of_conda, "named by CONDA_PREFIX"),
        (of_poetry, "made by poetry for"),
        (of_pipenv, "made by pipenv for"),
        (by_a_file, "named by the file .venv in"),
        (of_pdm, "named by the file .pdm-python in"),
        (behind_the_hook_on_path, "found as python on PATH"),
    ],
)
def test_the_environment_is_found_where_the_projects_tool_puts_it(
    put: Put, said: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = put(project, tmp_path, monkeypatch)
    found = find_environment(project)
    assert (found.python, found.python_version) == (str(home), (3, 12, 9))
    assert found.found_by.startswith(said)
    assert found.has_django


@pytest.mark.usefixtures("hook")
def test_an_environment_outside_the_repository_is_nobodys(tmp_path: Path, project: Path) -> None:
    make(tmp_path / ".venv")
    assert find_environment(project).is_own
    (project.parent / ".git").rmdir()
    make(project.parent / ".venv")
    assert find_environment(project).is_own


def test_one_that_holds_django_is_preferred(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ``.venv`` with nothing but tools in it is not where the project runs."""
    empty = make(project / ".venv", django=False)
    assert find_environment(project).python == str(empty)
    shell = of_shell(project, tmp_path, monkeypatch)
    assert find_environment(project).python == str(shell)


def test_a_folder_of_tools_above_the_project_does_not_hide_our_own_django(project: Path) -> None:
    make(project.parent / ".venv", django=False)
    assert find_environment(project).is_own


@pytest.mark.usefixtures("hook")
def test_an_interpreter_on_path_is_asked_far_from_the_project(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the project's folder a version manager's shim would run what ``.tool-versions`` and the like name."""
    home = make(tmp_path / "versions/shop")
    shims = tmp_path / "shims"
    shims.mkdir()
    answer = f'{{"version": [3, 12, 9], "path": [], "site": [], "executable": "{home}/bin/python"}}'
    (shims / "python").write_text(f"#!/bin/sh\n[ \"$PWD\" = / ] && echo '{answer}'\n", "utf-8")
    (shims / "python").chmod(0o755)
    monkeypatch.setenv("PATH", str(shims))
    monkeypatch.chdir(project)
    assert find_environment(project).python == str(home)


@pytest.mark.usefixtures("hook")
@pytest.mark.parametrize("virtual", [True, False])
def test_the_version_that_pyenv_is_told_is_read_as_a_folder(
    virtual: bool, tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    home = tmp_path / "versions/shop"
    if virtual:
        make(home)
    else:
        library = home / "lib/python3.12"
        (library / "site-packages/django").mkdir(parents=True)
        (library / "site-packages/django/__init__.py").touch()
        (library / "os.py").touch()
    (project / ".python-version").write_text("shop\n", "utf-8")
    found = find_environment(project)
    assert (found.python, found.python_version[:2]) == (str(home), (3, 12))
    assert found.found_by.startswith("named by the file .python-version")


@pytest.mark.usefixtures("hook")
@pytest.mark.parametrize(
    "named_by", [".pdm-python", ".venv", ".python-version", "PATH", "PATH link", "PATH file link"]
)
def test_nothing_that_the_projects_files_name_is_run(
    named_by: str, tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "bin").mkdir()
    trap = project / "bin/python"
    trap.write_text(f"#!/bin/sh\ntouch '{project}/sprung'\n", "utf-8")
    trap.chmod(0o755)
    if named_by.startswith("PATH"):
        entry = project / "bin"
        if named_by == "PATH link":
            (tmp_path / "elsewhere").symlink_to(entry, target_is_directory=True)
            entry = tmp_path / "elsewhere"
        elif named_by == "PATH file link":
            entry = tmp_path / "elsewhere"
            entry.mkdir()
            (entry / "python").symlink_to(trap)
        monkeypatch.setenv("PATH", os.pathsep.join([str(entry), "bin", "."]))
        monkeypatch.chdir(project)
    else:
        (project / named_by).write_text(str(trap), "utf-8")
    assert find_environment(project).is_own
    assert not (project / "sprung").exists()


@pytest.mark.usefixtures("hook")
@pytest.mark.parametrize("content", ["", "\0", "~nobody-of-that-name/x", "x" * 5000, "/", "../.."])
def test_a_file_that_names_no_environment_is_passed_over(project: Path, content: str) -> None:
    (project / ".venv").write_text(content, "utf-8")
    (project / ".pdm-python").write_text(content, "utf-8")
    assert find_environment(project).is_own
