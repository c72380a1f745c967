"""From the command's options to the server's own command, which runs in this process."""

from __future__ import annotations

import os
import runpy
import secrets
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from bridgekit.serve.app import FAILED, Settings
from bridgekit.serve.interface import Interface
from bridgekit.serve.loading import check_that_it_exists
from bridgekit.serve.servers import Bind, ServerName, choose_server, server_command
from bridgekit.serve.target import parse_target

Run: TypeAlias = Callable[[str, list[str], dict[str, str]], None]


def run_module(module: str, arguments: list[str], environment: dict[str, str]) -> None:
    """What ``python -m module arguments`` does, in this process, with these variables added to the environment.

    `sys.modules` has it as ``__main__`` meanwhile, so that spawned workers import the same one again.
    """
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def launch(
    text: str,
    *,
    server: ServerName | None,
    bind: Bind,
    interface: Interface | None,
    factory: bool,
    app_dir: str,
    limits: Mapping[str, str],
    own_options: Sequence[str],
    run: Run = run_module,
) -> None:
    """Run the server's command in this process, serving the target; it ends as the server does.

    A supervisor's signals, the exit code and the terminal are the server's own. The target is not imported here: that is
    left to the process that serves it (`bridgekit.serve.app`).

    Raises `ProjectError` when the server is not installed, the target's module does not exist or a limit is none.
    """
    chosen = choose_server(server)
    folder = str(Path(app_dir).resolve())
    settings = Settings(text, folder, interface, factory, limits)
    settings.adapter_arguments()  # wrong ones are an error before a server starts
    check_that_it_exists(parse_target(text), folder)
    # Only its name for now: a worker that cannot serve the target makes it.
    failed = Path(tempfile.gettempdir(), f"bridgekit-{secrets.token_hex(16)}")
    module, arguments = server_command(chosen, bind, own_options)
    command = os.getpid()
    try:
        run(module, arguments, {**settings.to_environment(), FAILED: str(failed)})
    finally:
        if os.getpid() == command and failed.exists():  # gunicorn's forked workers come by here as well
            failed.unlink()
            raise SystemExit(2)
