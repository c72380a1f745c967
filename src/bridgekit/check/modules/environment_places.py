"""Where a project's environment may be, in the order of how surely it is the project's, as its tools place it.

bridgekit often runs in an environment of its own (pre-commit makes one for every hook, pipx and ``uv tool`` one for every
tool), so the project's has to be found as its tools find it. Nothing is run here, and only names are looked at.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.boundary import folders_of, is_below, real, real_folder

_IN_PROJECT = (".venv", "venv", "env")
_MAX_POINTER_BYTES = 4096
_EXECUTABLES = ("python3", "python", "python3.exe", "python.exe")


@dataclass(frozen=True, slots=True)
class Place:
    """An environment's directory or an interpreter, and how it was found, as a clause for the report.

    ``certain``: it is the project's even if Django is not in it. ``is_prefix``: it is a whole installation of Python, with
    its standard library. ``may_be_asked``: it may be run to be asked what it is, as nothing that the project's files name
    may be.
    """

    path: Path
    found_by: str
    certain: bool = False
    is_prefix: bool = False
    may_be_asked: bool = False


def places(root: Path, environ: Mapping[str, str] = os.environ) -> Iterator[Place]:
    """Every place that a tool of the project's may have put its packages in; bridgekit's own is left out."""
    for place in _all_places(root.absolute(), environ):
        if os.path.realpath(place.path) != os.path.realpath(sys.prefix):
            yield place


def _all_places(root: Path, environ: Mapping[str, str]) -> Iterator[Place]:
    folders = folders_of(root)
    named = environ.get("UV_PROJECT_ENVIRONMENT")
    if named:
        for folder in folders:
            yield Place(folder / named, "named by UV_PROJECT_ENVIRONMENT")
    for folder in folders:
        yield from _in_folder(folder, environ, certain=folder == root)
    if environ.get("VIRTUAL_ENV"):
        yield Place(Path(environ["VIRTUAL_ENV"]), "named by VIRTUAL_ENV", certain=True)
    if environ.get("CONDA_PREFIX") and environ.get("CONDA_DEFAULT_ENV") != "base":
        yield Place(Path(environ["CONDA_PREFIX"]), "named by CONDA_PREFIX")
    for folder in folders:
        if (folder / "pyproject.toml").is_file():
            yield from _of_poetry(folder, environ)
        if (folder / "Pipfile").is_file():
            yield from _of_pipenv(folder, environ)
        yield from _of_pyenv(folder, environ)


def _in_folder(folder: Path, environ: Mapping[str, str], *, certain: bool) -> Iterator[Place]:
    for name in _IN_PROJECT:
        path = folder / name
        if (path / "pyvenv.cfg").is_file() or (path / "conda-meta").is_dir():
            yield Place(path, f"found as {name} in {folder}", certain)
    # A file .venv names the environment, by its path or by its name in WORKON_HOME (pipenv, virtualenvwrapper).
    pointed = _pointer(folder / ".venv")
    if pointed:
        path = folder / pointed if os.sep in pointed else _workon_home(environ) / pointed
        yield Place(path, f"named by the file .venv in {folder}", certain)
    pointed = _pointer(folder / ".pdm-python")
    if pointed:
        yield Place(folder / pointed, f"named by the file .pdm-python in {folder}")


def _pointer(path: Path) -> str:
    """The first line of a small file that names something; empty if there is none."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_POINTER_BYTES:
            return ""
        line = path.read_text("utf-8", "replace").partition("\n")[0].strip()
    except OSError:
        return ""
    try:
        return str(Path(line).expanduser()) if line and "\0" not in line else ""
    except RuntimeError:  # ~someone, whom nobody knows
        return ""


def _of_poetry(folder: Path, environ: Mapping[str, str]) -> Iterator[Place]:
    """``NAME-HASH-pyX.Y`` in its virtualenvs folder, the hash that of the folder of ``pyproject.toml``."""
    place = os.path.normcase(os.path.realpath(folder))
    home = environ.get("POETRY_VIRTUALENVS_PATH")
    cache = environ.get("POETRY_CACHE_DIR") or str(_user_cache(environ) / "pypoetry")
    directory = Path(home or f"{cache}/virtualenvs").expanduser()
    for path in _newest_first(directory, f"*-{_hash(place)}-py*"):
        yield Place(path, f"made by poetry for {folder}")


def _of_pipenv(folder: Path, environ: Mapping[str, str]) -> Iterator[Place]:
    """``NAME-HASH`` in WORKON_HOME, the hash that of the path of the ``Pipfile``."""
    named = environ.get("PIPENV_CUSTOM_VENV_NAME")
    pattern = f"*-{_hash(str(folder / 'Pipfile'))}*"
    if named and "/" not in named:
        pattern = re.sub(r"([*?[])", r"[\1]", named)
    for path in _newest_first(_workon_home(environ), pattern):
        yield Place(path, f"made by pipenv for {folder}")


def _of_pyenv(folder: Path, environ: Mapping[str, str]) -> Iterator[Place]:
    """``versions/NAME`` below PYENV_ROOT, the name in ``.python-version``. Its shims, which read that file themselves, are
    not asked: they would run what the file names, which may be a path into the project."""
    name = _pointer(folder / ".python-version")
    if re.fullmatch(r"\w[\w.+-]*", name):
        home = Path(environ.get("PYENV_ROOT") or "~/.pyenv").expanduser() / "versions" / name
        yield Place(home, f"named by the file .python-version in {folder}", is_prefix=True)


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:8]


def _newest_first(directory: Path, pattern: str) -> list[Path]:
    """Environments for several versions of Python: that of the newest first."""

    def version(path: Path) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", path.name.rpartition("-")[2])]

    try:
        found = [path for path in directory.glob(pattern) if (path / "pyvenv.cfg").is_file()]
    except OSError:
        return []
    return sorted(found, key=lambda path: (version(path), path.name), reverse=True)


def _workon_home(environ: Mapping[str, str]) -> Path:
    home = environ.get("WORKON_HOME")
    if not home:
        data = environ.get("XDG_DATA_HOME", "~/.local/share")
        home = "~/.virtualenvs" if os.name == "nt" else f"{data}/virtualenvs"
    return Path(home).expanduser()


def _user_cache(environ: Mapping[str, str]) -> Path:
    if sys.platform == "darwin":
        return Path("~/Library/Caches").expanduser()
    if os.name == "nt":
        return Path(environ.get("LOCALAPPDATA") or "~/AppData/Local").expanduser()
    return Path(environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


def python_on_path(root: Path, environ: Mapping[str, str] = os.environ) -> Iterator[Place]:
    """Interpreters on PATH, but bridgekit's own: an activated environment stays there behind that of a pre-commit hook.

    What comes with the project, be it by a link, is left out: what stands here may be run, and nothing of the project is.
    """
    project = real_folder(root)
    for entry in environ.get("PATH", "").split(os.pathsep):
        directory = Path(entry)
        if not directory.is_absolute() or is_below(real(directory), [project]):
            continue
        if os.path.realpath(directory.parent) == os.path.realpath(sys.prefix):
            continue
        for name in _EXECUTABLES:
            program = directory / name
            if os.access(program, os.X_OK) and program.is_file() and not is_below(real(program), [project]):
                yield Place(program, f"found as {name} on PATH", may_be_asked=True)
                break
