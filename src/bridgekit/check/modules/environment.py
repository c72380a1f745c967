"""Which Python the project runs on: its search path and its version, found without importing anything of it.

A virtual environment is read from its ``pyvenv.cfg``; any other interpreter is asked in a child process that runs
isolated and without `site` (``-I -S``), so that no ``.pth`` line of the target is executed.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.boundary import is_below, real, real_folder
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.modules.environment_places import Place, places, python_on_path
from bridgekit.check.modules.site_packages import expand
from bridgekit.exceptions import ProjectError

logger = logging.getLogger(__name__)

_QUESTION = (
    "import json,sys,sysconfig;"
    "print(json.dumps({'version': list(sys.version_info[:3]), 'executable': sys.executable, 'path': [sysconfig.get_path('stdlib'), sysconfig.get_path('platstdlib') + '/lib-dynload'],"
    " 'site': [sysconfig.get_path('purelib'), sysconfig.get_path('platlib')]}))"
)
_ANSWER_WITHIN = 20.0
"""Seconds. A cold interpreter on a slow disk answers in under two."""


_OWN = "the interpreter that runs bridgekit"


@dataclass(frozen=True, slots=True)
class TargetEnvironment:
    """The interpreter that runs the project.

    ``search_path`` holds the directories (and archives) of its ``sys.path`` without the project's own, standard
    library first, ``.pth`` lines and editable installs followed. ``editable`` maps top-level names to the files or
    directories that editable finders serve. ``python`` names it for messages, ``found_by`` says how it was found.
    """

    python: str
    python_version: tuple[int, ...]
    search_path: tuple[str, ...]
    editable: tuple[tuple[str, str], ...] = ()
    found_by: str = _OWN
    library: tuple[str, ...] = ()
    """The directories of ``search_path`` that are the standard library's."""
    bounds: tuple[str, ...] = ()
    """Real folders outside which nothing of it is read, for one that may be part of a pull request; empty for others."""

    @property
    def is_own(self) -> bool:
        """Whether it is the interpreter that runs bridgekit, because no other was found."""
        return self.found_by == _OWN

    @property
    def has_django(self) -> bool:
        """Whether Django is installed in it."""
        return "django" in dict(self.editable) or any(
            Path(entry, "django/__init__.py").is_file() for entry in self.search_path
        )


def current_environment() -> TargetEnvironment:
    """The interpreter that runs bridgekit itself, as its ``sys.path`` stands."""
    entries = [entry for entry in sys.path if entry]
    return _environment(sys.executable, tuple(sys.version_info[:3]), _standard_library(), entries)


def find_environment(
    root: Path,
    python: str | None = None,
    *,
    named_in: str = "--python",
    is_over: Callable[[Path], object] = lambda program: False,
) -> TargetEnvironment:
    """The environment to read packages from: ``python`` if given, else the project's, else bridgekit's own.

    The project's is the first of `places` that holds Django; if none does, the first that certainly is the project's (a
    ``.venv``, ``venv`` or ``env`` in ``root``, or that of ``VIRTUAL_ENV``). An interpreter on PATH is asked only where
    bridgekit's own environment has no Django either, and none once ``is_over`` says that the run has ended. ``python`` is an interpreter or the directory of a virtual
    environment, and ``named_in`` says by what it was named: an interpreter runs only if the command line named it and it
    lies outside the project. Raises `ProjectError` when it cannot be used; the other places are merely suggestions and are
    passed over.
    """
    if python is not None:
        return replace(_named_environment(python, root, named_in), found_by=f"named by {named_in}")
    certain: TargetEnvironment | None = None
    for place in places(root):
        found = _environment_at(place, root)
        if found is not None and found.has_django:
            return found
        if found is not None and place.certain:
            certain = certain or found
    own = current_environment()
    if certain is not None or own.has_django:
        return certain or own
    on_path = (_environment_at(place, root) for place in python_on_path(root) if not is_over(place.path))
    return next((found for found in on_path if found is not None and found.has_django), own)


def _environment_at(place: Place, root: Path) -> TargetEnvironment | None:
    """What is at a place, if it can be read."""
    home = place.path if place.path.is_dir() else place.path.parent.parent
    try:
        found = _environment_in(home, root)
        if found is None and place.is_prefix:
            found = _installation(home)
        if found is None and place.may_be_asked:
            found = _asked_environment(str(place.path), root)
    except (OSError, ProjectError) as error:
        logger.debug("%s, %s, was passed over: %s", place.path, place.found_by, error)
        return None
    return replace(found, found_by=place.found_by) if found is not None else None


def _environment_in(home: Path, root: Path) -> TargetEnvironment | None:
    """Read the environment of a directory without running it, be it a virtual environment or one of conda's."""
    if (home / "pyvenv.cfg").is_file():
        found = _virtual_environment(home)
    else:
        found = _conda_environment(home) if (home / "conda-meta").is_dir() else None
    return _within_bounds(found, home, root) if found is not None else None


def _within_bounds(found: TargetEnvironment, home: Path, root: Path) -> TargetEnvironment:
    """An environment in the project may be part of a pull request: what its links and ``.pth`` files lead to beyond the
    project, itself and the standard library is not read."""
    project = real_folder(root)
    if not is_below(real(home), [project]) and not is_below(str(home.absolute()), [str(root.absolute())]):
        return found
    return replace(found, bounds=(project, real(home), *map(real, found.library)))


def _installation(home: Path) -> TargetEnvironment | None:
    """A whole Python below one folder, as pyenv builds it: the version is that of its only standard library."""
    libraries = [path.parent for path in home.glob("lib/python3.*/os.py")]
    version = _version(libraries[0].name) if len(libraries) == 1 else ()
    site = _site_directory(home, version)
    if site is None or len(version) < 2:
        return None
    return _environment(
        str(home), version, [str(libraries[0]), str(libraries[0] / "lib-dynload")], [str(site)]
    )


def _conda_environment(home: Path) -> TargetEnvironment | None:
    """conda notes each package in ``conda-meta/NAME-VERSION-BUILD.json``."""
    records = sorted((home / "conda-meta").glob("python-[0-9]*.json"))
    version = _version(records[-1].name.split("-")[1]) if records else ()
    site = _site_directory(home, version)
    if site is None or not version:
        return None
    library = home / "lib" / f"python{version[0]}.{version[1]}"
    return _environment(str(home), version, [str(library), str(library / "lib-dynload")], [str(site)])


def _named_environment(python: str, root: Path, named_in: str) -> TargetEnvironment:
    given = Path(python).absolute()
    if not given.exists():
        raise ProjectError(
            f"{named_in} {python}: no such file or directory; name an interpreter or a virtual environment"
        )
    home = given if given.is_dir() else given.parent.parent
    found = _environment_in(home, root)
    if found is not None:
        return found
    if given.is_dir():
        raise ProjectError(
            f"{named_in} {python}: a directory that holds no virtual environment (no usable pyvenv.cfg)"
        )
    if named_in != "--python":
        raise ProjectError(
            f"{named_in} {python}: not in a virtual environment, so that it would have to be run, and nothing that the"
            " project's files name is run; name a virtual environment, or give --python on the command line"
        )
    if is_below(real(given), [real_folder(root)]):
        raise ProjectError(
            f"{named_in} {python}: not in a virtual environment, and lies in the project, of which nothing is run;"
            " name a virtual environment, or an interpreter outside the project"
        )
    return _asked_environment(str(given), root)


def _virtual_environment(home: Path) -> TargetEnvironment | None:
    """Read a virtual environment without running it; None if its layout is not one we know."""
    try:
        text = read_bounded(home / "pyvenv.cfg").decode("utf-8", "replace")
    except UnreadableError:
        return None
    config = {
        key.strip().lower(): value.strip()
        for key, _, value in (line.partition("=") for line in text.splitlines())
    }
    version = _version(config.get("version_info") or config.get("version") or "")
    site = _site_directory(home, version)
    if site is None or not version:
        return None
    entries = [str(site)]
    if config.get("include-system-site-packages", "").lower() == "true" and config.get("home"):
        base = _site_directory(Path(config["home"]).parent, version)
        entries += [str(base)] if base is not None else []
    return _environment(str(home), version, _base_library(config.get("home"), version), entries)


def _site_directory(home: Path, version: tuple[int, ...]) -> Path | None:
    named = home / "lib" / f"python{version[0]}.{version[1]}" / "site-packages" if len(version) > 1 else None
    if named is not None and named.is_dir():
        return named
    windows = home / "Lib" / "site-packages"
    return windows if windows.is_dir() else next(iter(sorted(home.glob("lib/python3*/site-packages"))), None)


def _base_library(home: str | None, version: tuple[int, ...]) -> list[str]:
    """The standard library of the interpreter that a virtual environment was made from, or else our own."""
    if home:
        library = Path(home).parent / "lib" / f"python{version[0]}.{version[1]}"
        if (library / "os.py").is_file():
            return [str(library), str(library / "lib-dynload")]
    return _standard_library()


def _standard_library() -> list[str]:
    return [sysconfig.get_path("stdlib"), str(Path(sysconfig.get_path("platstdlib")) / "lib-dynload")]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _asked_environment(python: str, root: Path) -> TargetEnvironment:
    """Ask an interpreter, far from the project: in its folder a version manager's shim would run what its files name."""
    try:
        answer = subprocess.run(
            [python, "-I", "-S", "-c", _QUESTION],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_WITHIN,
            check=True,
            cwd=root.absolute().anchor,
        )
        description = json.loads(answer.stdout)
        # A shim leads to the interpreter of a virtual environment, which without `site` does not know it.
        home = Path(description["executable"]).parent.parent
        found = _virtual_environment(home) if (home / "pyvenv.cfg").is_file() else None
        if found is not None:
            return found
        version = tuple(int(part) for part in description["version"])
        return _environment(
            python,
            version,
            [str(entry) for entry in description["path"]],
            [str(entry) for entry in description["site"]],
        )
    except subprocess.CalledProcessError as error:
        # Not str(error): that repeats the question, which nobody asked to see.
        raise ProjectError(
            f"--python {python}: does not answer as a Python 3 interpreter (exit code {error.returncode})"
        ) from error
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ProjectError(
            f"--python {python}: does not answer as a Python 3 interpreter ({reason})"
        ) from error


def _environment(
    python: str, version: tuple[int, ...], library: list[str], entries: list[str]
) -> TargetEnvironment:
    expanded = expand(entries)
    search_path = tuple(dict.fromkeys([*library, *expanded.directories]))
    return TargetEnvironment(python, version, search_path, expanded.editable, library=tuple(library))
