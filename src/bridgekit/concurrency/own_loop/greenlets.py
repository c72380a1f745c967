"""asyncio's idea of "the loop that runs in this thread", made true under gevent.

gevent's monkey patching makes threads into greenlets of one operating-system thread. asyncio notes the running loop for the
operating-system thread, so while the loop's greenlet waits, every other greenlet seems to run inside the loop: Django refuses
their database queries, and ``asyncio.run`` and asgiref's ``async_to_sync`` fail. Here each greenlet keeps what it runs, as a
thread would.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
from typing import Any

SAVED = "_bridgekit_running"
"""Attribute of a greenlet that was left while it ran a loop."""


def threads_are_greenlets() -> bool:
    """Whether gevent has replaced the threading module. Then a loop that waits in C stops the whole process."""
    monkey: Any = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def isolate_running_loops() -> None:
    """Have every switch between greenlets of this operating-system thread put asyncio's running loop away and back.

    Whatever traces the switches already (gevent's monitor thread does) goes on doing so. A second call changes nothing.
    """
    greenlet: Any = importlib.import_module("greenlet")
    present = greenlet.gettrace()
    if not isinstance(present, _Switches):
        _put_away_what_runs(greenlet)
        greenlet.settrace(_Switches(present))


def _put_away_what_runs(greenlet: Any) -> None:
    """Another greenlet may have left its loop noted as running (a client library's, started before) and could not be seen."""
    loop: Any = asyncio._get_running_loop()
    # The threading module's number of a thread is, patched, the identity of its greenlet.
    owner = None if loop is None else getattr(loop, "_thread_id", None)
    if owner is None or owner == id(greenlet.getcurrent()):
        return
    for thing in gc.get_objects():
        if id(thing) == owner and isinstance(thing, greenlet.greenlet):
            _save(thing, loop)
            return


def _save(origin: Any, loop: Any) -> None:
    """Note with the greenlet that is left what it runs, and that nothing runs."""
    task = asyncio.current_task(loop)
    if task is not None:
        _swap_task(loop, None)
    setattr(origin, SAVED, (loop, task))
    asyncio._set_running_loop(None)


class _Switches:
    """A trace function for greenlets. ``before`` is the one that it is put in front of."""

    def __init__(self, before: Any) -> None:
        self._before = before

    def __call__(self, event: str, switch: tuple[Any, Any]) -> None:
        origin, target = switch
        # `_get_running_loop` asks nothing but the thread; the public function would raise.
        loop = asyncio._get_running_loop()
        if loop is not None:
            _save(origin, loop)
        saved = target.__dict__.pop(SAVED, None)
        if saved is not None:
            asyncio._set_running_loop(saved[0])
            if saved[1] is not None:
                _swap_task(*saved)
        if self._before is not None:
            self._before(event, switch)


# Python 3.14 notes the task that is in the middle of a step for the operating-system thread, 3.12 and 3.13 for the loop. 3.11
# has no such function and needs none, for the same reason.
_swap_task: Any = getattr(asyncio.tasks, "_swap_current_task", lambda loop, task: None)
