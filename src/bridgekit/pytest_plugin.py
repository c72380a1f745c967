"""The pytest fixture ``assert_max_hops``, registered by bridgekit's installation.

In the style of pytest-django's ``django_assert_max_num_queries``::

    def test_orders_stay_cheap(assert_max_hops):
        with assert_max_hops(4):
            client.get("/orders/")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bridgekit.testing import HopCount


AssertMaxHops = Callable[..., "AbstractContextManager[HopCount]"]
"""What the fixture gives: called with the number, and with ``info`` if a failure should say more."""


@pytest.fixture
def assert_max_hops() -> AssertMaxHops:
    """A context manager that fails the test if the requests in its block make more than so many hops.

    The hops are counted by `bridgekit.testing.count_hops`, and its `HopCount` is what ``as`` gives. A failure lists every crossing.
    """
    return _assert_max_hops


@contextmanager
def _assert_max_hops(number: int, *, info: str = "") -> Iterator[HopCount]:
    # Not at the top: pytest imports this module in every project that has bridgekit installed.
    from bridgekit._plural import plural
    from bridgekit.testing import count_hops

    __tracebackhide__ = True
    with count_hops() as hops:
        yield hops
    if hops.hops > number:
        pytest.fail(
            f"Expected at most {plural(number, 'hop')}, but {hops.hops} {'was' if hops.hops == 1 else 'were'} made"
            f"{f': {info}' if info else ''}\n{hops}"
        )
