"""From one variant of the settings to a stack that can be judged."""

from __future__ import annotations

from pathlib import Path

from bridgekit.check.fixes.stacks import MAX_LAYERS
from tests.check.building import build_stack


def test_a_list_that_no_project_has_is_not_known(tmp_path: Path) -> None:
    """Ten thousand entries would take a minute; the line of the first too many is named."""
    subject = build_stack(tmp_path, middleware=["M"] * (MAX_LAYERS + 1))
    (blocked,) = subject.variant.blocked
    assert blocked.reason == "MIDDLEWARE has 201 entries; more than 200 are not looked at"
    assert blocked.location.line == MAX_LAYERS + 1
    assert subject.middleware == ()


def test_the_longest_list_that_is_looked_at(tmp_path: Path) -> None:
    """The bound itself is in."""
    source = "def M(get_response):\n    return get_response\n"
    assert len(build_stack(tmp_path, source, ["M"] * MAX_LAYERS).middleware) == MAX_LAYERS
