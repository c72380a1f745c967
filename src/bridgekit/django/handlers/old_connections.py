"""Looks at a thread's database connections as Django does at both ends of a request, in the middle of one."""

from __future__ import annotations

import logging

from django.db import close_old_connections, connections
from django.db.utils import ConnectionHandler

from bridgekit.django.handlers.unset_locals import empty_in_thread

logger = logging.getLogger("bridgekit.django")


def thread_has_none() -> bool:
    """Whether no code of this thread has asked for a connection, so that Django would find none to look at.

    Where the settings have not been read, Django does that first, and may refuse them.
    """
    held = vars(connections)
    return (
        "settings" in held
        and empty_in_thread(held["_connections"])
        and type(connections) is ConnectionHandler
    )


def put_away_old_connections() -> None:
    """`close_old_connections`, for where nobody could be told what it raises, and somebody waits for what follows.

    A connection whose closing fails (its server has gone) is Django's to drop: the next query asks for a new one, or says why not.
    """
    if thread_has_none():
        return
    try:
        close_old_connections()
    except Exception:
        logger.exception("a database connection could not be closed")
