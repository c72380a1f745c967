"""Follows what code may reach from where Django calls it: functions, methods and callbacks, in whichever file they stand.

It is given what Django calls (`entry`), and gives an observer an event for what is done with the values that matter (`interpreter.Event`): the
request's user and session, query sets, coroutines nobody awaited, tokens of context variables, state of a thread. What it
cannot follow is unknown, and nothing follows from it. Depth, steps and modules are bounded for each start.
"""

from __future__ import annotations

from bridgekit.check.reach.applications import configurations as configurations
from bridgekit.check.reach.applications import walk_ready as walk_ready
from bridgekit.check.reach.entry import Walk as Walk
from bridgekit.check.reach.entry import run_module as run_module
from bridgekit.check.reach.entry import walk_function as walk_function
from bridgekit.check.reach.entry import walk_middleware as walk_middleware
from bridgekit.check.reach.entry import walk_signals as walk_signals
from bridgekit.check.reach.interpreter import Event as Event
from bridgekit.check.reach.module_run import ModuleRun as ModuleRun
from bridgekit.check.reach.module_run import Step as Step
from bridgekit.check.reach.views import ViewWalk as ViewWalk
from bridgekit.check.reach.views import walk_view as walk_view
from bridgekit.check.reach.views import walk_wrapped as walk_wrapped
