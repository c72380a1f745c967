"""The soak, short; the whole of it is ``python -m tests.soak``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("uvicorn") is None, reason="needs uvicorn"),
    pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc"),
]


@pytest.mark.parametrize("stack", ["seven", "thread-local", "sync-only"])
def test_nothing_is_lost_mixed_up_or_left(stack: str, tmp_path: Path) -> None:
    """Disconnects, exceptions, tasks that outlive their request and slow clients among other requests."""
    from tests.soak.site import STACKS
    from tests.soak.soaking import grown, soak

    assert stack in STACKS
    told = soak(stack, 2_000, tmp_path)
    assert told["wrong"] == []
    assert (told["tasks_lost"], told["tasks_wrong"]) == (0, 0)
    assert sum(told["kinds"].values()) == 2_000
    assert not grown(told["before"], told["after"]), told


@pytest.mark.parametrize(
    "stack", ["wsgi-in-asgi", "wsgi-in-asgi-in-wsgi-in-asgi", "asgi-in-wsgi", "asgi-in-wsgi-in-asgi-in-wsgi"]
)
def test_nothing_is_lost_mixed_up_or_left_by_the_adapters(stack: str) -> None:
    """Uploads, streams, exceptions, slow clients, and clients that leave in each phase; every answered request is timed."""
    from tests.soak.soaking import BRIDGED_STACKS, grown, soak_bridged

    assert stack in BRIDGED_STACKS
    if stack.startswith("asgi"):
        pytest.importorskip("gunicorn")
    told = soak_bridged(stack, 2_000)
    assert told["wrong"] == []
    assert (told["untimed"], told["foreign"]) == (0, 0)
    assert sum(told["kinds"].values()) == 2_000
    assert not grown(told["before"], told["after"]), told
