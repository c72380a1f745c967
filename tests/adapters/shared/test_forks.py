"""What bounds all requests of a process together begins anew in a forked child: those who hold it are not there."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

BUDGETS = {
    "bodies in memory": "from bridgekit import WSGIToASGI\n"
    "budget = WSGIToASGI(lambda environ, start_response: [], buffer_memory=10).room.memory\n",
    "bodies on disk": "from bridgekit import WSGIToASGI\n"
    "budget = WSGIToASGI(lambda environ, start_response: [], buffer_disk=10).room.disk\n",
    "WebSocket messages": "from bridgekit.adapters.asgi_to_wsgi.websocket_budget import MESSAGES as budget\n",
}

FORK = """
import os, signal
most = {most}
def take(count):
    return budget.account.take(count)
assert take(most) and not take(1)
held = budget.account
held.lock.acquire()  # as a thread may in the moment of the fork
pid = os.fork()
if not pid:
    signal.alarm(20)  # or the child would wait for that thread
    code = 0 if take(most) and not take(1) else 1
    held.give(most)  # what ends a request that the child has inherited
    os._exit(code or (2 if take(1) else 0))
held.lock.release()
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), take(1))
"""

INHERITED = {
    "a body in memory": (
        "from bridgekit.adapters.wsgi_to_asgi.stored_body import Room, StoredBody\n"
        "room = Room(100, 100, 100)\n"
        "budget = room.memory\n"
        "def hold():\n"
        "    body = StoredBody(room, b'x' * 100)\n"
        "    return body.file and body.release\n"
    ),
    "a body on disk": (
        "import asyncio\n"
        "from bridgekit.adapters.wsgi_to_asgi.stored_body import NoRoom, Room, StoredBody\n"
        "room = Room(0, 100, 100)\n"
        "budget = room.disk\n"
        "def hold():\n"
        "    body = StoredBody(room)\n"
        "    try:\n"
        "        asyncio.run(body.spill(b'x' * 100))\n"
        "    except NoRoom:\n"
        "        return None\n"
        "    return body.release\n"
    ),
    "a WebSocket message": (
        "from bridgekit.adapters.asgi_to_wsgi.websocket_budget import FREE, Share\n"
        "from bridgekit.adapters.shared.budget import Budget\n"
        "budget = Budget(100)\n"
        "def hold():\n"
        "    share = Share(budget)\n"
        "    return share.hold(FREE + 100) and share.end\n"
    ),
}

ENDS_IN_BOTH = """
import os, signal
end = hold()
assert end and not hold()
pid = os.fork()
if not pid:
    signal.alarm(20)
    end_own = hold()
    assert end_own and budget.used == 100
    end()
    assert not hold(), "more than the limit"
    end_own()
    assert hold() and budget.used == 100
    os._exit(0)
assert not hold()
end()
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), budget.used)
"""


def output(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("name", BUDGETS)
def test_a_forked_child_has_all_that_its_parents_requests_had_taken(name: str) -> None:
    most = "64 * 1024 * 1024" if name == "WebSocket messages" else "10"
    assert output(BUDGETS[name] + FORK.format(most=most)) == "0 False\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("name", INHERITED)
def test_what_an_inherited_request_gives_back_is_not_taken_for_room(name: str) -> None:
    """A child that forks out of one request may end it, and others that were under way."""
    assert output(INHERITED[name] + ENDS_IN_BOTH) == "0 0\n"
