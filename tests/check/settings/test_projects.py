"""Hand-written projects: every variant against Django itself, which loads the same settings in a child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.project.discovery import find_project
from bridgekit.check.settings import Variant, evaluate_settings

from .evaluating import listed

pytest.importorskip("django")

PROJECTS = Path(__file__).parent.parent / "projects"

CASES = {
    ("startproject", "mysite.settings"): 1,
    ("package", "conf.settings.base"): 4,
    ("package", "conf.settings.dev"): 4,
    ("package", "conf.settings.prod"): 8,
    ("siblings", "site_settings"): 4,
    ("classes", "class_settings"): 2,
    ("functions", "function_settings"): 2,
}
"""The number of distinct stacks, counted by hand."""

LOAD = "import json, sys; sys.argv[1:] = {argv!r}; from django.conf import settings; print(json.dumps(list(settings.MIDDLEWARE)))"


def loaded_by_django(project: Path, module: str, environ: dict[str, str], argv: list[str]) -> list[str]:
    """What `django.conf.settings` holds in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOAD.format(argv=argv)],
        cwd=project,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": module,
            "PYTHONDONTWRITEBYTECODE": "1",
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: list[str] = json.loads(answer.stdout)
    return found


def environment_of(variant: Variant) -> dict[str, str]:
    """The variables that a variant's conditions name."""
    pairs = [condition.environ for condition in variant.conditions if condition.environ is not None]
    return {name: "text" if value is None else value for name, value in pairs}


@pytest.mark.parametrize(("project", "module"), CASES)
def test_every_variant_is_what_django_loads(project: str, module: str) -> None:
    """The list, and that all stacks there are have been found."""
    result = evaluate_settings(ModuleFinder([PROJECTS / project]), module)
    assert not result.cut
    assert len(result.variants) == CASES[project, module]
    for variant in result.variants:
        argv = ["test"] if "sys.argv" in variant.name else []
        truth = loaded_by_django(PROJECTS / project, module, environment_of(variant), argv)
        assert listed(variant) == truth, variant.name


@pytest.mark.parametrize(("project", "module"), CASES)
def test_a_given_environment_is_what_django_loads(project: str, module: str) -> None:
    """``--env NAME=VALUE`` gives the one stack of that environment as the default."""
    environ = {"DEBUG": "yes", "GZIP": "off", "ENV": "live", "CACHE": "1", "ONE_APP": "1", "SECRET_KEY": "x"}
    result = evaluate_settings(ModuleFinder([PROJECTS / project]), module, environ=environ)
    assert result.default.name == "default"
    assert listed(result.default) == loaded_by_django(PROJECTS / project, module, environ, [])


def test_startproject_is_found_and_evaluated() -> None:
    """From the path alone."""
    found = find_project(PROJECTS / "startproject")
    assert found.settings_modules == ("mysite.settings",)
    assert [candidate.source for candidate in found.candidates] == ["asgi.py", "manage.py", "settings.py"]
