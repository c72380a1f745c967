"""The fixture, in a test run of its own."""

from __future__ import annotations

import importlib.metadata

import pytest

pytest_plugins = ["pytester"]

SUITE = """
import asyncio
import pytest
from asgiref.sync import sync_to_async

async def cross(times):
    for _ in range(times):
        await sync_to_async(len)("")

@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_crossings(assert_max_hops, times):
    with assert_max_hops(2, info="the front page") as hops:
        asyncio.run(cross(times))
    assert hops.hops == times
"""


def test_the_plugin_is_registered_by_the_installation() -> None:
    """Nobody needs to name it in conftest.py."""
    plugins = importlib.metadata.entry_points(group="pytest11", name="bridgekit")
    assert [plugin.value for plugin in plugins] == ["bridgekit.pytest_plugin"]


def test_more_hops_than_allowed_fail_and_are_listed(pytester: pytest.Pytester) -> None:
    """At most means that fewer will do; the failure names every crossing and what the test says of it."""
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:xdist")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Expected at most 2 hops, but 3 were made: the front page",
            "*1 sync_to_async *len",
            "*3 sync_to_async *len",
        ]
    )


def test_a_failure_inside_the_block_is_shown_as_it_is(pytester: pytest.Pytester) -> None:
    """The number of hops of a request that failed says nothing."""
    pytester.makepyfile(
        """
        def test_broken(assert_max_hops):
            with assert_max_hops(0):
                raise LookupError("the real trouble")
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:xdist")
    result.stdout.fnmatch_lines(["*LookupError: the real trouble"])
    result.stdout.no_fnmatch_line("*Expected at most*")
