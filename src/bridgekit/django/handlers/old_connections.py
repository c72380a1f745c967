"""Looks at a thread's database connections as Django does at both ends of a request, in the middle of one."""

from __future__ import annotations

import logging

from django.db import close_old_connections

logger = logging.getLogger("bridgekit.django")


def put_away_old_connections() -> None:
    """`close_old_connections`, for where nobody could be told what it raises, and somebody waits for what follows.

    A connection whose closing fails (its server has gone) is Django's to drop: the next query asks for a new one, or says why not.
    """
    try:
        close_old_connections()
    except Exception:
        logger.exception("a database connection could not be closed")
