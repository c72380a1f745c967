"""From a dotted module name to its file and its tree, as the import system would choose, importing nothing.

Order of choice inside one directory is that of `importlib.machinery.FileFinder`: a package before an extension module
before a source file; directories without ``__init__`` gather to a namespace package (PEP 420) unless a later entry of
the path has a regular one.
"""

from __future__ import annotations

import ast
import importlib.machinery
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from bridgekit.check.modules.boundary import is_below, real, real_folder, slashed
from bridgekit.check.modules.bounded_reading import MAX_SOURCE_BYTES, UnreadableError, read_bounded
from bridgekit.check.modules.environment import TargetEnvironment, current_environment
from bridgekit.check.modules.found_module import FoundModule, ModuleKind
from bridgekit.check.modules.own_source import OwnSource
from bridgekit.check.modules.parsing import SourceModule, count_tokens, parse_file
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.middleware_chain.facts import Location

__all__ = ["ModuleFinder", "SourceModule"]

_MAX_NAMESPACE_INIT = 2_000
"""Bytes. The ``__init__`` of a namespace package of the old kind holds one statement and a comment."""
BEYOND = "is a link that leads out of the project, and is not read"
MAX_RUN_TOKENS = 1_500_000
"""Words and signs of all files that one run parses: their trees take some 400 bytes of memory for each. The largest projects seen have
read a fifth of that."""

_GUESSED_BYTES = 2 * 1024 * 1024
_BYTES_A_TOKEN = 5
TOO_MUCH = f"is not read: this run has read files of {MAX_RUN_TOKENS:,} tokens, and reads no more"
_EXTENSIONS = (".so", ".pyd", ".dll")


class ModuleFinder:
    """Finds, parses and remembers modules on one search path. Methods never raise for what is on disk.

    ``roots`` are the project's own directories, searched before everything else (as ``sys.path[0]`` is);
    ``environment`` is the interpreter that runs the project, by default bridgekit's own; ``bounds`` are those of the whole run.
    """

    def __init__(
        self,
        roots: Iterable[str | os.PathLike[str]],
        environment: TargetEnvironment | None = None,
        bounds: RunBounds | None = None,
    ) -> None:
        self.bounds = bounds if bounds is not None else RunBounds()
        self.environment = environment if environment is not None else current_environment()
        self.roots = tuple(slashed(str(Path(root).absolute())) for root in roots)
        self.search_path = tuple(dict.fromkeys([*self.roots, *map(slashed, self.environment.search_path)]))
        self._editable = {name: slashed(path) for name, path in self.environment.editable}
        self._found: dict[str, FoundModule] = {}
        self._modules: dict[str, SourceModule] = {}
        self._files: dict[str, SourceModule] = {}
        self._listings: dict[str, frozenset[str]] = {}
        self._own: OwnSource | None = None
        self._spent = 0
        self._bytes = 0
        self._readable = tuple(
            dict.fromkeys(map(real, self.environment.bounds or self.environment.search_path))
        )
        self._readable += tuple(dict.fromkeys([*map(real, self.roots), *map(real_folder, self.roots)]))

    @property
    def own(self) -> OwnSource:
        """The bytes of the files below the project's roots."""
        if self._own is None:
            self._own = OwnSource(self.roots, self.may_be_read, self.bounds.is_over)
        return self._own

    def may_be_read(self, path: str) -> bool:
        """Whether a file or folder is the project's or an environment's, where its links really lead."""
        if not self.environment.bounds and not is_below(path, self.roots):
            return True  # the user's own environment: linked as its tool likes
        return is_below(real(path), self._readable)

    @property
    def files_read(self) -> int:
        """How many files have been opened for their source so far."""
        return len(self._files)

    def find(self, name: str) -> FoundModule:
        """Locate ``name`` part by part, reading directory listings only; parents are never parsed or imported."""
        known = self._found.get(name)
        if known is None:
            known = self._found[name] = self._locate(name)
        return known

    def modules_in(self, package: str) -> frozenset[str]:
        """The names of the modules and packages directly in ``package``; of those in the project's roots if it is empty."""
        search = self.find(package).search if package else self.roots
        names = frozenset[str]().union(*(self._names(entry) for entry in search))
        return frozenset(
            stem
            for name in names
            if (stem := name.removesuffix(".py")).isidentifier() and (stem != name or "." not in name)
        )

    def load(self, name: str) -> SourceModule:
        """The module's tree, parsed once; a module that is missing or unreadable has ``tree=None`` and an ``error``."""
        module = self._modules.get(name)
        if module is None:
            module = self._modules[name] = self._load(self.find(name))
        return module

    def load_file(self, path: str | os.PathLike[str], name: str = "") -> SourceModule:
        """The tree of a file named by path (``manage.py``, an included settings file), parsed once for each name."""
        absolute = Path(path).absolute()
        is_package = absolute.name == "__init__.py"
        return self._parse(str(absolute), name or self.name_of(absolute), is_package=is_package)

    def name_of(self, path: str | os.PathLike[str]) -> str:
        """The dotted name under which a file would be imported from the project's roots; empty if from none."""
        file = Path(path).absolute()
        for root in sorted(self.roots, key=len, reverse=True):
            if file.suffix == ".py" and file.is_relative_to(root):
                parts = file.relative_to(root).with_suffix("").parts
                return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        return ""

    def _load(self, found: FoundModule) -> SourceModule:
        if found.kind is ModuleKind.SOURCE:
            return self._parse(found.path, found.name, is_package=found.is_package)
        if found.kind is ModuleKind.NAMESPACE:
            return SourceModule(found.name, found.path, ast.Module([], []), is_package=True)
        return SourceModule(found.name, found.path, None, found.reason)

    def _parse(self, path: str, name: str, *, is_package: bool) -> SourceModule:
        key = f"{path}\0{name}"
        module = self._files.get(key)
        if module is None:
            if self._spent > MAX_RUN_TOKENS:
                self.bounds.end(f"{MAX_RUN_TOKENS:,} tokens in files", Location(path, 1))
                module = SourceModule(name, path, None, TOO_MUCH, is_package=is_package)
            elif reached := self.bounds.spend(0, lambda: Location(path, 1)):
                module = SourceModule(name, path, None, f"is not read: {reached}", is_package=is_package)
            elif self.may_be_read(path):
                module = self._explained(parse_file(path, name, is_package=is_package))
                self._spend(module)
            else:
                module = SourceModule(name, path, None, BEYOND, is_package=is_package)
            self._files[key] = module
        return module

    def _spend(self, module: SourceModule) -> None:
        """Count what a tree costs to keep. The first mebibytes, all that most projects have read, are guessed by their size."""
        if module.tree is None:
            return
        try:
            size = Path(module.path).stat().st_size
        except OSError:
            return
        self._bytes += size
        known = self._bytes > _GUESSED_BYTES
        self._spent += count_tokens(self._content(module.path)) if known else size // _BYTES_A_TOKEN

    def _explained(self, module: SourceModule) -> SourceModule:
        """Say so where the project's Python is newer than ours, for that may be why a file cannot be parsed."""
        target = self.environment.python_version[:2]
        if "cannot be parsed" not in module.error or target <= sys.version_info[:2]:
            return module
        version = ".".join(map(str, target))
        return replace(
            module, error=f"{module.error}; the project runs on Python {version}: run bridgekit there"
        )

    def _locate(self, name: str) -> FoundModule:
        parent_name, _, last = name.rpartition(".")
        if (
            not last
            or "/" in name
            or "\\" in name
            or "\0" in name
            or (parent_name == "" and name.startswith("."))
        ):
            return FoundModule(name, ModuleKind.MISSING, reason=f"{name!r} is not a module name")
        if parent_name:
            parent = self.find(parent_name)
            if parent.kind in (ModuleKind.MISSING, ModuleKind.UNKNOWN):
                return FoundModule(name, parent.kind, reason=parent.reason)
            if not parent.is_package:
                return self._below_plain_module(name, parent)
            found = self._search(name, last, parent.search)
            if found.kind is ModuleKind.MISSING and self._spreads(parent):
                return self._search(name, last, self._portions(parent_name))
            return found
        if name == "distutils":
            return self._distutils()
        if name in sys.builtin_module_names:
            return FoundModule(name, ModuleKind.OPAQUE, reason=f"module {name} is built into the interpreter")
        if name in self._editable:
            return self._editable_module(name)
        return self._search(name, name, self.search_path)

    def _content(self, path: str, limit: int = MAX_SOURCE_BYTES) -> bytes:
        """What a file holds, nothing for one that cannot be read or is longer."""
        try:
            return read_bounded(path, limit) if self.may_be_read(path) else b""
        except UnreadableError:
            return b""

    def _spreads(self, package: FoundModule) -> bool:
        """Whether a package gathers directories of its name along the path, as before PEP 420: by `pkgutil.extend_path`
        or ``pkg_resources.declare_namespace``."""
        source = self._content(package.path, _MAX_NAMESPACE_INIT)
        return b"extend_path" in source or b"declare_namespace" in source

    def _portions(self, name: str) -> tuple[str, ...]:
        parent, _, last = name.rpartition(".")
        search = self.find(parent).search if parent else self.search_path
        return tuple(f"{entry}/{last}" for entry in search if last in self._names(entry))

    def _distutils(self) -> FoundModule:
        """The standard library's up to Python 3.11; after that setuptools puts its own in the place (by a ``.pth`` line)."""
        found = self._search("distutils", "distutils", self.search_path)
        if found.kind is not ModuleKind.MISSING:
            return found
        shim = self.find("setuptools._distutils")
        return replace(shim, name="distutils") if shim.kind is ModuleKind.SOURCE else found

    def _below_plain_module(self, name: str, parent: FoundModule) -> FoundModule:
        if parent.kind is ModuleKind.OPAQUE:
            return FoundModule(name, ModuleKind.UNKNOWN, reason=parent.reason)
        if b"__path__" in self._content(parent.path):
            reason = f"module {parent.name} ({parent.path}) makes its submodules at run time"  # six.moves
            return FoundModule(name, ModuleKind.UNKNOWN, reason=reason)
        reason = f"module {parent.name} ({parent.path}) is not a package"
        return FoundModule(name, ModuleKind.MISSING, reason=reason, parent=parent.name)

    def _editable_module(self, name: str) -> FoundModule:
        target = self._editable[name]
        directory, base = os.path.split(target)
        return self._search(name, base.removesuffix(".py"), (directory,))

    def _search(self, name: str, last: str, search: Sequence[str]) -> FoundModule:
        portions: list[str] = []
        archive = ""
        for entry in search:
            names = self._names(entry)
            if (
                not names
                and not archive
                and entry.endswith((".zip", ".egg", ".pyz"))
                and Path(entry).is_file()
            ):
                archive = entry
            found = self._in_directory(name, last, entry, names, portions)
            if found is not None:
                return found
        if portions:
            return FoundModule(name, ModuleKind.NAMESPACE, portions[0], tuple(portions))
        if archive:
            return FoundModule(
                name, ModuleKind.UNKNOWN, reason=f"module {name} may be inside the archive {archive}"
            )
        return FoundModule(
            name, ModuleKind.MISSING, reason=f"module {name} is not installed: no such file on the path"
        )

    def _in_directory(
        self, name: str, last: str, entry: str, names: frozenset[str], portions: list[str]
    ) -> FoundModule | None:
        """FileFinder's order in one directory; a directory without ``__init__`` is only noted in ``portions``."""
        base = f"{entry}/{last}"
        if last in names:
            inside = self._names(base)
            if "__init__.py" in inside:
                return FoundModule(name, ModuleKind.SOURCE, f"{base}/__init__.py", (base,))
            compiled = _compiled("__init__", inside)
            if compiled:
                file = f"{base}/{compiled}"
                return FoundModule(
                    name, ModuleKind.OPAQUE, file, (base,), f"package {name} is compiled ({file})"
                )
        extension = _compiled(last, names, bytecode=False)
        if extension:
            file = f"{entry}/{extension}"
            return FoundModule(name, ModuleKind.OPAQUE, file, (), f"module {name} is a C extension ({file})")
        if f"{last}.py" in names:
            return FoundModule(name, ModuleKind.SOURCE, f"{base}.py")
        if f"{last}.pyc" in names:
            return FoundModule(
                name, ModuleKind.OPAQUE, f"{base}.pyc", (), f"module {name} has no source ({base}.pyc)"
            )
        if last in names and Path(base).is_dir():
            portions.append(base)
        return None

    def _names(self, directory: str) -> frozenset[str]:
        """The directory's entries, listed once; empty for what is no directory (or a loop of symbolic links)."""
        names = self._listings.get(directory)
        if names is None:
            try:
                with os.scandir(
                    directory
                ) as entries:  # Path.iterdir makes a Path of each: slow for site-packages
                    names = frozenset(entry.name for entry in entries)
            except (OSError, ValueError):
                names = frozenset()
            self._listings[directory] = names
        return names


def _compiled(stem: str, names: frozenset[str], *, bytecode: bool = True) -> str:
    """The extension module (or bytecode file) that would be loaded for ``stem``, whatever Python it was built for."""
    if bytecode and f"{stem}.pyc" in names:
        return f"{stem}.pyc"
    for suffix in (*importlib.machinery.EXTENSION_SUFFIXES, *_EXTENSIONS):
        if f"{stem}{suffix}" in names:
            return f"{stem}{suffix}"
    dotted = f"{stem}."
    return next((name for name in names if name.startswith(dotted) and name.endswith(_EXTENSIONS)), "")
