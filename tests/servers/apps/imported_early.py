"""A module that does at import what only works outside of a running event loop, and writes down each of its imports."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import django
from django.conf import settings
from django.db import connection

from bridgekit.typing import Environ, StartResponse

SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}


async def ask_a_service() -> str:
    return "asked"


asked = asyncio.run(ask_a_service())
settings.configure(DATABASES={"default": SQLITE})
django.setup()
with connection.cursor() as cursor:  # refused where a loop runs, as in an AppConfig.ready() that queries
    cursor.execute("SELECT 1")

with Path(os.environ["IMPORTS"]).open("a") as log:
    log.write(f"{os.getpid()} {os.environ.get('FROM_FILE')}\n")


def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [asked.encode()]
