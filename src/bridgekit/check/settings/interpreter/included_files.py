"""Files that settings run in their own namespace: split-settings' ``include()``, ``exec(open(path).read())``."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.control import Stuck
from bridgekit.check.settings.interpreter.data import DictValue, Value
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.values import Frame, poison

_MAX_DEPTH = 40
"""Files and calls under way, before includes that go in circles are given up: below what CPython's stack allows."""


def include_file(m: Machine, path: str, scope: Value) -> bool:
    """Run a file of the project in ``scope``; False where it cannot be read."""
    if not isinstance(scope, DictValue) or not (
        m.surroundings.in_project(path) or m.surroundings.is_installed(path)
    ):
        return False
    source = m.finder.load_file(path)
    m.files[path] = None
    if source.tree is None:
        poison(scope, m.unreadable(path, max(source.error_line, 1), source.error))
        return True
    if len(m.frames) > _MAX_DEPTH:
        raise Stuck("files include one another without end", m.here())
    frame = Frame(m.frames[-1].module, scope, path)
    m.frames.append(frame)
    try:
        m.run_block(source.tree.body, frame)
    finally:
        m.frames.pop()
    return True
