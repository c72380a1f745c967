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
from click.shell_completion import CompletionItem

from bridgekit.exceptions import ProjectError
from bridgekit.serve.command import serve
from bridgekit.terminal import dressed, wants_colour

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "html")
BAR = 20
"""Columns of the bar, where the terminal has the room."""
LEAST_FOR_PROGRESS = 30
"""Columns below which no line of progress is drawn: one that wraps is not overwritten by the next."""
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


def rules_that_begin(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """What the shell offers for a rule: codes, each with its name beside it, and names once letters of one stand there."""
    from bridgekit.check.rules.registry import ALL_RULES

    codes = [
        CompletionItem(rule.code, help=rule.name)
        for rule in ALL_RULES
        if rule.code.startswith(incomplete.upper())
    ]
    names = [
        CompletionItem(rule.name) for rule in ALL_RULES if incomplete and rule.name.startswith(incomplete)
    ]
    return codes + names if parameter.name == "code" else codes


@main.command(short_help="Show what async costs a Django project.")
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
@click.option(
    "--select",
    multiple=True,
    metavar="CODE",
    shell_complete=rules_that_begin,
    help="Rules to run: codes or their beginnings.",
)
@click.option(
    "--ignore", multiple=True, metavar="CODE", shell_complete=rules_that_begin, help="Rules not to run."
)
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
    """click's bar with what is being read, if stderr is a terminal; it appears only when the run takes a while, and nothing of it stays."""
    stderr = sys.stderr
    if not stderr.isatty() or os.environ.get("TERM") == "dumb":  # which shows what moves the cursor as it is
        yield lambda name, done, total: None
        return
    started = time.monotonic()
    bar: Any = None  # click has no public name for its class

    def show(name: str, done: int, total: int) -> None:
        nonlocal bar
        columns = columns_of(stderr)
        if time.monotonic() - started < SECONDS_BEFORE_PROGRESS or columns < LEAST_FOR_PROGRESS:
            return
        if bar is None:
            bar = click.progressbar(
                length=1,
                file=stderr,
                show_eta=False,
                show_percent=False,
                show_pos=True,
                bar_template="[%(bar)s] %(info)s",
                info_sep=" ",
                item_show_func=lambda item: item,
            )
        bar.length, bar.pos, bar.width = total or None, done, min(BAR, columns // 3)
        # The last column stays empty: some terminals wrap when it is written.
        room = columns - 1 - len(f"[] {bar.format_pos()} ") - bar.width
        bar.current_item = name[: max(0, room)]
        if (
            bar.max_width is not None
        ):  # a window that has become narrower: click would wipe as much as it wrote before
            bar.max_width = min(bar.max_width, columns - 1)
        bar.render_progress()

    try:
        yield show
    finally:
        if bar is not None:
            click.echo("\r\033[K", nl=False, err=True)
            bar.render_finish()  # shows the cursor again, and goes to the next line
            click.echo("\033[A", nl=False, err=True)


def columns_of(stream: TextIO) -> int:
    """How wide the stream's own terminal is: that of stdout may be another, or none."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or shutil.get_terminal_size().columns
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns


@main.command(short_help="Print the page of a rule.")
@click.argument("code", required=False, shell_complete=rules_that_begin)
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
