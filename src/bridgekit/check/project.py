"""From a path to a Django project: its roots, its entry points, and which settings module they name.

Nothing is imported. The tree is listed only as deep as entry points are found in practice, and never inside virtual
environments, ``node_modules`` and the like.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridgekit.check.boundary import is_below, real, real_folder
from bridgekit.check.parsing import parse_file
from bridgekit.check.reading import UnreadableError, read_bounded
from bridgekit.exceptions import ProjectError

__all__ = ["IN_ENVIRONMENT", "Candidate", "FoundProject", "find_project"]

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

_ENTRY_POINTS = ("asgi.py", "wsgi.py", "manage.py")
_CONFIGURED = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg")
_VARIABLE = re.compile(r"DJANGO_SETTINGS_MODULE[\s=:\"']+([A-Za-z_][\w.]*)")
_ORDER = ("asgi.py", "wsgi.py", "manage.py", "Dockerfile", "configuration", "settings.py")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A settings module and what names it: ``source`` is the kind of file, ``path`` the file."""

    module: str
    source: str
    path: str
    line: int = 1
    configuration: str = ""
    """The django-configurations class beside it (``DJANGO_CONFIGURATION``), if one is named."""


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
    path: str | os.PathLike[str], settings: tuple[str, ...] = (), in_environment: str = ""
) -> FoundProject:
    """Look for the project at ``path`` (a directory, or a file in it such as a settings module).

    ``settings`` are dotted module names that take precedence over what the entry points say. ``in_environment`` is what
    the variable DJANGO_SETTINGS_MODULE says, which wins over `setdefault` in the entry points if the project has such a
    module: the variable may speak of another one. Raises `ProjectError` when the path does not exist or no settings
    module can be told.
    """
    given = Path(path).absolute()
    if not given.exists():
        raise ProjectError(f"{path}: no such file or directory")
    root = given if given.is_dir() else _root_above(given)
    files = sorted(_interesting_files(root), key=lambda file: (len(file.parts), str(file)))
    entry_points = tuple(str(file) for file in files if file.name in _ENTRY_POINTS)
    if given.is_file() and given.suffix == ".py" and given.name not in _ENTRY_POINTS and not settings:
        home, module = _dotted(given)
        candidates = [Candidate(module, given.name, str(given))]
        roots = _roots(root, files, [home])
    else:
        roots = _roots(root, files, [])
        candidates = sorted(_candidates(files, roots), key=_preference)
        place = _module_file(in_environment, roots)
        if place:
            candidates.insert(0, Candidate(in_environment, IN_ENVIRONMENT, place))
    chosen = settings or tuple(candidate.module for candidate in candidates[:1])
    if not chosen:
        raise ProjectError(
            f"{path}: no Django settings module found (no manage.py, asgi.py or wsgi.py names one);"
            " name it with --settings, for example --settings mysite.settings"
        )
    return FoundProject(str(root), roots, chosen, tuple(candidates), entry_points)


def _module_file(module: str, roots: tuple[str, ...]) -> str:
    """The file of a dotted name in the project; empty if there is none."""
    inside = module.replace(".", "/")
    places = [f"{root}/{inside}{end}" for root in roots for end in (".py", "/__init__.py") if inside]
    return next((place for place in places if Path(place).is_file()), "")


def _preference(candidate: Candidate) -> tuple[int, int, str]:
    """asgi.py speaks for what is served; then wsgi.py, manage.py, a Dockerfile, test configuration, a bare file."""
    return (_ORDER.index(candidate.source), candidate.path.count(os.sep), candidate.path)


# -- the tree --------------------------------------------------------------------------------------------------------


def _interesting_files(root: Path) -> Iterator[Path]:
    """Entry points, configuration files and settings, breadth first; links to directories are not followed, nor links
    that lead out of the project."""
    waiting = [(str(root), 0)]
    folder = real_folder(root)
    listed = 0
    while waiting and listed < MAX_DIRECTORIES:
        directory, depth = waiting.pop(0)
        listed += 1
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
    return name in (*_ENTRY_POINTS, *_CONFIGURED, "settings.py") or name.startswith("Dockerfile")


def _root_above(file: Path) -> Path:
    """The project of a single file: the nearest directory above with a manage.py or a pyproject.toml."""
    for directory in file.parents:
        if (directory / "manage.py").is_file() or (directory / "pyproject.toml").is_file():
            return directory
    return Path(_dotted(file)[0])


def _dotted(file: Path) -> tuple[str, str]:
    """The import root of a file and its dotted name: packages above it count as long as they have an ``__init__``."""
    parts = [] if file.stem == "__init__" else [file.stem]
    directory = file.parent
    while (directory / "__init__.py").is_file() and directory.parent != directory:
        parts.insert(0, directory.name)
        directory = directory.parent
    return str(directory), ".".join(parts)


def _roots(root: Path, files: list[Path], first: list[str]) -> tuple[str, ...]:
    """Where imports start: beside manage.py, above the packages of asgi.py and wsgi.py, ``src`` and the root."""
    found = dict.fromkeys(first)
    for file in files:
        if file.name == "manage.py":
            found[str(file.parent)] = None
    for file in files:
        if file.name in ("asgi.py", "wsgi.py"):
            found[_dotted(file)[0]] = None
    for directory in (root, root / "src"):
        if directory.is_dir():
            found[str(directory)] = None
    return tuple(found)


# -- who names the settings ------------------------------------------------------------------------------------------


def _candidates(files: list[Path], roots: tuple[str, ...]) -> Iterator[Candidate]:
    for file in files:
        if file.name in _ENTRY_POINTS:
            yield from _named_in_python(file)
        elif file.name.startswith("Dockerfile"):
            yield from _named_in_text(file, "Dockerfile")
        elif file.name in _CONFIGURED:
            yield from _named_in_configuration(file)
    for file in files:
        if file.name == "settings.py" and _defines_middleware(file):
            yield Candidate(_module_below(file, roots), "settings.py", str(file))


def _module_below(file: Path, roots: tuple[str, ...]) -> str:
    home, module = _dotted(file)
    for root in roots:
        if home != root and home.startswith(root + os.sep) and module == file.stem:
            return ".".join([*Path(home).relative_to(root).parts, module])
    return module


def _named_in_python(file: Path) -> Iterator[Candidate]:
    """``os.environ.setdefault("DJANGO_SETTINGS_MODULE", "x.settings")`` and ``os.environ[...] = ...``."""
    tree = parse_file(str(file)).tree
    if tree is None:
        return
    constants = _module_constants(tree)
    said: dict[str, tuple[str, int]] = {}
    for node in ast.walk(tree):
        for name, value, line in _environment_writes(node):
            text = _text_of(value, constants)
            if text is not None:
                said.setdefault(name, (text, line))
    if "DJANGO_SETTINGS_MODULE" in said:
        module, line = said["DJANGO_SETTINGS_MODULE"]
        configuration = said.get("DJANGO_CONFIGURATION", ("", 0))[0]
        yield Candidate(module, file.name, str(file), line, configuration)


def _module_constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _environment_writes(node: ast.AST) -> Iterator[tuple[str, ast.expr, int]]:
    """Name, value and line of each write to the environment."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 2:
        name = node.args[0]
        if node.func.attr == "setdefault" and isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield name.value, node.args[1], node.lineno
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        key = node.targets[0].slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, node.value, node.lineno


def _text_of(node: ast.expr, constants: dict[str, str]) -> str | None:
    """The text that is written: a literal, a constant of the module, or the default of ``os.environ.get``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    if isinstance(node, ast.Call) and len(node.args) == 2:
        return _text_of(node.args[1], constants)
    if isinstance(node, ast.IfExp):
        return _text_of(node.orelse, constants)
    return None


def _named_in_text(file: Path, source: str) -> Iterator[Candidate]:
    """``ENV DJANGO_SETTINGS_MODULE=x.settings``."""
    for number, line in enumerate(_read(file).splitlines(), 1):
        found = _VARIABLE.search(line)
        if found and not line.lstrip().startswith("#"):
            yield Candidate(found[1], source, str(file), number)


def _named_in_configuration(file: Path) -> Iterator[Candidate]:
    """pytest-django's option and tox's ``setenv``; a pyproject.toml that is no TOML is passed over here."""
    text = _read(file)
    if "DJANGO_SETTINGS_MODULE" not in text:
        return
    named: object = None
    if file.name == "pyproject.toml":
        try:
            tool = tomllib.loads(text).get("tool", {})
            named = tool.get("pytest", {}).get("ini_options", {}).get("DJANGO_SETTINGS_MODULE")
        except (tomllib.TOMLDecodeError, AttributeError, RecursionError):
            return
    else:
        named = _from_ini(text)
    if isinstance(named, str):
        yield Candidate(named, "configuration", str(file))
    else:
        yield from _named_in_text(file, "configuration")


def _from_ini(text: str) -> str | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return None
    for section in ("pytest", "tool:pytest"):
        if parser.has_option(section, "DJANGO_SETTINGS_MODULE"):
            return parser.get(section, "DJANGO_SETTINGS_MODULE").strip()
    return None


def _defines_middleware(file: Path) -> bool:
    return "MIDDLEWARE" in _read(file)


def _read(file: Path) -> str:
    try:
        return read_bounded(file).decode("utf-8-sig", "replace")
    except UnreadableError:
        return ""
