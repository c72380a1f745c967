"""What a running Django answers: python -m tests.check.async_views.oracle FOLDER, with projects as JSON on its input.

Each project is asked for ``/a/`` by a member of staff and by somebody without a cookie, through Django's own ASGI handler (or WSGI
handler, where the title ends in "WSGI"). Prints, as JSON, for each title: the two statuses, the two bodies, what Django warned of, and
what was called on the event loop that blocks it.
"""

from __future__ import annotations

import asyncio
import importlib
import io
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from tests.check.async_views.projects import SETTINGS, write_project

_BLOCK = frozenset({"subprocess.Popen", "os.system", "socket.connect", "urllib.Request"})
_blocked: list[str] = []


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _BLOCK or asyncio._get_running_loop() is None:
        return
    if event == "socket.connect" and arguments[0].gettimeout() == 0:
        return
    frame = sys._getframe()
    while frame is not None:
        if f"asyncio{os.sep}unix_events" in frame.f_code.co_filename and event == "subprocess.Popen":
            return
        frame = frame.f_back  # type: ignore[assignment]  # the outermost frame has none
    _blocked.append(event)


_sleep = time.sleep


def _heard_sleep(seconds: float) -> None:
    """Python 3.11 and 3.12 raise no audit event for it."""
    if asyncio._get_running_loop() is not None:
        _blocked.append("time.sleep")
    _sleep(seconds)


def main(folder: Path) -> None:
    """Set Django up once, and ask each project."""
    import django
    from django.conf import settings

    namespace: dict[str, Any] = {}
    exec(SETTINGS.replace("THE_FILE", str(folder / "db.sqlite3")), namespace)
    options = {name: value for name, value in namespace.items() if name.isupper()}
    settings.configure(**options, LOGGING_CONFIG=None)
    logging.disable(logging.CRITICAL)
    sys.path.insert(0, str(folder))
    django.setup()
    cookie = _staff()
    sys.addaudithook(_listen)
    vars(time)["sleep"] = _heard_sleep
    answers = {}
    for title, text in json.load(sys.stdin).items():
        package = write_project(folder, title, text, str(folder / "db.sqlite3"))
        with _settings_of(package, set(options)):
            answers[title] = _answers(title, package, cookie)
    sys.stdout.write(json.dumps(answers))


def _staff() -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    user = User.objects.create_superuser("staff", password="a password")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}"


@contextmanager
def _settings_of(package: str, known: set[str]) -> Iterator[None]:
    from django.db import connections
    from django.test import override_settings

    module = importlib.import_module(f"{package}.settings")
    names = [name for name in dir(module) if name.isupper() and name != "DATABASES"]
    changed = {name: getattr(module, name) for name in names if name != "INSTALLED_APPS"}
    atomic = module.DATABASES["default"].get("ATOMIC_REQUESTS", False)
    with (
        override_settings(**changed),
        mock.patch.dict(connections.settings["default"], ATOMIC_REQUESTS=atomic),
    ):
        yield


def _answers(title: str, package: str, cookie: str) -> dict[str, Any]:
    _blocked.clear()
    found: dict[str, Any] = {}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            config = importlib.import_module(f"{package}.apps")
        except ImportError:
            config = None
        if config is not None:
            found["ready"] = _ready(config, package)
        for who, given in (("staff", cookie), ("anonymous", "")):
            ask = _by_wsgi if title.endswith("WSGI") else _by_asgi
            try:
                found[who] = ask(given)
            except Exception as error:  # what escapes to the server is a failure
                found[who] = [500, f"{type(error).__name__}: {error}"]
    found["warned"] = [str(each.message) for each in warned]
    found["blocked"] = list(_blocked)
    return found


def _ready(config: Any, package: str) -> str:
    """What comes of ``ready()`` inside a running loop, where uvicorn imports the application."""

    async def run() -> None:
        config.Config(package, importlib.import_module(package)).ready()

    try:
        asyncio.run(run())
    except Exception as error:
        return type(error).__name__
    return ""


def _by_asgi(cookie: str) -> list[Any]:
    from django.core.handlers.asgi import ASGIHandler

    sent: list[Mapping[str, Any]] = []

    async def request() -> None:
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        headers = [(b"host", b"localhost"), (b"cookie", cookie.encode())]
        scope = {"type": "http", "method": "GET", "path": "/a/", "query_string": b"", "headers": headers}
        await ASGIHandler()(scope, inbox.get, send)

    asyncio.run(request())
    return [sent[0]["status"], b"".join(message.get("body", b"") for message in sent).decode()]


def _by_wsgi(cookie: str) -> list[Any]:
    from django.core.handlers.wsgi import WSGIHandler

    statuses: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/a/", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "HTTP_COOKIE": cookie,
    }  # fmt: skip
    body = b"".join(WSGIHandler()(environ, lambda status, headers, info=None: statuses.append(status)))  # type: ignore[arg-type, misc]  # a plain start_response
    return [int(statuses[0][:3]), body.decode()]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
