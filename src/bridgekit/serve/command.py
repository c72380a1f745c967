"""``bridgekit serve`` at the command line: options in, the server's exit code out."""

from __future__ import annotations

import difflib
from typing import Any

import click

from bridgekit.exceptions import ProjectError
from bridgekit.serve.limits import LIMITS, Limit

SERVERS = ("uvicorn", "hypercorn", "granian", "daphne", "gunicorn")


LIKE = 0.7
"""How alike two names are of which one may be meant for the other (`difflib`)."""


class CannotServe(click.ClickException):
    """Shown as one line, exit code 2: the command line or the project has to change, not bridgekit."""

    exit_code = 2


class ServeCommand(click.Command):
    """Knows where the options of the server belong."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            # click compares the dashes, too, and offers --threads for --reload.
            own = [name.lstrip("-") for option in self.params for name in option.opts]
            near = difflib.get_close_matches(error.option_name.lstrip("-"), own, cutoff=LIKE)
            refused = click.NoSuchOption(error.option_name, possibilities=[f"--{name}" for name in near])
            raise click.UsageError(
                f"{refused.format_message()}\nOptions of the server itself follow after two dashes: "
                f"bridgekit serve TARGET -- {error.option_name} ...",
                ctx,
            ) from None


def limit_option(limit: Limit) -> click.Option:
    """The value stays text: the workers read it, from the environment."""

    def check(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
        if text is not None:
            try:
                limit.read(text)
            except ProjectError as error:
                raise click.BadParameter(str(error)) from None
        return text

    metavar = "SECONDS" if limit.is_seconds else "N"
    return click.Option([limit.option], metavar=metavar, help=limit.help, callback=check)


@click.command(
    cls=ServeCommand,
    short_help="Serve a WSGI or an ASGI application.",
    context_settings={"auto_envvar_prefix": "BRIDGEKIT_SERVE"},
)
@click.argument("target")
@click.argument("server_options", nargs=-1, type=click.UNPROCESSED)
@click.option("--host", help="Address to listen on [default: the server's, 127.0.0.1].")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on [default: the server's, 8000]."
)
@click.option(
    "--server", type=click.Choice(SERVERS), help="ASGI server [default: the first that is installed]."
)
@click.option(
    "--interface", type=click.Choice(("wsgi", "asgi")), help="What TARGET speaks [default: detected]."
)
@click.option("--factory", is_flag=True, help="Call TARGET: what it returns is the application.")
@click.option("--app-dir", default=".", help="Directory from which TARGET is imported [default: this one].")
def serve(target: str, server_options: tuple[str, ...], **options: Any) -> None:
    """Serve TARGET on an ASGI server, whether it is a WSGI or an ASGI application.

    TARGET is module:attribute, module:factory or module:factory("argument"). Options of the server itself follow
    after two dashes, for example: bridgekit serve shop.wsgi:application -- --workers 4 --reload

    Each option may be given as an environment variable, too: --threads as BRIDGEKIT_SERVE_THREADS.
    """
    from bridgekit.serve.launch import launch
    from bridgekit.serve.servers import Bind

    bind = Bind(options.pop("host"), options.pop("port"))
    given = {limit.name: options.pop(limit.name) for limit in LIMITS}
    limits = {name: text for name, text in given.items() if text is not None}
    try:
        launch(target, bind=bind, limits=limits, own_options=server_options, **options)
    except ProjectError as error:
        raise CannotServe(str(error)) from None


serve.params += [limit_option(limit) for limit in LIMITS]
