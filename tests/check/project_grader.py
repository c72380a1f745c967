"""Grade the settings evaluator against real projects: ``python project_grader.py CORPUS.jsonl CHECKOUTS``.

Each line of the corpus names a project, its settings paths and the MIDDLEWARE expected for each named scenario; each
project is expected below CHECKOUTS under its repository's name. For every scenario one of three holds: a variant that
is exactly the expected list, MIDDLEWARE unknown with the line that blocks it, or *wrong*. Exit code 1 if any is wrong.

A scenario's environment is read off its name (``DEBUG=True``); beyond that, nothing here knows any project.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.settings import SettingsResult, evaluate_settings


@dataclass(frozen=True)
class Grade:
    """How one scenario came out."""

    project: str
    scenario: str
    verdict: str
    detail: str


def roots_and_module(checkout: Path, settings: str) -> tuple[list[str], str]:
    """Where the dotted name of a settings file starts: the first directory above it that is no package."""
    path = checkout / settings
    parts = [] if path.name == "__init__.py" else [path.stem]
    directory = path.parent
    while (directory / "__init__.py").is_file() or (not parts and directory != checkout):
        parts.insert(0, directory.name)
        directory = directory.parent
    if len(parts) == 1 and directory != checkout and not (directory / "manage.py").is_file():
        parts.insert(0, directory.name)  # a namespace package: sandbox/settings.py and the like have none
        directory = directory.parent
    return [str(directory), str(checkout)], ".".join(parts)


def environment(scenario: str) -> dict[str, str]:
    """``A=1, B=no`` in a scenario's name."""
    return dict(re.findall(r"\b([A-Z][A-Z0-9_]+)=([\w.\-]+)", scenario))


def evaluate_all(checkout: Path, paths: list[str]) -> list[tuple[str, SettingsResult]]:
    results = []
    for settings in paths:
        if (checkout / settings).is_file():
            roots, module = roots_and_module(checkout, settings)
            results.append((settings, evaluate_settings(ModuleFinder(roots), module)))
    return results


def grade(checkout: Path, entry: dict[str, Any]) -> list[Grade]:
    name = str(entry["project"])
    paths = [str(path) for path in entry["settings_paths"]]
    if not any((checkout / path).is_file() for path in paths):
        return [Grade(name, scenario, "absent", "not checked out") for scenario in entry["expected"]]
    results = evaluate_all(checkout, paths)
    grades = []
    for scenario, expected in entry["expected"].items():
        grades.append(_grade_scenario(name, scenario, expected, checkout, paths, results))
    return grades


def _grade_scenario(
    name: str,
    scenario: str,
    expected: list[str],
    checkout: Path,
    paths: list[str],
    results: list[tuple[str, SettingsResult]],
) -> Grade:
    given = environment(scenario)
    for settings in paths if given else []:
        if (checkout / settings).is_file():
            roots, module = roots_and_module(checkout, settings)
            results = [*results, (settings, evaluate_settings(ModuleFinder(roots), module, environ=given))]
    blocked = []
    for settings, result in results:
        for variant in result.variants:
            if variant.middleware is None:
                blocked += [f"{reason.reason} at {reason.location}" for reason in variant.blocked]
            elif [entry.dotted_path for entry in variant.middleware] == expected:
                mark = "default" if variant.is_default else variant.name
                return Grade(name, scenario, "equal", f"{settings}: {mark}")
    if blocked:
        return Grade(name, scenario, "unknown", blocked[0])
    return Grade(name, scenario, "wrong", "no variant is the expected list, and none is blocked")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("checkouts", type=Path)
    options = parser.parse_args()
    counts: dict[str, int] = {}
    for line in options.corpus.read_text("utf-8").splitlines():
        entry = json.loads(line)
        started = time.perf_counter()
        grades = grade(options.checkouts / entry["project"].rpartition("/")[2], entry)
        elapsed = (time.perf_counter() - started) * 1000
        for one in grades:
            counts[one.verdict] = counts.get(one.verdict, 0) + 1
            sys.stdout.write(f"{one.verdict:8} {one.project} [{one.scenario}] {one.detail}\n")
        sys.stdout.write(f"         {entry['project']}: {elapsed:.0f} ms\n")
    sys.stdout.write(f"{counts}\n")
    return 1 if counts.get("wrong") else 0


if __name__ == "__main__":
    sys.exit(main())
