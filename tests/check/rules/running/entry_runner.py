"""Runs the ``asgi.py`` of many cases, each in a process of its own that is forked from one with Django imported.

Standard input names each case by its files, standard output says what went wrong; empty where the application answers. A router of
Channels is stood in for where Channels is missing, by what its own source does with "http".
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import types
import warnings
from pathlib import Path
from typing import Any

import django.contrib.staticfiles.handlers
import django.core.asgi
import django.core.handlers.asgi
import django.core.wsgi
import django.db.models

assert django.VERSION


def stand_ins() -> None:
    try:
        import channels.routing  # noqa: F401
    except ImportError:
        module = types.ModuleType("channels.routing")

        class ProtocolTypeRouter:
            def __init__(self, mapping: dict[str, Any]) -> None:
                self.application_mapping = mapping

            async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
                if scope["type"] in self.application_mapping:
                    return await self.application_mapping[scope["type"]](scope, receive, send)
                raise ValueError(f"No application configured for scope type {scope['type']!r}")

        def get_default_application() -> Any:
            import importlib

            from django.conf import settings

            path, name = settings.ASGI_APPLICATION.rsplit(".", 1)
            return getattr(importlib.import_module(path), name)

        module.ProtocolTypeRouter = ProtocolTypeRouter  # type: ignore[attr-defined]
        module.get_default_application = get_default_application  # type: ignore[attr-defined]
        package = types.ModuleType("channels")
        package.routing = module  # type: ignore[attr-defined]
        sys.modules.update({"channels": package, "channels.routing": module})
    try:
        import whitenoise  # noqa: F401
    except ImportError:
        module = types.ModuleType("whitenoise")

        class WhiteNoise:
            def __init__(self, application: Any, **kwargs: Any) -> None:
                self.application = application

            def __call__(self, environ: Any, start_response: Any) -> Any:
                return self.application(environ, start_response)

        module.WhiteNoise = WhiteNoise  # type: ignore[attr-defined]
        sys.modules["whitenoise"] = module


async def ask(application: Any) -> int:
    sent: list[dict[str, Any]] = []
    inbox = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if inbox:
            return inbox.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    await application(scope, receive, send)
    return int(sent[0]["status"])


def run(root: Path, files: dict[str, str], answer: int) -> None:
    """In the child: serves one request, and writes what went wrong."""
    problem = ""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    sys.path.insert(0, str(root))
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    try:
        import site1.asgi  # type: ignore[import-not-found]

        status = asyncio.run(ask(site1.asgi.application))
        if status != 404:
            problem = f"answered {status}"
    except BaseException as error:  # whatever the server would see
        problem = f"{type(error).__name__}: {error}"[:200] or "raised"
    os.write(answer, problem.encode())


def main() -> None:
    cases = json.load(sys.stdin)
    stand_ins()
    warnings.simplefilter("ignore")
    answers = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, files) in enumerate(cases["cases"].items()):
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(reading)
                run(Path(folder) / str(number), files, writing)
                os._exit(0)
            os.close(writing)
            with os.fdopen(reading, "rb") as pipe:
                answers[name] = pipe.read().decode()
            os.waitpid(child, 0)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
