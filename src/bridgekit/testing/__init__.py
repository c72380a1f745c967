"""For test suites: count the crossings that requests really make.

::

    with count_hops() as hops:
        client.get("/orders/")
    assert hops.hops <= 4

`bridgekit.pytest_plugin` makes a fixture of it.
"""

from __future__ import annotations

from bridgekit.testing._counting import Crossing, Direction, HopCount, count_hops

__all__ = ["Crossing", "Direction", "HopCount", "count_hops"]
