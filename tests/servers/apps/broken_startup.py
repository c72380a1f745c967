"""An application whose startup hook fails."""

from __future__ import annotations

from bridgekit import WSGIToASGI
from tests.servers.apps.probe import wsgi


def on_startup() -> None:
    raise ConnectionError("the database is down")


app = WSGIToASGI(wsgi, on_startup=on_startup)
