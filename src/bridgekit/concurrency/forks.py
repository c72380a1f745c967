"""What a forked child does first, where processes can fork."""

from __future__ import annotations

import os
from collections.abc import Callable


def in_forked_child(callback: Callable[[], object]) -> None:
    """Call ``callback`` in each child that ``os.fork()`` makes, before its own code; never on Windows, which has no fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=callback)
