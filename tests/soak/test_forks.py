from __future__ import annotations

import os
import subprocess
import sys

from tests.helpers.machines import EXAMPLES
from tests.helpers.own_process import beside_time
from tests.helpers.server_process import ROOT


def test_children_forked_at_any_moment_serve_and_end() -> None:
    """A server may fork while requests are under way in threads and on loops (``max_requests``, a reload, a view that forks)."""
    count = os.environ.get(EXAMPLES, "6")
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.soak.forking", count, "12"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == (count, 0), done.stderr
    assert beside_time(done.stderr) == ""
