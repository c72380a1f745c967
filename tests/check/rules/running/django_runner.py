"""Answers requests of many cases in one process: standard input names each by its files, standard output says what went wrong.

An empty answer: nothing did. A case is wrong where an exception reaches the server or the log, where the status is not 200, where
something blocks the thread of the loop, where ``left`` is logged before the view, and where concurrent requests are told each
other's state, or none: a view that logs nothing of that answers with what the query string asked for.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import importlib
import json
import logging
import logging.config
import os
import sys
import tempfile
import types
import urllib.request
import warnings
from pathlib import Path
from typing import Any
from unittest import mock

BLOCKING = [
    "time.sleep", "subprocess.run", "subprocess.check_output", "subprocess.call", "subprocess.Popen", "urllib.request.urlopen",
    "os.system", "httpx.get", "httpx.Client.get", "socket.create_connection",
]  # fmt: skip
blocked: list[str] = []
errors: list[str] = []


class Collector(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            errors.append(record.getMessage().splitlines()[0])


def recorder(name: str) -> Any:
    def record(*args: Any, **kwargs: Any) -> Any:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return mock.MagicMock()
        blocked.append(name)
        return mock.MagicMock()

    return record


def stand_ins() -> None:
    """Packages that may be missing, with the functions that cases use: what they do with context variables is theirs."""
    requests = types.ModuleType("requests")
    requests.get = recorder("requests.get")  # type: ignore[attr-defined]
    requests.Session = lambda: types.SimpleNamespace(get=recorder("requests.Session.get"))  # type: ignore[attr-defined]
    sys.modules["requests"] = requests
    try:
        import opentelemetry.context  # noqa: F401
    except ImportError:
        variable: contextvars.ContextVar[Any] = contextvars.ContextVar("otel")
        context = types.ModuleType("opentelemetry.context")

        def detach(token: Any) -> None:
            try:
                variable.reset(token)
            except ValueError:
                logging.getLogger("opentelemetry.context").exception("Failed to detach context")

        context.attach, context.detach = variable.set, detach  # type: ignore[attr-defined]
        context.set_value = lambda key, value: {key: value}  # type: ignore[attr-defined]
        package = types.ModuleType("opentelemetry")
        package.context = context  # type: ignore[attr-defined]
        sys.modules.update({"opentelemetry": package, "opentelemetry.context": context})
    try:
        import structlog.contextvars  # noqa: F401
    except ImportError:
        known: dict[str, contextvars.ContextVar[Any]] = {}
        module = types.ModuleType("structlog.contextvars")
        module.bind_contextvars = lambda **kw: {  # type: ignore[attr-defined]
            key: known.setdefault(key, contextvars.ContextVar(key)).set(value) for key, value in kw.items()
        }

        def reset(**tokens: Any) -> None:
            for key, token in tokens.items():
                known[key].reset(token)

        module.reset_contextvars = reset  # type: ignore[attr-defined]
        module.clear_contextvars = lambda: None  # type: ignore[attr-defined]
        package = types.ModuleType("structlog")
        package.contextvars = module  # type: ignore[attr-defined]
        sys.modules.update({"structlog": package, "structlog.contextvars": module})


def prepare(root: Path) -> str:
    """Sets Django up, with tables and a member of staff who is logged in; gives the session's key."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "site1.settings"
    sys.path.insert(0, str(root))
    import django

    django.setup()
    from django.contrib.auth import get_user_model, login
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command
    from django.http import HttpRequest

    call_command("migrate", run_syncdb=True, verbosity=0)
    call_command("createcachetable", verbosity=0)
    from shop.models import Author, Note  # type: ignore[import-not-found]

    Note.objects.create(title="a", author=Author.objects.create(name="n"))
    users: Any = get_user_model().objects
    user = users.create_user("ann", "a@example.com", "p", is_staff=True)
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, "django.contrib.auth.backends.ModelBackend")
    request.session["theme"] = "dark"
    request.session.save()
    return str(request.session.session_key)


async def ask(handler: Any, cookie: str, query: str) -> tuple[int, bytes]:
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
        "type": "http", "method": "GET", "path": "/x", "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), (b"cookie", f"sessionid={cookie}".encode())],
    }  # fmt: skip
    await handler(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def verdict(root: Path, cookie: str, files: dict[str, str]) -> str:
    from django.core.handlers.asgi import ASGIHandler
    from django.test import override_settings
    from django.urls import clear_url_caches
    from shop import log  # type: ignore[import-not-found]

    for name in [name for name in sys.modules if name == "case" or name.startswith("case.")]:
        del sys.modules[name]
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, "utf-8")
    importlib.invalidate_caches()
    clear_url_caches()
    more: dict[str, Any] = {}
    exec(files["more_settings.py"], more)
    overrides = {key: value for key, value in more.items() if key.isupper()}
    blocked.clear()
    errors.clear()
    log.LINES.clear()
    concurrent = "who" in files["case/views.py"]

    async def both() -> list[tuple[int, bytes]]:
        handler = ASGIHandler()
        if not concurrent:
            return [await ask(handler, cookie, "")]
        return list(await asyncio.gather(ask(handler, cookie, "who=a"), ask(handler, cookie, "who=b")))

    patches = [mock.patch(name, recorder(name)) for name in BLOCKING if importable(name)]
    with override_settings(**overrides), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "LOGGING" in overrides:
            logging.config.dictConfig(overrides["LOGGING"])
        for patch in patches:
            patch.start()
        try:
            answers = asyncio.run(both())
        except Exception as error:  # whatever reaches the server
            return f"raised {type(error).__name__}: {error}"
        finally:
            for patch in patches:
                patch.stop()
            gc.collect()
    if blocked or errors:
        return f"{'blocked by ' + blocked[0] if blocked else errors[0]}"
    if any(status != 200 for status, _ in answers):
        return f"answered {answers[0][0]}"
    if "left" in log.LINES and log.LINES.index("left") < log.LINES.index("view"):
        return "left before the view"
    if concurrent and [body for _, body in answers] != [b"a", b"b"]:
        return f"told {[body for _, body in answers]}"
    return ""


def importable(name: str) -> bool:
    try:
        importlib.import_module(name.partition(".")[0])
    except ImportError:
        return False
    return True


def main() -> None:
    cases = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in cases["common"].items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text.replace(":memory:", str(root / "db.sqlite3")), "utf-8")
        (root / "more_settings.py").touch()
        stand_ins()
        cookie = prepare(root)
        gc.freeze()  # what is left over by a case is found among few objects
        logging.getLogger().handlers = [Collector()]
        for name in ("django", "django.request", "asyncio"):
            logging.getLogger(name).handlers, logging.getLogger(name).propagate = [], True
        logging.getLogger("asyncio").propagate = False
        answers = {name: verdict(root, cookie, files) for name, files in cases["cases"].items()}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    assert urllib.request is not None
    main()
