"""The ``bridgekit`` command: options in, exit code out. Everything else lives below."""

from __future__ import annotations

import click

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="bridgekit")
def main() -> None:
    """Cross between WSGI and ASGI, and see what crossing costs."""
