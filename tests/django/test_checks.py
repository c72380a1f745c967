"""The system checks, in a project of their own and by ``manage.py check``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.checks import Tags, registry
from django.test import override_settings

from bridgekit.django.checks import check_middleware, check_settings, register_checks

SETTINGS = """
SECRET_KEY = "s"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "bridgekit.django"]
ROOT_URLCONF = "shop.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "bridgekit.django.middleware.TimingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "shop.middleware.returns_the_coroutine",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",  # noqa: BRG001
]
SILENCED_SYSTEM_CHECKS = ["bridgekit.I000"]
"""
MIDDLEWARE = """
class Base:
    sync_capable = async_capable = True

class returns_the_coroutine(Base):
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["X-Shop"] = "open"
        return response
"""
MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""

Manage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    files = {"settings": SETTINGS, "middleware": MIDDLEWARE, "urls": "urlpatterns = []\n", "__init__": ""}
    for name, text in files.items():
        (tmp_path / "shop" / f"{name}.py").write_text(text, "utf-8")
    (tmp_path / "manage.py").write_text(MANAGE, "utf-8")
    return tmp_path


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=environ, capture_output=True, text=True, check=False
    )


def extended(project: Path, lines: str) -> None:
    with (project / "shop" / "settings.py").open("a", encoding="utf-8") as file:
        file.write(lines)


def test_manage_py_check_says_what_bridgekit_check_says(project: Path) -> None:
    """Finding by finding: code, message, place; what ``# noqa`` silences there is silent here."""
    told = run(project, "manage.py", "check", "--tag", "async_support").stderr
    findings = json.loads(run(project, "-m", "bridgekit", "check", ".", "--format", "json").stdout)[
        "findings"
    ]
    assert {finding["code"] for finding in findings} >= {"BRG001", "BRG003", "BRG022"}
    for finding in findings:
        if finding["code"] != "BRG000":
            number = finding["code"].removeprefix("BRG")
            assert f"(bridgekit.{finding['severity'][0].upper()}{number}) {finding['message']}" in told, told
    assert told.count("(bridgekit.") == sum(finding["code"] != "BRG000" for finding in findings)


def test_findings_are_silenced_djangos_way(project: Path) -> None:
    """SILENCED_SYSTEM_CHECKS takes the ids, and the rest stays."""
    extended(project, 'SILENCED_SYSTEM_CHECKS += ["bridgekit.W001", "bridgekit.W022"]\n')
    told = run(project, "manage.py", "check").stderr
    assert "bridgekit.W001" not in told
    assert "bridgekit.W022" not in told
    assert "(bridgekit.E003)" in told


def test_what_is_inserted_at_run_time_is_checked(project: Path) -> None:
    """The loaded chain, not the source: instrumentation inserts middleware where no source lists them."""
    extended(project, 'MIDDLEWARE.insert(0, "bridgekit.django." + "middleware.SingleHopMiddleware")\n')
    told = run(project, "manage.py", "check").stderr
    assert "SingleHopMiddleware stands at position 1 of 6" in told


@pytest.mark.parametrize("value", ["None", "'wsgi'"])
def test_a_project_under_wsgi_hears_nothing_of_hops(project: Path, value: str) -> None:
    """Nor one that has switched the check off."""
    extended(project, f"BRIDGEKIT_CHECK_SERVER = {value}\n")
    assert "bridgekit.W001" not in run(project, "manage.py", "check").stderr


def test_a_project_with_nothing_to_find_passes(project: Path) -> None:
    """No message, exit code 0."""
    extended(project, 'MIDDLEWARE = ["bridgekit.django.middleware.TimingMiddleware"]\n')
    done = run(project, "manage.py", "check", "--fail-level", "WARNING")
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("name", "value", "ident", "message"),
    [
        ("BRIDGEKIT_TIMING_LAYERS", "yes", "bridgekit.E101", "it is True or False"),
        ("BRIDGEKIT_CHECK_SERVER", "cgi", "bridgekit.E101", '"asgi", "wsgi" or None'),
        ("BRIDGEKIT_TIMING_EXPORTER", [], "bridgekit.W102", "no setting of bridgekit's"),
    ],
)
def test_settings_that_cannot_be_used_are_found(name: str, value: object, ident: str, message: str) -> None:
    """Each names the setting; a slip of the pen is told, too."""
    with override_settings(**{name: value}):  # type: ignore[arg-type]  # any setting may be overridden
        (found,) = check_settings()
    assert (found.id, name in found.msg, message in found.msg) == (ident, True, True)


def test_good_settings_are_no_finding() -> None:
    """The defaults among them."""
    assert check_settings() == []
    with override_settings(BRIDGEKIT_CHECK_SERVER="wsgi", BRIDGEKIT_TIMING_EXCLUDE=["/up/"]):
        assert check_settings() == []


def test_settings_without_a_module_are_said_to_be_unchecked() -> None:
    """``settings.configure()`` leaves nothing to read: that is told, not passed over."""
    with override_settings(MIDDLEWARE=["bridgekit.django.middleware.TimingMiddleware"]):
        (found,) = check_middleware()
    assert (found.id, "settings.configure()" in found.msg) == ("bridgekit.W103", True)


def test_the_checks_bear_the_tag_async_support() -> None:
    """``manage.py check --tag async_support`` runs them."""
    before = set(registry.registry.registered_checks)
    register_checks()
    added = registry.registry.registered_checks
    for check in (check_settings, check_middleware):
        assert check.tags == (Tags.async_support,)  # type: ignore[attr-defined]  # set by register
    registry.registry.registered_checks = before
    assert {check_settings, check_middleware} <= added
