"""``--show-settings``: what a run would go by, and which project it would check."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from bridgekit.check.modules.environment import find_environment
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.project.config import Options, read_config
from bridgekit.check.project.discovery import find_project


def shown_settings(options: Options) -> str:
    """A line for each option, then for what was found. Raises `ProjectError` where a run would."""
    _, file = read_config(options.path)
    is_over = RunBounds(options.timeout).is_over
    found = find_project(options.path, options.settings, options.settings_in_environment, is_over)
    environment = find_environment(Path(found.root), options.python, named_in=options.python_named_in)
    lines = [
        f"{field.name} = {_shown(getattr(options, field.name))}"
        for field in fields(options)
        if field.name not in ("python_named_in", "settings_in_environment", "notes")
    ]
    lines += ["", f"pyproject.toml: {file or 'none'}", *(f"  {note}" for note in options.notes)]
    chosen = ", ".join(found.settings_modules) or "none found"
    lines += [f"project: {found.root}", f"settings: {chosen}"]
    lines += [f"  {one.module} is named by {one.source}" for one in found.candidates]
    lines += [f"import roots: {', '.join(found.roots)}"]
    lines += [f"environment: {environment.python} ({environment.found_by})"]
    return "".join(f"{line}\n" for line in lines)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={text}" for name, text in value.items()) or "none"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)
