"""What modules of the standard library define: so that ``try: from string import maketrans`` fails where Python would."""

from __future__ import annotations

import ast
import sys
import sysconfig
from functools import cache
from pathlib import Path

from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import External
from bridgekit.check.settings.slicing.effects import EVERYTHING, names_bound_in

_MAX_SOURCE = 512 * 1024
"""Bytes. The largest module of the standard library, ``_pydecimal``, has half of it."""


def defines(interpreter: Interpreter, owner: External, name: str) -> bool | None:
    """Whether ``owner``, a module of the standard library, has the attribute ``name``; None where that is not known.

    Answered for the Python that bridgekit runs under. Nothing is imported for it: a module that is not loaded is read
    from source, and of C modules that are not loaded nothing is known.
    """
    dotted = owner.dotted
    if not interpreter.surroundings.is_standard(dotted) or f"{dotted}.{name}" in interpreter.patched:
        return None
    loaded = sys.modules.get(dotted)
    if loaded is not None:
        if name in vars(loaded) or _is_submodule(dotted, name):
            return True
        return None if "__getattr__" in vars(loaded) or hasattr(type(loaded), name) else False
    names = _names_of(dotted)
    return None if names is None or name in names or _is_submodule(dotted, name) else False


def _source(dotted: str) -> Path | None:
    base = Path(sysconfig.get_path("stdlib"), *dotted.split("."))
    return next((path for path in (base / "__init__.py", base.with_suffix(".py")) if path.is_file()), None)


def _is_submodule(dotted: str, name: str) -> bool:
    return f"{dotted}.{name}" in sys.modules or (
        name.isidentifier() and _source(f"{dotted}.{name}") is not None
    )


@cache
def _names_of(dotted: str) -> frozenset[str] | None:
    """Every name that the module's source may bind, or None where that cannot be said."""
    path = _source(dotted)
    if path is None:
        return None
    try:
        tree = ast.parse(read_bounded(str(path), _MAX_SOURCE))
    except (UnreadableError, SyntaxError, ValueError):
        return None
    names = {
        "__name__",
        "__file__",
        "__doc__",
        "__package__",
        "__spec__",
        "__loader__",
        "__path__",
        "__dict__",
    }
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
        else:
            names |= names_bound_in(statement)
    return None if EVERYTHING in names or "__getattr__" in names else frozenset(names)
