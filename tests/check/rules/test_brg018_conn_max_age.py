"""BRG018: persistent connections under ASGI."""

from __future__ import annotations

import pytest

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule


def databases(value: object) -> dict[str, object]:
    return {"DATABASES": {"default": {"ENGINE": "x", "CONN_MAX_AGE": value}}}


@pytest.mark.parametrize(
    "settings", [{}, databases(0), databases(False), {"DATABASES": {"default": {"ENGINE": "x"}}}]
)
def test_connections_that_close_are_right(check_rule: CheckRule, settings: dict[str, object]) -> None:
    """Zero is Django's default."""
    assert check_rule("BRG018", middleware=[], settings=settings) == []


def test_under_wsgi_persistent_connections_are_right(check_rule: CheckRule) -> None:
    """There threads come back."""
    assert check_rule("BRG018", middleware=[], settings=databases(60), server=Server.WSGI) == []


@pytest.mark.parametrize("value", [60, 0.5, None])
def test_connections_kept_under_asgi_are_found(check_rule: CheckRule, value: object) -> None:
    """None means for ever."""
    (finding,) = check_rule("BRG018", middleware=[], settings=databases(value))
    assert f"CONN_MAX_AGE is {value}" in finding.message
