"""`--live`: load the project in a child process and meet the engine at the facts.

The checker's own process still imports nothing of the project. What the child answers is data.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridgekit._dataclass import dataclass
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.facts import KEPT, Answer, Claim, Count, HookFacts, Location, MiddlewareFacts
from bridgekit.middleware_chain.nonblocking import DECIDING, DJANGOS_OWN, NONBLOCKING, OTHERS
from bridgekit.middleware_chain.requests import Server

_CHILD = Path(__file__).with_name("child.py")
_TIMEOUT = 60.0
"""Seconds, as the whole run's. Large projects take tens of them to import on a cold cache; a start that hangs must end some time."""
_AS_LOADED = "as loaded"


@dataclass(frozen=True, slots=True)
class LiveStack:
    """The middleware of the loaded project, outermost first, the file of its settings, and those that decide what waits."""

    settings_file: str
    middleware: tuple[MiddlewareFacts, ...]
    settings: Mapping[str, str | bool | None]


def load_live(
    module: str,
    server: Server,
    root: Path,
    python: str,
    environ: Mapping[str, str],
    timeout: float = _TIMEOUT,
    *,
    roots: Sequence[str] = (),
    configuration: str = "",
) -> LiveStack:
    """Ask a child process; raises `ProjectError` with the project's own last words when it cannot be loaded, or not in ``timeout``.

    ``roots`` are where the project's imports start (by default ``root``, in which the child runs), ``configuration`` the
    class of django-configurations to load.
    """
    with tempfile.TemporaryDirectory(prefix="bridgekit-live-") as directory:
        answer_file = Path(directory) / "answer.json"
        starts = json.dumps([str(Path(start).absolute()) for start in roots or (root,)])
        command = [
            interpreter(python),
            str(_CHILD),
            *(module, server.value, starts, configuration),
            json.dumps(sorted(DECIDING)),
            str(answer_file),
        ]
        try:
            done = subprocess.run(
                command,
                cwd=root,
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ProjectError(
                f"--live: the project did not load within {timeout:.0f} seconds; --timeout SECONDS gives it more"
            ) from error
        except OSError as error:
            raise ProjectError(f"--live: {command[0]} cannot be run: {error}") from error
        if not answer_file.is_file():
            output = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise ProjectError(
                f"--live: the child process ended with code {done.returncode} and no answer"
                + (f": {output[-1]}" if output else "")
            )
        answer = json.loads(answer_file.read_text("utf-8"))
    if "without_django" in answer:
        raise ProjectError(
            f"--live: Django is not among the packages of {answer['without_django']}; "
            "name the project's interpreter or virtual environment with --python PATH"
        )
    if "error" in answer:
        raise ProjectError(f"--live: the project cannot be loaded:\n{answer['error'].rstrip()}")
    middleware = tuple(facts_as_loaded(entry) for entry in answer["middleware"])
    return LiveStack(answer["settings_file"], middleware, answer["settings"])


def interpreter(python: str) -> str:
    """The executable of an interpreter or of a virtual environment's directory, from everywhere: the child runs in the
    project's directory, not in that from which the path was given."""
    given = Path(python)
    if not given.exists():
        return python
    given = given.absolute()
    if not given.is_dir():
        return str(given)
    windows = given / "Scripts" / "python.exe"
    return str(windows if windows.is_file() else given / "bin" / "python")


def facts_as_loaded(entry: Mapping[str, Any]) -> MiddlewareFacts:
    """One middleware as the child saw it; what an error kept it from seeing is unknown with that error."""
    error = str(entry["error"])
    if "sync_capable" not in entry:
        return MiddlewareFacts.unreadable(str(entry["path"]), error)

    def keeps() -> Claim:
        kept = claim("keeps_thread")
        return Claim.yes(KEPT) if kept.answer is Answer.YES else kept

    def claim(name: str) -> Claim:
        value = entry[name]
        return Claim(
            Answer.of(value), _AS_LOADED if value is not None else error or "not tried in async mode"
        )

    return MiddlewareFacts(
        str(entry["path"]),
        sync_capable=claim("sync_capable"),
        async_capable=claim("async_capable"),
        mixin_acall=claim("mixin_acall"),
        marked_async=claim("marked_async"),
        hooks={
            name: HookFacts(name, Claim(Answer.of(bool(is_async)), _AS_LOADED))
            for name, is_async in entry["hooks"].items()
        },
        defined_at=Location(entry["file"], int(entry["line"])) if entry["file"] else None,
        own_hops=Count(0, None, "only its source shows how often it calls sync_to_async"),
        used=claim("used"),
        mixin_call=claim("mixin_call"),
        keeps_thread=keeps(),
        nonblocking=Claim.yes(DJANGOS_OWN) if entry["as_written"] in NONBLOCKING else Claim.no(OTHERS),
    )


def with_source(live: MiddlewareFacts, source: MiddlewareFacts) -> MiddlewareFacts:
    """Live facts completed by what only source can show: its own hops, and what the child could not see."""

    def merged(one: Claim, other: Claim) -> Claim:
        return other if one.answer is Answer.UNKNOWN else one

    return replace(
        live,
        own_hops=source.own_hops,
        marked_async=merged(live.marked_async, source.marked_async),
        hooks={
            name: replace(hook, location=source.hooks[name].location if name in source.hooks else None)
            for name, hook in live.hooks.items()
        },
        used=merged(live.used, source.used),
        begins_early=source.begins_early,
        closes_late=source.closes_late,
        defined_at=source.defined_at or live.defined_at,
    )
