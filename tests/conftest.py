"""What holds for every test."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
from typing import Any

import pytest

from tests.helpers.outcomes import plugin

many = os.environ.get("BRIDGEKIT_TEST_EXAMPLES")

with contextlib.suppress(ImportError):  # the environment of the peers' suites is without it
    from hypothesis import HealthCheck, settings

    # Test machines are shared: how long an example takes says nothing about the code. The same commit gets the same inputs, so that
    # a gate says the same twice; who sets BRIDGEKIT_TEST_EXAMPLES searches with new ones in each run.
    settings.register_profile(
        "bridgekit",
        deadline=None,
        derandomize=many is None,
        max_examples=int(many or 100),
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("bridgekit")


@pytest.fixture(scope="module", autouse=True)
def quick_collections() -> None:
    """What the test run has loaded so far is no garbage, other tests' caches included: no collection in a test, and the log's fixture
    begins with one, need look at it (a third of a second behind the collected tests alone, 1.3 seconds behind the checker's).
    """
    gc.collect()
    gc.freeze()


@pytest.fixture
def caplog(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log of this test: what others have left is collected before, as asyncio logs the exceptions that nobody has asked for."""
    gc.collect()
    caplog.clear()
    return caplog


UNMEASURED = (
    "tests/adapters/live/",
    "tests/check/differential/",
    "tests/check/fixes/test_proposals_against_django.py",
    "tests/check/rules/test_async_views_against_django.py",
    "tests/check/rules/test_connections_that_stay.py",
    "tests/check/rules/test_entry_points_that_run.py",
    "tests/check/rules/test_on_running_django.py",
    "tests/django/handlers/test_as_django.py",
    "tests/django/handlers/test_live_orders.py",
    "tests/django/handlers/test_order.py",
    "tests/django/handlers/test_threads.py",
    "tests/fuzz/",
    "tests/test_platforms.py",
    "tests/testing/test_count_threads.py",
)
"""What takes a minute of its own: many inputs along the same branches, which the tracer that knows branches makes nearly twice as slow."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Branches are counted in all tests but these, where they are counted at all."""
    if config.pluginmanager.hasplugin("_cov"):
        for item in items:
            if item.nodeid.startswith(UNMEASURED):
                item.add_marker("no_cover")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """None leaves it to pytest-xdist, which not every environment has."""
    from tests.helpers.sharing_out import scheduler

    return scheduler(config, log)


ORDER = 1
"""pytest-randomly's seed for the order of the tests, as `many` has it for the inputs: another one with BRIDGEKIT_TEST_EXAMPLES or --randomly-seed."""

SWITCHING = "BRIDGEKIT_TEST_SWITCH_SECONDS"
"""The environment variable that says how often threads take turns: 1e-6 finds races that Python's 0.005 s hide."""


def speaks_of_more_than_time(record: logging.LogRecord) -> bool:
    """What asyncio's debug mode says of a callback that took 0.1 s is about the machine, and stands in no test's log."""
    return not str(record.msg).startswith("Executing %s took")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if many is None and config.getoption("randomly_seed", None) == "default":
        config.option.randomly_seed = ORDER
    logging.getLogger("asyncio").addFilter(speaks_of_more_than_time)
    if (outcomes := plugin()) is not None:
        config.pluginmanager.register(outcomes)
    if seconds := os.environ.get(SWITCHING):
        sys.setswitchinterval(float(seconds))
