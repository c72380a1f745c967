"""The client's socket, where a WSGI server hands it over, and whether the client is still there.

PEP 3333 has no way to ask the second.
"""

from __future__ import annotations

import select
import sys
from typing import Any

from bridgekit.typing import Environ

ENDED = getattr(select, "POLLRDHUP", 0)
"""The event of a peer that sends no more. Linux has it; POLLHUP and POLLERR, of a connection that is broken, are always told."""


def handed_over_socket(environ: Environ) -> Any:
    """The client's socket, where the server lets applications have it (gunicorn, werkzeug), else ``None``."""
    return environ.get("gunicorn.socket") or environ.get("werkzeug.socket")


def client_has_left(environ: Environ) -> bool:
    """Whether the client is known to have left, by its socket or by waitress' own word; False where that is not known."""
    connection = handed_over_socket(environ)
    if connection is not None:
        return has_ended(connection)
    # Of use where `channel_request_lookahead` lets waitress read ahead.
    disconnected: Any = environ.get("waitress.client_disconnected")
    return disconnected is not None and bool(disconnected())


def has_ended(connection: Any) -> bool:
    """Whether the client has closed its side of ``connection``, or the connection is broken; False where that is not known.

    `poll` looks at the state of the connection alone: nothing is received, so requests that wait behind this one, and TLS,
    are left alone, and the socket's flags and whoever else waits for it, too. A client that only ends its sending and still
    reads cannot be told from one that has left; ASGI servers take it for gone, too.
    """
    make = _poll()
    if make is None:
        return False
    poller = make()
    try:
        poller.register(connection, ENDED)
        return bool(poller.poll(0))
    except (OSError, ValueError):  # closed meanwhile
        return False


def _poll() -> Any:
    # gevent's replacement waits for reading and writing alone.
    monkey: Any = sys.modules.get("gevent.monkey")
    if monkey is not None:
        return monkey.get_original("select", "poll")
    return getattr(select, "poll", None)
