"""Functions that a setting names, and that code on the event loop calls: ``import_string(settings.SHOW_BAR)(request)``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.flow import (
    Reached,
    ReadFunction,
    called_function,
    imported_names,
    reached_functions,
    resolved_name,
    walk_own,
)
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.settings.result import Known, Variant

__all__ = ["called_back"]

_IMPORT = "django.utils.module_loading.import_string"
_SETTINGS = "django.conf.settings"


def called_back(reached: list[Reached], variant: Variant, definition: Definition) -> list[Reached]:
    """The callbacks with all that they call, where the setting is known and names a function that can be read."""
    found: list[Reached] = []
    for one in reached:
        for name in _called_settings(one.function, definition):
            callback = _named_by(variant, name, definition)
            if callback is not None:
                inner = reached_functions([callback], definition)
                found += [
                    Reached(each.function, (*one.path, f"settings.{name}", *each.path)) for each in inner
                ]
    return found


def _called_settings(function: ReadFunction, definition: Definition) -> Iterator[str]:
    """Settings whose function is called here: at once, through a name, or through a function that loads it."""
    loaded: dict[str, str] = {}
    for node in walk_own(function.node):
        if isinstance(node, ast.Assign):
            name = _loads(node.value, function, definition)
            for target in node.targets:
                if isinstance(target, ast.Name):
                    loaded[target.id] = name
    for node in walk_own(function.node):
        if isinstance(node, ast.Call):
            called = node.func
            name = (
                loaded.get(called.id, "")
                if isinstance(called, ast.Name)
                else _loads(called, function, definition)
            )
            if name:
                yield name


def _loads(node: ast.expr, function: ReadFunction, definition: Definition) -> str:
    """The setting whose dotted path an expression imports, itself or by a function that returns it; empty for none."""
    if not isinstance(node, ast.Call):
        return ""
    setting = _imported_setting(node, function)
    if setting:
        return setting
    callee = called_function(node, function, definition)
    if callee is None or callee.is_async:
        return ""
    returned = [
        part.value
        for part in walk_own(callee.node)
        if isinstance(part, ast.Return) and part.value is not None
    ]
    names = {_imported_setting(value, callee) for value in returned}
    return next(iter(names)) if len(names) == 1 else ""


def _imported_setting(node: ast.expr, function: ReadFunction) -> str:
    imports = imported_names(function.module)
    if not isinstance(node, ast.Call) or resolved_name(node.func, imports) != _IMPORT or not node.args:
        return ""
    owner, _, name = resolved_name(node.args[0], imports).rpartition(".")
    return name if owner == _SETTINGS else ""


def _named_by(variant: Variant, name: str, definition: Definition) -> ReadFunction | None:
    value = variant.value(name)
    path = value.value if isinstance(value, Known) else None
    if not isinstance(path, str):
        return None
    origin, _, last = path.rpartition(".")
    module = definition.load(origin) if origin else None
    for statement in module.tree.body if module is not None and module.tree is not None else ():
        if isinstance(statement, ast.FunctionDef) and statement.name == last and module is not None:
            return ReadFunction(statement, module)
    return None
