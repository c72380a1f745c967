"""Some hundreds of inputs for each target, the same in every run; ``tox run -e fuzz`` goes on from there."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as options
from hypothesis import strategies as st

from tests.fuzz.__main__ import NAMES
from tests.fuzz.targets import TARGETS

EXAMPLES = {"chunks": 60, "settings": 60, "middleware": 60}


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_is_found_in_inputs_without_sense(name: str) -> None:
    if name == "django-requests":
        pytest.importorskip("django")
    found = options(
        max_examples=EXAMPLES.get(name, 300),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )(given(st.binary(max_size=300))(TARGETS[name]))
    found()


def test_the_command_knows_every_target() -> None:
    assert tuple(TARGETS) == NAMES
