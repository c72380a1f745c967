"""The ``bridgekit`` command: options in, exit code out. Everything else lives below."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from bridgekit.exceptions import ProjectError

__all__ = ["main"]

SERVERS = ("uvicorn", "hypercorn", "granian", "daphne")


class CannotServe(click.ClickException):
    """Shown as one line, exit code 2: the command line or the project has to change, not bridgekit."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bridgekit")
def main() -> None:
    """Cross between WSGI and ASGI, and see what crossing costs."""


@main.command()
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
    "--interface", type=click.Choice(("wsgi", "asgi")), help="What TARGET speaks [default: found out]."
)
@click.option("--app-dir", default=".", help="Directory from which TARGET is imported [default: this one].")
def serve(target: str, server_options: tuple[str, ...], **options: Any) -> None:
    """Serve TARGET on an ASGI server, whether it is a WSGI or an ASGI application.

    TARGET is module:attribute, module:factory or module:factory("argument"). Options of the server itself follow
    after two dashes, for example: bridgekit serve shop.wsgi:application -- --workers 4 --reload
    """
    from bridgekit.serve.launch import launch
    from bridgekit.serve.loading import user_traceback
    from bridgekit.serve.servers import Bind

    bind = Bind(options.pop("host"), options.pop("port"))
    announce = partial(click.echo, err=True)
    try:
        launch(target, bind=bind, own_options=server_options, announce=announce, **options)
    except ProjectError as error:
        if error.__cause__ is not None:  # the project's own exception: show where
            click.echo(user_traceback(error.__cause__), err=True)
        raise CannotServe(str(error)) from None
