"""The ``bridgekit`` command: options in, exit code out. Everything else lives below."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import click
from click.core import ParameterSource

from bridgekit.exceptions import ProjectError
from bridgekit.serve.command import serve
from bridgekit.terminal import dressed, wants_colour

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "html")
BAR = 20
SECONDS_BEFORE_PROGRESS = 0.5
"""Seconds before a run says what it is reading: shorter ones would only flicker."""


INTERRUPTED = 130
"""As shells tell a program that SIGINT ended: 1 would be "findings"."""


class Interruptible(click.Group):
    """Tells Ctrl-C from every other end."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nInterrupted", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=Interruptible, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bridgekit")
def main() -> None:
    """Cross between WSGI and ASGI, and see what crossing costs."""


main.add_command(serve)


class CannotCheck(click.ClickException):
    """Shown as one message, exit code 2: the project could not be checked, which is not the same as clean."""

    exit_code = 2


class NamedPath(click.Path):
    """A path that is not empty: ``Path("")`` would be the working directory."""

    def convert(
        self, value: str | os.PathLike[str], parameter: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """Raises click's usage error, exit code 2."""
        if not os.fspath(value):
            self.fail("the path is empty", parameter, context)
        return super().convert(value, parameter, context)


@main.command()
@click.argument("path", default=".", type=NamedPath(path_type=Path))
@click.option(
    "--settings", multiple=True, metavar="MODULE", help="Settings module; may be given several times."
)
@click.option(
    "--server",
    type=click.Choice(("asgi", "wsgi")),
    default="asgi",
    help="Server to check for [default: asgi].",
)
@click.option(
    "--format",
    "--output-format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    help="Form of the report.",
)
@click.option(
    "--output",
    "--output-file",
    "output",
    type=NamedPath(path_type=Path, dir_okay=False),
    help="File to write the report to.",
)
@click.option("--select", multiple=True, metavar="CODE", help="Rules to run: codes or their beginnings.")
@click.option("--ignore", multiple=True, metavar="CODE", help="Rules not to run.")
@click.option(
    "--severity",
    type=click.Choice(("error", "warning", "note")),
    default="note",
    help="The least severe findings to show [default: note, which is all].",
)
@click.option("--quiet", "-q", is_flag=True, help="Print the findings alone, and nothing if there are none.")
@click.option(
    "--statistics", is_flag=True, help="Print how many findings each rule has, in place of the report."
)
@click.option(
    "--show-settings",
    is_flag=True,
    help="Print the options in effect and the project that is found, and check nothing.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with code 0 even if there are findings.")
@click.option("--baseline", type=NamedPath(path_type=Path), help="File of findings that are accepted.")
@click.option(
    "--write-baseline", type=NamedPath(path_type=Path), help="Accept all findings: write them to this file."
)
@click.option(
    "--python", metavar="PATH", help="Interpreter or virtual environment that has the project's packages."
)
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="Environment variable to assume.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    metavar="SECONDS",
    help="Time that the check may take; what is not known by then is unknown [default: 60].",
)
@click.option(
    "--live", is_flag=True, help="Load the project in a child process and check what is really loaded."
)
@click.option(
    "--diff", is_flag=True, help="Print a patch for the sync-only middleware that can safely be made async."
)
@click.pass_context
def check(context: click.Context, /, **given: Any) -> None:
    """Show what async costs the Django project at PATH, and which line to change.

    Nothing is imported unless --live is given. Exit code: 0 clean, 1 findings, 2 the project could not be checked.
    """
    from bridgekit.check.command import check_project
    from bridgekit.check.rules.registry import ALL_RULES

    explicit = [name for name in given if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    try:
        with progress_on_stderr() as progress:
            outcome = check_project(given, explicit, progress)
    except ProjectError as error:
        raise CannotCheck(str(error)) from None
    text, colour = outcome.text, None
    stdout: TextIO | None = sys.stdout  # None where whoever started this closed it
    if outcome.is_text and stdout is not None:
        colour, is_terminal = wants_colour(stdout), stdout.isatty()
        width = shutil.get_terminal_size().columns if is_terminal else None
        severities = {rule.code: rule.severity.value for rule in ALL_RULES}
        if colour or is_terminal:
            text = dressed(text, severities, colour=colour, width=width)
    try:
        click.echo(encodable(text, getattr(stdout, "encoding", None)), nl=False, color=colour or None)
    except BrokenPipeError:  # whoever reads has enough: click ends quietly
        raise
    except OSError as error:
        # What is still in its buffer would fail once more when the interpreter ends, as exit code 120.
        with suppress(OSError):
            sys.stdout.close()
        raise CannotCheck(f"the report cannot be written: {error.strerror}") from None
    if outcome.stderr:
        click.echo(outcome.stderr, err=True)
    context.exit(outcome.exit_code)


def encodable(text: str, encoding: str | None) -> str:
    """``text`` as a terminal or pipe with this encoding can take it: plain lines for drawn ones, escapes for the rest."""
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        drawn = str.maketrans("┬├╰╞═", "+|`|=")
        return (
            text.translate(drawn).encode(encoding or "utf-8", "backslashreplace").decode(encoding or "utf-8")
        )
    return text


@contextmanager
def progress_on_stderr() -> Iterator[Callable[[str, int, int], None]]:
    """A bar of what is being read, if stderr is a terminal; it appears only when the run takes a while."""
    if not sys.stderr.isatty():
        yield lambda name, done, total: None
        return
    started, width = time.monotonic(), 0

    def show(name: str, done: int, total: int) -> None:
        nonlocal width
        if time.monotonic() - started < SECONDS_BEFORE_PROGRESS:
            return
        filled = BAR * done // total if total else 0
        line = f"[{'#' * filled:<{BAR}}] {done}/{total or '?'} {name}"[:78]
        click.echo(f"\r{line:<{width}}", nl=False, err=True)
        width = len(line)

    try:
        yield show
    finally:
        if width:
            click.echo(f"\r{' ' * width}\r", nl=False, err=True)


@main.command()
@click.argument("code", required=False)
@click.option("--list", "listed", is_flag=True, help="Name every rule.")
@click.option("--all", "all_pages", is_flag=True, help="Print the page of every rule.")
def explain(code: str | None, listed: bool, all_pages: bool) -> None:
    """Print the page of a rule by its code or name, for example: bridgekit explain BRG001."""
    from bridgekit.check.findings.pages import rule_page
    from bridgekit.check.rules.registry import ALL_RULES

    if all_pages:
        click.echo("\n".join(rule_page(rule.code) for rule in ALL_RULES), nl=False)
    elif listed:
        for rule in ALL_RULES:
            click.echo(f"{rule.code}  {rule.severity.value:<7}  {rule.name}")
    elif code is None:
        raise click.UsageError("name a rule, or give --list or --all")
    else:
        try:
            named = next((rule.code for rule in ALL_RULES if rule.name == code.lower()), code)
            click.echo(rule_page(named), nl=False)
        except ProjectError as error:
            raise CannotCheck(str(error)) from None
