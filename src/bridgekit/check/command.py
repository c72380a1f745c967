"""What ``bridgekit check`` does, apart from the command line: options in, text and exit code out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridgekit._dataclass import dataclass
from bridgekit._plural import plural
from bridgekit.check.findings.baseline import dump_baseline
from bridgekit.check.findings.finding import Severity
from bridgekit.check.findings.report import Report
from bridgekit.check.pipeline import Progress, run
from bridgekit.check.project.config import Options, merge_config, read_config
from bridgekit.check.project.discovery import IN_ENVIRONMENT
from bridgekit.check.project.shown_settings import shown_settings
from bridgekit.check.rules.engine import refuse_unknown_codes
from bridgekit.check.rules.registry import ALL_RULES
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.requests import Server


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """What is printed to stdout, what is printed to stderr, and the exit code (0 clean, 1 findings)."""

    text: str
    exit_code: int
    stderr: str = ""
    is_text: bool = False
    """Whether it is the report for people, which a terminal may colour."""


def check_project(given: Mapping[str, Any], explicit: Sequence[str], progress: Progress) -> CommandOutcome:
    """Run the checker with the options of the command line (``explicit`` names those that the user gave).

    Raises `ProjectError`, which is exit code 2, for everything that keeps the project from being checked.
    """
    _refuse_empty(given, explicit)
    if given["diff"] and "form" in explicit:
        raise ProjectError("--diff prints a patch, which has one form: leave --format out")
    if given["quiet"] or given["statistics"]:
        _refuse_two_reports(given, explicit)
    if given["write_baseline"] is not None and given["output"] is not None:
        raise ProjectError(
            "--write-baseline writes no report, so that --output has none: run the command once for each"
        )
    options = configured(_options(given), explicit)
    if given["write_baseline"] is not None:
        # All that stands is written, whatever was accepted before; the old file may be what is to be mended.
        options = replace(options, baseline=None)
    if given["show_settings"]:
        return _show_settings(options, given["output"])
    try:
        report = run(options, progress)
    except RecursionError:
        raise ProjectError("some source of the project is nested too deeply to be followed") from None
    if given["write_baseline"] is not None:
        return _write_baseline(report, given["write_baseline"])
    text = _render(report, given)
    exit_code = 0 if given["exit_zero"] else int(bool(report.findings))
    stderr = (
        "no sync-only middleware of the project's own: there is nothing to patch"
        if given["diff"] and not text
        else ""
    )
    if given["output"] is not None:
        _write(given["output"], text)
        return CommandOutcome(
            "", exit_code, f"{plural(len(report.findings), 'finding')} written to {given['output']}"
        )
    is_text = given["form"] == "text" and not given["diff"]
    return CommandOutcome(text, exit_code, stderr, is_text)


def _refuse_empty(given: Mapping[str, Any], explicit: Sequence[str]) -> None:
    """``--settings "$MODULE"`` with an unset variable: to go on as if it had not been given would check something else."""
    for name in explicit:
        values = given[name] if isinstance(given[name], tuple) else (given[name],)
        if any(isinstance(value, str) and not value.strip(" ,") for value in values):
            raise ProjectError(f"--{name} is given without a value: give it one, or leave it out")


def _refuse_two_reports(given: Mapping[str, Any], explicit: Sequence[str]) -> None:
    names = [name for name in ("quiet", "statistics", "diff") if given[name]]
    names += ["format"] if "form" in explicit and given["form"] != "text" else []
    if len(names) > 1:
        raise ProjectError(f"--{names[0]} and --{names[1]} are two reports: give one of them")


def configured(given: Options, explicit: Sequence[str]) -> Options:
    """``given`` with the project's ``[tool.bridgekit]`` where ``explicit`` names no option of its own.

    Raises `ProjectError` for a table that cannot be used, and for a code that no rule has.
    """
    config, _ = read_config(given.path)
    options = merge_config(given, explicit, config)
    _check_settings(options.settings)
    if not options.settings and options.env.get(IN_ENVIRONMENT):
        options = replace(options, settings=(options.env[IN_ENVIRONMENT],))
    refuse_unknown_codes(ALL_RULES, [*options.select, *options.ignore])
    return options


def _render(report: Report, given: Mapping[str, Any]) -> str:
    """Import only what is asked for: a quarter of the start-up time is spent on reporters that do not report."""
    if given["diff"]:
        from bridgekit.check.fixes.diff import render_diff

        return render_diff(report)
    if given["statistics"]:
        from bridgekit.check.reporters.statistics import render_statistics

        return render_statistics(report)
    if given["quiet"]:
        from bridgekit.check.reporters.text import render_findings

        return render_findings(report)
    from bridgekit.check.reporters import reporter

    return reporter(given["form"])(report)


def _options(given: Mapping[str, Any]) -> Options:
    return Options(
        path=given["path"],
        settings=tuple(given["settings"]),
        server=Server(given["server"]),
        select=_codes(given["select"]),
        ignore=_codes(given["ignore"]),
        severity=Severity(given["severity"]),
        baseline=given["baseline"],
        python=given["python"],
        env=parse_env(given["env"]),
        live=given["live"],
        timeout=given["timeout"],
        settings_in_environment=os.environ.get(IN_ENVIRONMENT, ""),
    )


def _codes(values: Sequence[str]) -> tuple[str, ...]:
    """Codes in any case, several in one value if they are parted by commas."""
    return tuple(code.strip().upper() for value in values for code in value.split(",") if code.strip())


def _check_settings(modules: Sequence[str]) -> None:
    """A file in the place of a module is the commonest slip: say what was meant."""
    for module in modules:
        if "/" in module or "\\" in module or module.endswith(".py"):
            dotted = module.removesuffix(".py").strip("./\\").replace("/", ".").replace("\\", ".")
            raise ProjectError(
                f"--settings takes a dotted module name, such as {dotted}, not the file {module}; a file can be given as PATH"
            )


def parse_env(values: Sequence[str]) -> dict[str, str]:
    """``NAME=VALUE`` texts as a mapping; raises `ProjectError` for one without a name or an equals sign."""
    environ = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise ProjectError(f"--env {value}: give it as NAME=VALUE")
        environ[name] = text
    return environ


def _show_settings(options: Options, output: Path | None) -> CommandOutcome:
    shown = shown_settings(options)
    if output is None:
        return CommandOutcome(shown, 0)
    _write(output, shown)
    return CommandOutcome("", 0, f"the options in effect are written to {output}")


def _write_baseline(report: Report, file: Path) -> CommandOutcome:
    """Accept what stands now."""
    _write(file, dump_baseline(report.findings, Path(report.root)))
    return CommandOutcome("", 0, f"{plural(len(report.findings), 'finding')} accepted in {file}")


def _write(file: Path, text: str) -> None:
    try:
        # File names that are no UTF-8 come as surrogates.
        file.write_text(text, "utf-8", errors="backslashreplace")
    except OSError as error:
        raise ProjectError(f"{file} cannot be written: {error.strerror or error}") from error
