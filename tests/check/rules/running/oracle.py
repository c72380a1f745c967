"""Asks a running Django, in one process for all cases of a family, and the checker."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bridgekit.check.findings.subject import Project
from bridgekit.check.fixes.stacks import build_subject
from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.project.async_views import find_async_views
from bridgekit.check.rules.engine import run_rules
from bridgekit.check.rules.registry import rule_by_code
from bridgekit.check.settings.result import Known, MiddlewareEntry, Variant
from bridgekit.middleware_chain.facts import Location
from tests.check.rules.running.project import SETTINGS, common_files, files_of, write

HERE = Path(__file__).parent


def ask_django(
    cases: Mapping[str, str],
    runner: str = "django_runner.py",
    files: Callable[[str], dict[str, str]] = files_of,
) -> dict[str, str]:
    """What is wrong with each case when it runs; empty for what works."""
    asked = {"common": common_files(), "cases": {name: files(source) for name, source in cases.items()}}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / runner)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers: dict[str, str] = json.loads(done.stdout)
    return answers


def said(root: Path, source: str, code: str) -> list[str]:
    """What a rule says of the middleware of a case, under the settings that Django has for it."""
    files = files_of(source)
    write(root, {**common_files(), **files})
    values: dict[str, Any] = {}
    exec(SETTINGS + files["more_settings.py"], values)
    place = Location(str(root / "site1/settings.py"), 1)
    known = {name: Known(value, place) for name, value in values.items() if name.isupper()}
    variant = Variant((), True, (MiddlewareEntry("case.mw.M", place),), (), known)
    finder = ModuleFinder([root])
    views = find_async_views(root, finder.load_file)
    project = Project(str(root), python_version=sys.version_info[:3], async_views=lambda: views)
    rule = rule_by_code(code)
    assert rule is not None
    subject = build_subject(project, variant, SourceReader(finder).read)
    return [finding.message for finding in run_rules([rule], [subject])]
