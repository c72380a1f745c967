"""Where the project's loaded settings are written: the lines that messages and ``# noqa`` comments speak of."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from bridgekit.check.modules.parsing import SourceModule, parse_file
from bridgekit.middleware_chain.facts import Location


class SettingsPlaces:
    """The files that set settings: the module itself, and those of the project that it takes names from.

    Nothing is evaluated here. A value is known, because it is loaded; only its line is looked for, and where it is not found
    (a list put together from pieces), the settings file itself stands for it.
    """

    def __init__(self, settings_file: str, root: Path) -> None:
        self._own = Location(settings_file, 1)
        self._files = list(_files(settings_file, root))

    def of_texts(self, texts: Iterable[str]) -> dict[str, Location]:
        """Where each text is written: in an assignment to MIDDLEWARE if it stands there, else anywhere."""
        searched = set(texts)
        found: dict[str, Location] = {}
        elsewhere: dict[str, Location] = {}
        for file in self._files:
            for statement in file.tree.body if file.tree is not None else ():
                places = found if _name_assigned(statement) == "MIDDLEWARE" else elsewhere
                for node in ast.walk(statement):
                    if (
                        isinstance(node, ast.Constant)
                        and isinstance(node.value, str)
                        and node.value in searched
                    ):
                        places.setdefault(node.value, file.location_of(node))
        return dict.fromkeys(searched, self._own) | elsewhere | found

    def of_setting(self, name: str) -> Location:
        """The statement that sets it, the first one that is found."""
        for file in self._files:
            for statement in file.tree.body if file.tree is not None else ():
                if _name_assigned(statement) == name:
                    return file.location_of(statement)
        return self._own


def _files(settings_file: str, root: Path) -> Iterator[SourceModule]:
    yield parse_file(settings_file)
    others: list[object] = list(sys.modules.values())  # some packages put other objects there
    for module in others:
        if not isinstance(module, ModuleType):
            continue
        names: dict[str, object] = ModuleType.__getattribute__(module, "__dict__")  # wakes no lazy module
        file = names.get("__file__")
        # A module that settings take their names from has them, too.
        if "MIDDLEWARE" in names and isinstance(file, str) and file != settings_file and _is_own(file, root):
            yield parse_file(file)


def _is_own(file: str, root: Path) -> bool:
    path = Path(file)
    return (
        path.suffix == ".py"
        and path.is_relative_to(root)
        and not {"site-packages", "dist-packages"} & {*path.parts}
    )


def _name_assigned(statement: ast.stmt) -> str:
    """The name on the left of ``NAME = ...``, ``NAME: X = ...`` or ``NAME += ...``; empty for all else."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            return name
    return ""
