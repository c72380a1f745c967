"""Django system checks: the settings of bridgekit, and the loaded MIDDLEWARE by the engine of `bridgekit check`.

A finding of rule ``BRG001`` is the message ``bridgekit.W001``: E for errors, W for warnings, I for notes. Those of our own
settings have three digits from 101 on. All are silenced by ``SILENCED_SYSTEM_CHECKS``.
"""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from bridgekit.check.config import Options
from bridgekit.check.finding import Finding, Severity
from bridgekit.check.pipeline import run
from bridgekit.check.report import Report
from bridgekit.django import conf, inspection
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.requests import Server

__all__ = ["check_middleware", "check_settings", "message_of", "register_checks"]

_LEVELS = {
    Severity.ERROR: (checks.ERROR, "E"),
    Severity.WARNING: (checks.WARNING, "W"),
    Severity.NOTE: (checks.INFO, "I"),
}


def register_checks() -> None:
    """Called by the application's ``ready``."""
    checks.register(check_settings, checks.Tags.async_support)
    checks.register(check_middleware, checks.Tags.async_support)


def check_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """``bridgekit.E101`` for a setting that cannot be used, ``bridgekit.W102`` for one that means nothing."""
    messages: list[CheckMessage] = []
    for read in (conf.timing_options, conf.check_server):
        try:
            read()
        except ImproperlyConfigured as error:
            messages.append(checks.Error(str(error), id="bridgekit.E101"))
    for name in conf.unknown_names():
        known = ", ".join(sorted(conf.PREFIX + other for other in conf.NAMES))
        messages.append(
            checks.Warning(
                f"{name} is no setting of bridgekit's", hint=f"There are: {known}.", id="bridgekit.W102"
            )
        )
    return messages


def check_middleware(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """What `bridgekit check` finds, for the middleware that are really loaded; ``bridgekit.W103`` if that cannot be found out."""
    try:
        server = conf.check_server()
    except ImproperlyConfigured:
        return []  # check_settings says so
    if server is None or not settings.MIDDLEWARE:
        return []
    try:
        report = _report(server)
    except ProjectError as error:
        hint = "Set BRIDGEKIT_CHECK_SERVER = None to do without."
        return [checks.Warning(f"MIDDLEWARE was not checked: {error}", hint=hint, id="bridgekit.W103")]
    return [message_of(finding, report) for finding in report.findings]


def message_of(finding: Finding, report: Report) -> CheckMessage:
    """One finding of the engine as a message of Django's; its place stands where Django shows the object."""
    level, letter = _LEVELS[finding.severity]
    return CheckMessage(
        level,
        finding.message,
        hint=finding.fix or None,
        obj=report.shown(str(finding.location)),
        id=f"bridgekit.{letter}{finding.code.removeprefix('BRG')}",
    )


def _report(server: Server) -> Report:
    """The engine's report on this process: nothing is loaded a second time."""
    options = Options(
        path=inspection.project_root(),
        settings=(inspection.settings_module(),),
        server=server,
        python=sys.executable,
        live=True,
    )
    return run(options, load=lambda module, options, found, environment: inspection.loaded_stack(server))
