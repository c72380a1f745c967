"""The application's registration with Django."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import AppConfig
from django.core import checks
from django.core.checks import Tags
from django.core.checks.registry import CheckRegistry

from bridgekit.django.apps import BridgekitConfig


def test_the_line_in_installed_apps_finds_the_one_configuration() -> None:
    config = AppConfig.create("bridgekit.django")
    assert type(config) is BridgekitConfig
    assert (config.name, config.label) == ("bridgekit.django", "bridgekit")


def names(found: list[Any]) -> set[str]:
    return {check.__name__ for check in found}


def test_ready_registers_the_system_checks_with_their_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = CheckRegistry()
    monkeypatch.setattr(checks, "register", registry.register)
    AppConfig.create("bridgekit.django").ready()
    found: list[Any] = registry.get_checks(include_deployment_checks=True)
    named = {check.__name__: set(check.tags) for check in found}
    assert named == {
        "check_settings": {Tags.async_support, Tags.security},
        "check_middleware": {Tags.async_support},
        "check_exposure": {Tags.security},
    }
    assert names(registry.get_checks()) == {"check_settings", "check_middleware"}
