"""The code that Apache's Python imports: copied to where Apache's user can read it, since tox makes its folders private."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.helpers.server_process import ROOT

MOD_WSGI = Path("/usr/lib/apache2/modules/mod_wsgi.so")
"""Debian's: a link to "mod_wsgi.so-3.11", which is built for the Python of that version."""


def unusable(needs: Iterable[str]) -> str | None:
    """Why Apache's Python cannot import the distributions ``needs`` of this Python, if so."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    its = MOD_WSGI.resolve().name.rpartition("-")[2]
    if ours == its:
        return None
    for each in _with_requirements(needs):
        if _is_compiled(each):
            return f"Apache's mod_wsgi is for Python {its}, and {each.name} is compiled for {ours}"
        if not SpecifierSet(each.metadata.json.get("requires_python", "")).contains(its):
            return f"Apache's mod_wsgi is for Python {its}, and {each.name} {each.version} needs a later one"
    return None


def copy_the_code(folder: Path, needs: Iterable[str]) -> Path:
    """Copy bridgekit, the applications of these tests, and the distributions ``needs`` with all that they require."""
    folder.mkdir()
    spec = importlib.util.find_spec("bridgekit")
    assert spec is not None
    assert spec.origin is not None
    _copy(Path(spec.origin).parent, folder)
    for each in _with_requirements(["bridgekit", *needs]):
        for name in _top_level(each):
            if name != "bridgekit":
                _copy(Path(str(each.locate_file(name))), folder)
    for package in (ROOT / "tests", ROOT / "tests/servers", ROOT / "tests/security"):
        target = folder / package.relative_to(ROOT)
        target.mkdir()
        shutil.copy(package / "__init__.py", target)
    _copy(ROOT / "tests/servers/apps", folder / "tests/servers")
    _copy(ROOT / "tests/security/both_ways.py", folder / "tests/security")
    return folder


def _copy(source: Path, folder: Path) -> None:
    """With time stamps and __pycache__, so that nothing is compiled again."""
    if source.is_dir():
        ignored = shutil.ignore_patterns("*.po")
        shutil.copytree(source, folder / source.name, ignore=ignored, dirs_exist_ok=True)
    elif source.exists():
        shutil.copy2(source, folder)


def _with_requirements(names: Iterable[str]) -> Iterator[Distribution]:
    """The distributions and what they require, as far as it is installed: some are needed by some Pythons alone."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        yield found
        wanted = map(Requirement, found.requires or ())
        waiting += [
            each.name for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})
        ]


def _top_level(found: Distribution) -> set[str]:
    names = {file.parts[0] for file in found.files or () if not file.is_absolute()}
    return {name for name in names if name != ".." and not name.endswith((".dist-info", ".pth", ".data"))}


def _is_compiled(found: Distribution) -> bool:
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    return any(file.name.endswith(suffix) for file in found.files or ())
