"""``import`` and ``from ... import``: what they bind; `settings.imports` says what a module is."""

from __future__ import annotations

import ast

from bridgekit.check.modules.parsing import absolute_name
from bridgekit.check.settings.interpreter.data import Namespace, Opaque, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import External, Frame, ModuleValue
from bridgekit.check.settings.statements.names import bind


def import_(interpreter: Interpreter, node: ast.Import, frame: Frame) -> None:
    """``import a.b`` and ``import a.b as c``."""
    for alias in node.names:
        module = interpreter.imports.module(alias.name)
        if alias.asname:
            bind(interpreter, frame, alias.asname, module)
        else:
            top = alias.name.partition(".")[0]
            known = frame.names.get(top)
            if not isinstance(known, ModuleValue | External) or isinstance(module, Opaque):
                first = interpreter.imports.module(top) if "." in alias.name else module
                bind(interpreter, frame, top, first)


def import_from(interpreter: Interpreter, node: ast.ImportFrom, frame: Frame) -> None:
    """``from x import a`` and ``from x import *``."""
    name = absolute_name(frame.module.package, node.level, node.module)
    if node.module == "__future__":
        return
    star = any(alias.name == "*" for alias in node.names)
    if name is None:
        raise interpreter.fault(ImportError, "attempted relative import beyond top-level package")
    module = interpreter.imports.module(name, eager=star, relative=node.level > 0)
    if star:
        _star(interpreter, module, name, frame)
        return
    for alias in node.names:
        bind(
            interpreter, frame, alias.asname or alias.name, _name_from(interpreter, module, name, alias.name)
        )


def _name_from(interpreter: Interpreter, module: Value, module_name: str, name: str) -> Value:
    """``from module import name``: an attribute, else a submodule, else ImportError."""
    if isinstance(module, ModuleValue) and name not in module.namespace and module.namespace.unseen is None:
        found = interpreter.imports.submodule(module, name)
        if found is not None:
            return found
        if "__getattr__" not in module.namespace and not module.namespace.stars:
            raise interpreter.fault(ImportError, f"cannot import name {name!r} from {module_name!r}")
    if isinstance(module, External):
        own = interpreter.imports.note_submodule(module_name, name)
        if own is not None:
            return own
    if (
        isinstance(module, External)
        and interpreter.catches(ImportError)
        and interpreter.library.defines(module, name) is False
    ):
        raise interpreter.fault(ImportError, f"cannot import name {name!r} from {module_name!r}")
    return interpreter.getattr(module, name)


def _star(interpreter: Interpreter, module: Value, name: str, frame: Frame) -> None:
    if isinstance(module, ModuleValue):
        _star_module(interpreter, module, frame)
        return
    namespace = frame.names
    if not isinstance(namespace, Namespace):
        return
    if isinstance(module, External) and interpreter.surroundings.is_standard(name):
        namespace.stars.append(name)
        return
    cause = module if isinstance(module, Opaque) else interpreter.opaque(f"the names of {name} are not known")
    interpreter.taint(namespace, cause)


def _star_module(interpreter: Interpreter, module: ModuleValue, frame: Frame) -> None:
    source = module.namespace
    listed = source.get("__all__")
    if isinstance(listed, list | tuple) and all(isinstance(name, str) for name in listed):
        names = [str(name) for name in listed]
    else:
        names = [name for name in source if isinstance(name, str) and not name.startswith("_")]
    if isinstance(frame.names, Namespace):
        if source.unseen is not None:
            frame.names.unseen = source.unseen
        frame.names.stars.extend(source.stars)
        frame.names.unread = frame.names.unread or source.unread
    for name in names:
        value = source.get(name) if name in source else _name_from(interpreter, module, module.name, name)
        bind(interpreter, frame, name, value, source.bound.get(name))
