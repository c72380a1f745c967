"""A WSGI environ as an ASGI scope. Pure: no threads, no I/O.

The inverse is `_environ.build_environ`.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, unquote_to_bytes

from bridgekit.adapters._headers import MAX_CACHED_NAMES
from bridgekit.adapters._opaque import OpaqueMapping
from bridgekit.exceptions import ServerProtocolError
from bridgekit.typing import Environ, Scope

__all__ = ["SPEC_VERSION", "build_scope"]

SPEC_VERSION = "2.5"
"""The version of the ASGI HTTP and WebSocket specification that is kept. Since 2.4, `send` raises once the client is gone."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_HTTP_VERSIONS = {
    "HTTP/1.0": "1.0",
    "HTTP/1.1": "1.1",
    "HTTP/2": "2",
    "HTTP/2.0": "2",
    "HTTP/3": "3",
    "HTTP/3.0": "3",
}

_PATH_SAFE = "/~:@!$&'()*+,;="
"""What quoting leaves alone where the server does not tell the target: RFC 3986 pchar and the slash."""

_header_names: dict[str, bytes] = {}


def _header_name(key: str) -> bytes:
    """``"HTTP_X_USER"`` gives ``b"x-user"``."""
    name = _header_names.get(key)
    if name is None:
        name = key[5:].lower().replace("_", "-").encode("latin-1")
        if len(_header_names) < MAX_CACHED_NAMES:
            _header_names[key] = name
    return name


def _headers(environ: Environ) -> Iterator[tuple[bytes, bytes]]:
    """The request's headers (RFC 3875 4.1.18).

    Content type and length stand under names without the prefix. Some servers give them a second time with it, and a
    client can make one up by an underscore ("Content_Length"), so those are not read. The two are present and empty where
    the request has none (wsgiref, mod_wsgi).
    """
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            if key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
                yield _header_name(key), value.encode("latin-1")
        elif key == "CONTENT_TYPE":
            if value:
                yield b"content-type", value.encode("latin-1")
        elif key == "CONTENT_LENGTH" and value:
            yield b"content-length", value.encode("latin-1")


def _target(environ: Environ) -> bytes:
    """The path of the request target as the client sent it, where the server tells, else ``b""``.

    Apache and uWSGI say REQUEST_URI, gunicorn says RAW_URI, werkzeug says both. The target may be in absolute form (RFC
    9112 3.2.2).
    """
    uri: str = environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""
    raw = uri.partition("?")[0]
    if raw and not raw.startswith("/"):
        scheme, _, rest = raw.partition("://")
        if scheme.lower() in _DEFAULT_PORTS:
            raw = "/" + rest.partition("/")[2]
    # Not every server gives text of bytes only; what is beyond latin-1 cannot have been sent.
    return raw.encode("latin-1", "ignore")


def _paths(environ: Environ) -> tuple[str, str, bytes]:
    """``root_path``, ``path`` (which begins with it) and ``raw_path``.

    The raw target is used where it says the same as SCRIPT_NAME and PATH_INFO, which it does not after the web server has
    rewritten them.
    """
    script: str = environ.get("SCRIPT_NAME", "")
    full: str = script + environ.get("PATH_INFO", "")
    raw = _target(environ)
    if full.isascii():
        if raw == full.encode() and b"%" not in raw:
            return script, full, raw
        said = full.encode()
    else:
        said = full.encode("latin-1")
    if unquote_to_bytes(raw) != said:
        raw = quote(said, safe=_PATH_SAFE).encode()
    return _text(script), said.decode("utf-8", "replace"), raw


def _text(native: str) -> str:
    """A native string of bytes (PEP 3333, "Unicode Issues") as the UTF-8 text it stands for, as servers decode paths."""
    return native if native.isascii() else native.encode("latin-1").decode("utf-8", "replace")


def _port(value: object) -> int | None:
    text = str(value) if value is not None else ""
    return int(text) if text.isdecimal() and text.isascii() else None


def _server(environ: Environ, scheme: str) -> tuple[str, int | None] | None:
    """``server``: a host and its port, or a unix socket's path and ``None``.

    On a unix socket, servers put the socket's path or the Host header into SERVER_NAME, and "" or "None" for the port.
    """
    name: str = environ.get("SERVER_NAME") or ""
    if not name:
        return None
    port = _port(environ.get("SERVER_PORT"))
    if port is None and not name.startswith(("/", "unix:")):
        port = _DEFAULT_PORTS.get(scheme)
    return name, port


def _client(environ: Environ) -> tuple[str, int] | None:
    """``client``; port 0 where the server knows the address alone (uWSGI, wsgiref)."""
    host: str = environ.get("REMOTE_ADDR") or ""
    return (host, _port(environ.get("REMOTE_PORT")) or 0) if host else None


def _http_version(environ: Environ) -> str:
    protocol: str = environ.get("SERVER_PROTOCOL", "HTTP/1.0")
    known = _HTTP_VERSIONS.get(protocol)
    # "INCLUDED" (RFC 3875 4.1.16, server-side includes) and the like: the lowest common version.
    return known if known is not None else "1.0"


def build_scope(environ: Environ) -> Scope:
    """The HTTP connection scope of a request (ASGI HTTP specification, "HTTP Connection Scope").

    ``state`` and ``extensions`` are not in it: they belong to who runs the application.

    :raises ServerProtocolError: when a value of ``environ`` is no native string in the sense of PEP 3333.
    """
    scheme: str = environ.get("wsgi.url_scheme") or "http"
    try:
        root_path, path, raw_path = _paths(environ)
        headers = list(_headers(environ))
        query_string = environ.get("QUERY_STRING", "").encode("latin-1")
    except (UnicodeEncodeError, AttributeError) as error:
        raise ServerProtocolError(
            f"the server's environ has a value that is no str of bytes (PEP 3333, Unicode Issues): {error}"
        ) from error
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": SPEC_VERSION},
        "http_version": _http_version(environ),
        "method": environ["REQUEST_METHOD"].upper(),
        "scheme": scheme,
        "path": path,
        "raw_path": raw_path,
        "query_string": query_string,
        "root_path": root_path,
        "headers": headers,
        "client": _client(environ),
        "server": _server(environ, scheme),
        "wsgi_environ": OpaqueMapping(environ),
    }
    for key in environ:
        if key.startswith("bridgekit."):
            scope[key] = environ[key]
    return scope
