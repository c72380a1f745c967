"""Counts the connections that requests leave open: standard input names each case by its files, standard output says how many.

Each case is asked three times, one after the other, for a view that queries every database, by Django's ASGI handler, or its WSGI
handler where the case's name ends in "WSGI".
"""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

REQUESTS = 3
opened: list[sqlite3.Connection] = []


def prepare() -> None:
    """Django with a backend that keeps what it opens."""
    import django
    from django.conf import settings
    from django.db.backends.sqlite3.base import DatabaseWrapper
    from django.urls import path

    settings.configure(SECRET_KEY="s" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF="urls", USE_TZ=True)
    django.setup()
    connect = DatabaseWrapper.get_new_connection

    def kept(self: Any, parameters: dict[str, Any]) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(self, parameters)
        opened.append(connection)
        return connection

    mock.patch.object(DatabaseWrapper, "get_new_connection", kept).start()
    urls = type(sys)("urls")
    urls.urlpatterns = [path("", view)]  # type: ignore[attr-defined]  # a module is made of attributes
    sys.modules["urls"] = urls


def view(request: Any) -> Any:
    from django.db import connections
    from django.http import HttpResponse

    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    return HttpResponse("a")


async def ask(handler: Any) -> None:
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", 200) == 200

    headers = [(b"host", b"localhost")]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers}
    await handler(scope, inbox.get, send)


def by_wsgi() -> None:
    from django.core.handlers.wsgi import WSGIHandler

    handler = WSGIHandler()
    for _ in range(REQUESTS):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "localhost", "SERVER_PORT": "80"}
        response = handler(
            {**environ, "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http"},
            lambda status, headers, info=None: None,  # type: ignore[arg-type, misc]  # a plain start_response
        )
        b"".join(response)
        response.close()


async def by_asgi() -> None:
    from django.core.handlers.asgi import ASGIHandler

    handler = ASGIHandler()
    for _ in range(REQUESTS):
        await ask(handler)


def left_open(root: Path, name: str, package: str, files: dict[str, str]) -> int:
    """How many connections the requests of one case leave open."""
    from asgiref.local import Local
    from django.db import connections

    folder = root / package
    folder.mkdir()
    (folder / "__init__.py").touch()
    for file, text in files.items():
        filled = text.replace("PACKAGE", package).replace("THE_FILE", str(folder / "db.sqlite3"))
        (folder / file).write_text(filled, "utf-8")
    module = import_module(f"{package}.settings")
    vars(connections).pop("settings", None)
    vars(connections).update(_settings=module.DATABASES, _connections=Local(True))
    opened.clear()
    if name.endswith("WSGI"):
        by_wsgi()
    else:
        asyncio.run(by_asgi())
    return sum(map(is_open, opened))


def is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def main() -> None:
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        cases = json.load(sys.stdin)
        answers = {
            name: left_open(Path(folder), name, f"case{number}", files)
            for number, (name, files) in enumerate(cases.items())
        }
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
