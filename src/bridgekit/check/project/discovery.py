"""From a path to a Django project: its roots, its entry points, and which settings module they name.

Nothing is imported. The tree is listed only as deep as entry points are found in practice, and never inside virtual
environments, ``node_modules`` and the like.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.boundary import is_below, real, real_folder
from bridgekit.check.project.named_settings import CONFIGURED, ENTRY_POINTS, Candidate, candidates_in, dotted
from bridgekit.exceptions import ProjectError

IN_ENVIRONMENT = "DJANGO_SETTINGS_MODULE"
"""The environment variable, and the `Candidate.source` of what it names."""

MAX_DEPTH = 5
"""Directories below the given path: ``backend/src/project/config/asgi.py`` is the deepest layout met."""

MAX_DIRECTORIES = 2_000
"""Directories listed at most, nearest first: a tree of a thousand packages takes some ten milliseconds."""

_PRUNED = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        ".tox",
        ".nox",
        ".venv",
        "venv",
        "env",
        ".env",
        "node_modules",
        "site-packages",
        "dist-packages",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        "build",
        "dist",
        "htmlcov",
        "static",
        "staticfiles",
        "media",
        "locale",
        "migrations",
        "templates",
    ]
)


@dataclass(frozen=True, slots=True)
class FoundProject:
    """A project as `bridgekit check` needs it.

    ``root`` is the directory that was given, ``roots`` the import roots, ``settings_modules`` what to evaluate (one,
    unless several were asked for), ``candidates`` every settings module that was named and by what, ``entry_points``
    the asgi.py, wsgi.py and manage.py files.
    """

    root: str
    roots: tuple[str, ...]
    settings_modules: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    entry_points: tuple[str, ...]
    absent: str = ""
    """What DJANGO_SETTINGS_MODULE of the environment names, if the project has no such module."""

    @property
    def others(self) -> tuple[Candidate, ...]:
        """Settings modules that were named and not chosen."""
        chosen = dict.fromkeys(self.settings_modules)
        named: dict[str, Candidate] = {}
        for candidate in self.candidates:
            if candidate.module not in chosen:
                named.setdefault(candidate.module, candidate)
        return tuple(named.values())

    @property
    def configuration(self) -> str | None:
        """The django-configurations class that the chosen settings' entry point names."""
        for candidate in self.candidates:
            if candidate.configuration and candidate.module in self.settings_modules:
                return candidate.configuration
        return None


def find_project(
    path: str | os.PathLike[str],
    settings: tuple[str, ...] = (),
    in_environment: str = "",
    is_over: Callable[[Path], object] = lambda place: False,
) -> FoundProject:
    """Look for the project at ``path`` (a directory, or a file in it such as a settings module).

    ``settings`` are dotted module names that take precedence over what the entry points say. ``in_environment`` is what
    the variable DJANGO_SETTINGS_MODULE says, which wins over `setdefault` in the entry points if the project has such a
    module: the variable may speak of another one. Without any that is named, ``settings_modules`` is empty. What was not
    looked at once ``is_over``, asked at each folder and each file, says so is left out. Raises `ProjectError` when the path does
    not exist.
    """
    given = Path(path).absolute()
    if ".." in given.parts:
        given = given.resolve()  # its parents are those of the place that it leads to
    if not given.exists():
        raise ProjectError(f"{path}: no such file or directory")
    if given.is_file() and given.suffix != ".py":
        raise ProjectError(
            f"{path}: not a Python file; give the folder of a project, or the file of its settings"
        )
    root = given if given.is_dir() else _root_above(given)
    files = sorted(_interesting_files(root, is_over), key=lambda file: (len(file.parts), str(file)))
    entry_points = tuple(str(file) for file in files if file.name in ENTRY_POINTS)
    if given.is_file() and given.suffix == ".py" and given.name not in ENTRY_POINTS and not settings:
        home, module = dotted(given)
        candidates = [Candidate(module, given.name, str(given))]
        roots = _roots(root, files, [home])
    else:
        roots = _roots(root, files, [])
        candidates = candidates_in(files, roots, is_over)
        place = _module_file(in_environment, roots)
        if place:
            candidates.insert(0, Candidate(in_environment, IN_ENVIRONMENT, place))
    named = in_environment if in_environment and not settings else ""
    absent = "" if not named or _module_file(named, roots) else named
    chosen = settings or tuple(candidate.module for candidate in candidates[:1])
    return FoundProject(str(root), roots, chosen, tuple(candidates), entry_points, absent)


def _module_file(module: str, roots: tuple[str, ...]) -> str:
    """The file of a dotted name in the project; empty if there is none."""
    inside = module.replace(".", "/")
    places = [f"{root}/{inside}{end}" for root in roots for end in (".py", "/__init__.py") if inside]
    return next((place for place in places if Path(place).is_file()), "")


# -- the tree --------------------------------------------------------------------------------------------------------


def _interesting_files(root: Path, is_over: Callable[[Path], object]) -> Iterator[Path]:
    """Entry points, configuration files and settings, breadth first; links to directories are not followed, nor links
    that lead out of the project."""
    waiting = [(str(root), 0)]
    folder = real_folder(root)
    listed = 0
    while waiting and listed < MAX_DIRECTORIES:
        directory, depth = waiting.pop(0)
        listed += 1
        if is_over(Path(directory)):
            return
        try:
            with os.scandir(directory) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        if any(entry.name == "pyvenv.cfg" for entry in found):
            continue
        for entry in found:
            if _is_directory(entry):
                if depth < MAX_DEPTH and entry.name not in _PRUNED and not entry.name.startswith("."):
                    waiting.append((entry.path, depth + 1))
            elif _is_interesting(entry.name) and is_below(real(entry.path), [folder]):
                yield Path(entry.path)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_interesting(name: str) -> bool:
    return name in (*ENTRY_POINTS, *CONFIGURED, "settings.py") or name.startswith("Dockerfile")


def _root_above(file: Path) -> Path:
    """The project of a single file: the nearest directory above with a manage.py or a pyproject.toml."""
    for directory in file.parents:
        if (directory / "manage.py").is_file() or (directory / "pyproject.toml").is_file():
            return directory
    return Path(dotted(file)[0])


def _roots(root: Path, files: list[Path], first: list[str]) -> tuple[str, ...]:
    """Where imports start: beside manage.py, above the packages of asgi.py and wsgi.py, ``src`` and the root."""
    found = dict.fromkeys(first)
    for file in files:
        if file.name == "manage.py":
            found[str(file.parent)] = None
    for file in files:
        if file.name in ("asgi.py", "wsgi.py"):
            found[dotted(file)[0]] = None
    for directory in (root, root / "src"):
        if directory.is_dir():
            found[str(directory)] = None
    return tuple(found)
