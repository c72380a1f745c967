"""Modelled functions that import by name, and those that tell and compare versions."""

from __future__ import annotations

from bridgekit.check.middleware.evaluation import constants, natives
from bridgekit.check.middleware.evaluation.atoms import NONE, Const, Missing
from bridgekit.check.middleware.evaluation.native_call import NativeCall
from bridgekit.check.middleware.evaluation.values import Value


def import_module(call: NativeCall) -> Value:
    """`importlib.import_module`."""
    name = call.text(0, "name")
    if name is None:
        return call.unknown("imports a module whose name is only known at run time")
    if name.startswith("."):
        package = call.text(1, "package")
        if package is None:
            return call.unknown("imports relative to a package that is only known at run time")
        stripped = name.lstrip(".")
        parts = package.split(".")
        kept = parts[: len(parts) - (len(name) - len(stripped)) + 1]
        name = ".".join([*kept, stripped])
    return call.evaluator.imports.module_value(name)


def import_string(call: NativeCall) -> Value:
    """`django.utils.module_loading.import_string`."""
    path = call.text(0, "dotted_path")
    if path is None:
        return call.unknown("imports a path that is only known at run time")
    module, _, name = path.rpartition(".")
    return (
        call.evaluator.imports.member(module, name) if module else Missing(f"{path!r} is not a dotted path")
    )


def plain_import(call: NativeCall) -> Value:
    """``__import__``."""
    name = call.text(0)
    if name is None:
        return call.unknown("imports a module whose name is only known at run time")
    if len(call.arguments) < 4 and "fromlist" not in call.keywords:
        name = name.partition(".")[0]
    elif "." in name and call.evaluator.imports.is_native(name):
        return call.unknown("a module of the standard library may go by another name")
    return call.evaluator.imports.module_value(name)


def django_version(call: NativeCall) -> Value:
    """`django.get_version`: the text for ``django.VERSION``."""
    version = call.argument(0, "version")
    if version is None or version is NONE:
        version = call.evaluator.imports.member("django", "VERSION")
    plain = constants.as_const(version)
    if not isinstance(plain, tuple) or len(plain) != 5 or plain[3] != "final":
        return call.unknown("the version of Django is not known, or none that was released")
    return Const(".".join(str(part) for part in plain[: 3 if plain[2] else 2]))


def complete_version(call: NativeCall) -> Value:
    """The tuple ``django.VERSION``."""
    return call.evaluator.imports.member("django", "VERSION")


def version_of_text(call: NativeCall) -> Value:
    """A version as a tuple of its release numbers."""
    text = call.text(0)
    return Const(natives.parse_version(text)) if text is not None else call.unknown()
