"""Starts of a walk in applications: ``ready()`` of the configurations that a module defines."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.reach.entry import new_interpreter
from bridgekit.check.reach.interpreter import Event, OutOfBudgetError
from bridgekit.check.reach.module_run import ModuleRun
from bridgekit.check.reach.objects import derives_from, found_on
from bridgekit.check.reach.values import Class, Frame, Function, Instance

_CONFIG = ("django.apps.AppConfig", "django.apps.config.AppConfig")


def configurations(
    module: SourceModule, load: Callable[[str], SourceModule], bounds: RunBounds | None = None
) -> list[ast.ClassDef]:
    """The classes of a module that derive from ``AppConfig``, through whichever others."""
    interpreter = new_interpreter(load, lambda event: None, bounds=bounds)
    namespace = interpreter.namespace_of(module)
    classes = [node for node in (module.tree.body if module.tree else ()) if isinstance(node, ast.ClassDef)]
    with suppress(OutOfBudgetError, RecursionError):
        return [node for node in classes if derives_from(interpreter, Class(node, namespace), *_CONFIG)]
    return []


def walk_ready(
    node: ast.ClassDef,
    module: SourceModule,
    load: Callable[[str], SourceModule],
    setting: Callable[[str], Any],
    bounds: RunBounds | None = None,
) -> list[Event]:
    """Calls ``ready()`` of one of them, its own or an inherited one, where a loop runs; what it imports runs there, too."""
    events: list[Event] = []
    interpreter = new_interpreter(load, events.append, setting, bounds)
    namespace = interpreter.namespace_of(module)
    config = Instance(Class(node, namespace))
    with suppress(OutOfBudgetError, RecursionError):
        ready = found_on(interpreter, config.cls, "ready")
        if isinstance(ready, Function):
            interpreter.importer = ModuleRun(interpreter, load).import_module
            interpreter.on_loop = True
            interpreter.call(ready.bound_to(config), [], {}, node, Frame(namespace))
    return events
