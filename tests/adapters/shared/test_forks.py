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
assert budget.take(most) and not budget.take(1)
budget._lock.acquire()  # as a thread may in the moment of the fork
pid = os.fork()
if not pid:
    signal.alarm(20)  # or the child would wait for that thread
    os._exit(0 if budget.take(most) and not budget.take(1) else 1)
budget._lock.release()
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), budget.take(1))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("name", BUDGETS)
def test_a_forked_child_has_all_that_its_parents_requests_had_taken(name: str) -> None:
    most = "64 * 1024 * 1024" if name == "WebSocket messages" else "10"
    done = subprocess.run(
        [sys.executable, "-c", BUDGETS[name] + FORK.format(most=most)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("0 False\n", 0), done.stderr
