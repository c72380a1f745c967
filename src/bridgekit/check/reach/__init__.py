"""Follows what code may reach from where Django calls it: functions, methods and callbacks, in whichever file they stand.

It is told what is called (`entry`), and tells an observer what is done with the values that matter (`machine.Event`): the
request's user and session, query sets, coroutines nobody awaited, tokens of context variables, state of a thread. What it
cannot follow is unknown, and nothing follows from it. Depth, steps and modules are bounded for each start.
"""

from __future__ import annotations

from bridgekit.check.reach.applications import configurations, walk_ready
from bridgekit.check.reach.entry import Walk, run_module, walk_function, walk_middleware, walk_signals
from bridgekit.check.reach.machine import Event
from bridgekit.check.reach.module_run import ModuleRun, Step
from bridgekit.check.reach.views import ViewWalk, walk_view

__all__ = [
    "Event",
    "ModuleRun",
    "Step",
    "ViewWalk",
    "Walk",
    "configurations",
    "run_module",
    "walk_function",
    "walk_middleware",
    "walk_ready",
    "walk_signals",
    "walk_view",
]
