"""The application's registration with Django."""

from __future__ import annotations

from django.apps import AppConfig


class BridgekitConfig(AppConfig):
    """Found by Django as the only configuration of ``bridgekit.django``."""

    name = "bridgekit.django"
    label = "bridgekit"
    verbose_name = "bridgekit"

    def ready(self) -> None:
        """Register the system checks. The engine is imported only here: it is of no use without the application."""
        from bridgekit.django.checks import register_checks

        register_checks()
