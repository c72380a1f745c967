"""What crosses a layer of the other protocol that has no place for it, where both adapters are around that layer. Pure.

A request that comes to a WSGI application through ``ASGIToWSGI(middleware(WSGIToASGI(app)))`` came from a WSGI server, and its
environ has more than a scope can say: ``wsgi.errors``, REMOTE_USER, what the server's configuration and outer middleware have set. The other
way round, an environ has one value for a header that was sent twice, and no hyphen that could be told from an underscore.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from typing import Any

from bridgekit.adapters.shared.headers import FRAMING, cgi_name
from bridgekit.typing import Environ

_OF_THE_REQUEST = frozenset(
    {
        "CONTENT_LENGTH",
        "CONTENT_TYPE",
        "DOCUMENT_URI",
        "HTTPS",
        "PATH_TRANSLATED",
        "REMOTE_PORT",
        "SCRIPT_FILENAME",
        "SCRIPT_URI",
        "SCRIPT_URL",
        "gunicorn.socket",
        "werkzeug.socket",
    }
)
"""What speaks of the request's target, body or peer, which ASGI middleware may have changed, or is its connection, which the server waits for."""


def carry_environ(environ: Environ, around: Mapping[str, Any]) -> None:
    """Complete ``environ`` by what the WSGI server around had, as far as the scope between could not tell.

    What a scope tells is left as it is told: middleware may have changed it.

    :param around: ``scope["wsgi_environ"]``.
    """
    for key, value in around.items():
        if (
            key not in environ
            and key not in _OF_THE_REQUEST
            and not key.startswith(("HTTP_", "wsgi."))
            and not isinstance(value, socket.socket)
        ):
            environ[key] = value
    if environ["REMOTE_ADDR"] != around.get("REMOTE_ADDR"):
        environ.pop("REMOTE_HOST", None)  # another one's name
    if "wsgi.errors" in around:
        environ["wsgi.errors"] = around["wsgi.errors"]
    for key in ("REQUEST_URI", "RAW_URI"):
        if around.get(key) == environ[key] + "?":  # an empty query, which a scope does not tell from none
            environ[key] = around[key]


def headers_as_sent(
    headers: Iterable[tuple[bytes, bytes]], sent: Iterable[Iterable[Any]]
) -> list[tuple[bytes, bytes]]:
    """``headers`` of an environ, each that has its value still as it was sent: by its own name, and as often.

    :param sent: the headers of the scope that the environ was made of.
    """
    lines: dict[str, list[tuple[bytes, bytes]]] = {}
    for name, value in sent:
        lines.setdefault(cgi_name(name), []).append((bytes(name).lower(), bytes(value)))
    found: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        key = cgi_name(name)
        found += [(name, value)] if key in FRAMING else _lines(name, value, lines.get(key, []))
    return found


def _lines(name: bytes, value: bytes, all_lines: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    safe = [line for line in all_lines if b"_" not in line[0]]
    # An adapter leaves names with an underscore out, or takes them for their twins with a hyphen.
    for lines in (safe, all_lines):
        if lines and b",".join(sent for _, sent in lines) == value:
            return lines
    return [(name, value)]
