"""The application of `bridged_asgi` in a process that collects no garbage, and that knows which requests somebody still has.

Paths below ``/native`` are answered by the same means without an adapter: what the server itself keeps is not the adapter's.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable

from bridgekit.typing import Environ, StartResponse
from tests.servers.apps.bridged_asgi import app as bridged

PLAIN = [("Content-Type", "text/plain")]
gc.disable()


class Token:
    """In the environ, and so in whatever holds anything of the request."""


alive: dict[int, str] = {}
"""Paths of the requests that are not let go."""


def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/alive":
        start_response("200 OK", PLAIN)
        return [" ".join(sorted(alive.values())).encode()]
    token = Token()
    alive[id(token)] = path
    weakref.finalize(token, alive.pop, id(token)).atexit = False
    environ["test.token"] = token
    del token
    if path == "/native/crash":
        raise LookupError("before the response")
    if path == "/native/count":
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        start_response("200 OK", PLAIN)
        return [b"%d" % len(body)]
    return bridged(environ, start_response)
