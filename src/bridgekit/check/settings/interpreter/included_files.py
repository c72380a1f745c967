"""Files that settings run in their own namespace: split-settings' ``include()``, ``exec(open(path).read())``."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.control import Stuck
from bridgekit.check.settings.interpreter.data import DictValue, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import Frame, poison

_MAX_DEPTH = 40
"""Files and calls under way, before includes that go in circles are given up: below what CPython's stack allows."""


def include_file(interpreter: Interpreter, path: str, scope: Value) -> bool:
    """Run a file of the project in ``scope``; False where it cannot be read."""
    if not isinstance(scope, DictValue) or not (
        interpreter.surroundings.in_project(path) or interpreter.surroundings.is_installed(path)
    ):
        return False
    source = interpreter.finder.load_file(path)
    interpreter.files[path] = None
    if source.tree is None:
        poison(scope, interpreter.unreadable(path, max(source.error_line, 1), source.error))
        return True
    if len(interpreter.frames) > _MAX_DEPTH:
        raise Stuck("files include one another without end", interpreter.here())
    frame = Frame(interpreter.frames[-1].module, scope, path)
    interpreter.frames.append(frame)
    try:
        interpreter.run_block(source.tree.body, frame)
    finally:
        interpreter.frames.pop()
    return True
