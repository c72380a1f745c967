"""Whose a file or module is: the project's, an installed package's, the standard library's."""

from __future__ import annotations

import sys

from bridgekit.check.modules.boundary import is_below
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.found_module import ModuleKind
from bridgekit.check.modules.imported import WITHOUT_FILES
from bridgekit.middleware_chain.facts import Answer


class Surroundings:
    """What stands where a finder looks."""

    def __init__(self, finder: ModuleFinder) -> None:
        self._finder = finder

    def in_project(self, path: str) -> bool:
        """Whether a path lies in the project's own directories, links followed: what leads out is nobody's to show."""
        return is_below(path, self._finder.roots) and ".." not in path and self._finder.may_be_read(path)

    def is_installed(self, path: str) -> bool:
        """Whether a path lies where installed packages are found."""
        return (
            is_below(path, self._finder.search_path) and ".." not in path and self._finder.may_be_read(path)
        )

    def is_standard(self, name: str) -> bool:
        """Whether a module is the standard library's (and the project has none of that name)."""
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names:
            return False
        found = self._finder.find(top)
        return not (found.path and self.in_project(found.path) and "site-packages" not in found.path)

    def has_standard_module(self, name: str) -> bool:
        """Whether a module is the standard library's, and is there: ``os.path`` is, ``os.paths`` is not."""
        parent = name.rpartition(".")[0]
        if not self.is_standard(name) or not parent or name in WITHOUT_FILES:
            return self.is_standard(name)
        return self._finder.find(parent).kind is not ModuleKind.SOURCE or (
            self._finder.find(name).kind is not ModuleKind.MISSING
        )

    def environment_is_complete(self) -> bool:
        """Whether the packages that we see are the project's: Django is among them."""
        return self._finder.find("django").importable is Answer.YES
