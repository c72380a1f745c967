"""The live timing record that may travel with a request (docs/design.md, "How timing crosses an adapter").

`adapters` and `bridgekit.timing` do not import each other: the adapter knows the key, and calls what stands there by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

TIMING_KEY = "bridgekit.timing"


class LiveTiming(Protocol):
    """What an adapter may call, from any thread; none of it raises or blocks."""

    def add_thread_wait(self, nanoseconds: int) -> None: ...

    def add_loop_wait(self, nanoseconds: int) -> None: ...

    def note_error(self, exception: BaseException) -> None: ...

    def note_client_gone(self) -> None: ...


def live_timing(carrier: Mapping[str, Any]) -> LiveTiming | None:
    """The record in a scope or environ, if there is one."""
    return carrier.get(TIMING_KEY)
