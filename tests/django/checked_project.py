"""A small project on disk, and how to have it checked: by `bridgekit check` and by Django."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.test import override_settings

from bridgekit.cli import main
from bridgekit.django.checks import check_middleware
from bridgekit.middleware_chain.nonblocking import DECIDING

SETTINGS = """
SECRET_KEY = "s"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "bridgekit.django"]
ROOT_URLCONF = "shop.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "bridgekit.django.middleware.TimingMiddleware",
    "shop.middleware.returns_the_coroutine",
    "django.contrib.sessions.middleware.SessionMiddleware",
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


def write_project(folder: Path) -> Path:
    (folder / "shop").mkdir()
    files = {"settings": SETTINGS, "middleware": MIDDLEWARE, "urls": "urlpatterns = []\n", "__init__": ""}
    for name, text in files.items():
        (folder / "shop" / f"{name}.py").write_text(text, "utf-8")
    (folder / "manage.py").write_text(MANAGE, "utf-8")
    return folder


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=environ, capture_output=True, text=True, check=False
    )


def told_by_django(project: Path) -> str:
    """What ``manage.py check`` prints of MIDDLEWARE for this project, in this process: much faster."""
    names = [name for name in sys.modules if name.partition(".")[0] == "shop"]
    for name in names:
        del sys.modules[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(project)
        patch.chdir(project)
        importlib.invalidate_caches()
        module = vars(importlib.import_module("shop.settings"))
        ours = {
            name: value for name, value in module.items() if name.startswith("BRIDGEKIT_") or name in DECIDING
        }
        chain = {name: module[name] for name in ("MIDDLEWARE", "SILENCED_SYSTEM_CHECKS")}
        with override_settings(SETTINGS_MODULE="shop.settings", **chain, **ours):
            return "\n".join(f"{message}\n" for message in check_middleware() if not message.is_silenced())


def checked(project: Path, *options: str) -> Result:
    """`bridgekit check` in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        return CliRunner().invoke(main, ["check", ".", *options])


def extended(project: Path, lines: str) -> None:
    with (project / "shop" / "settings.py").open("a", encoding="utf-8") as file:
        file.write(lines)
