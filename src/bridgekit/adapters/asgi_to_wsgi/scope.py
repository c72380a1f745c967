"""A WSGI environ as an ASGI scope. Pure: no threads, no I/O.

The inverse is `_environ.build_environ`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import quote, unquote_to_bytes

from bridgekit.adapters.shared.carried import headers_as_sent
from bridgekit.adapters.shared.headers import MAX_CACHED_NAMES
from bridgekit.adapters.shared.opaque import OpaqueMapping
from bridgekit.adapters.shared.ports import is_port
from bridgekit.exceptions import ServerProtocolError
from bridgekit.typing import Environ, Scope

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
"""Everything else ("INCLUDED", RFC 3875 4.1.16) is taken for the lowest version."""

_PATH_SAFE = "/~:@!$&'()*+,;="
"""What quoting leaves alone where the server does not tell the target: RFC 3986 pchar and the slash."""

_Plan: TypeAlias = tuple[tuple[tuple[str, bytes], ...], tuple[str, ...]]

MAX_PLANS = 256
"""Sets of environ keys that are remembered, and paths. Clients choose both, so the memory must end somewhere."""

MAX_REMEMBERED = 2048
"""Characters of one of them."""

_NO_HEADER = b""  # the only one that is false
_OWN = b":bridgekit"
_CONTENT = frozenset(("CONTENT_TYPE", "CONTENT_LENGTH"))
_plans: dict[tuple[str, ...], _Plan] = {}


@lru_cache(maxsize=MAX_CACHED_NAMES)
def _kind(key: str) -> bytes:
    """``"HTTP_X_USER"`` gives ``b"x-user"``; `_NO_HEADER` for what is none, `_OWN` for what is bridgekit's.

    Content type and length stand under names without the prefix (RFC 3875 4.1.18). Some servers give them a second time
    with it, and a client can make one up by an underscore ("Content_Length"), so those are not read.
    """
    if key in _CONTENT:
        return key.lower().replace("_", "-").encode()
    if key.startswith("HTTP_") and key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
        return key[5:].lower().replace("_", "-").encode("latin-1")
    return _OWN if key.startswith("bridgekit.") else _NO_HEADER


def _plan(keys: tuple[str, ...]) -> _Plan:
    """Which of an environ's ``keys`` are headers, and which are bridgekit's. Most requests have the same as one before."""
    kinds = [(key, _kind(key)) for key in keys]
    plan = (
        tuple((key, kind) for key, kind in kinds if kind and kind is not _OWN),
        tuple(key for key, kind in kinds if kind is _OWN),
    )
    if sum(map(len, keys)) <= MAX_REMEMBERED:
        if len(_plans) >= MAX_PLANS:
            _plans.clear()
        _plans[keys] = plan
    return plan


def _target(uri: str) -> bytes:
    """The path of the request target ``uri``."""
    # Not every server gives text of bytes only; what is beyond latin-1 cannot have been sent.
    return _origin_form(uri.partition("?")[0]).encode("latin-1", "ignore")


def _origin_form(target: str) -> str:
    """The path of a target that may be in absolute form, which every server must accept (RFC 9112 3.2.2)."""
    if target and not target.startswith("/"):
        scheme, _, rest = target.partition("://")
        if scheme.lower() in _DEFAULT_PORTS:
            return "/" + rest.partition("/")[2]
    return target


def _paths(script: str, path_info: str, uri: str) -> tuple[str, str, bytes]:
    """``root_path``, ``path`` (which begins with it) and ``raw_path``.

    The raw target is used where it says the same as SCRIPT_NAME and PATH_INFO, which it does not after the web server has
    rewritten them.
    """
    # wsgiref and uWSGI give an absolute form as it is, though PATH_INFO is empty or begins with a slash (RFC 3875 4.1.5).
    full = script + (_origin_form(path_info) if not script else path_info)
    raw = _target(uri)
    if full.isascii():
        if raw == full.encode() and b"%" not in raw:
            return script, full, raw
        unquoted = full.encode()
    else:
        unquoted = full.encode("latin-1")
    if unquote_to_bytes(raw) != unquoted:
        raw = quote(unquoted, safe=_PATH_SAFE).encode()
    return _text(script), unquoted.decode("utf-8", "replace"), raw


_remembered_paths = lru_cache(maxsize=MAX_PLANS)(_paths)


def _text(native: str) -> str:
    """A native string of bytes (PEP 3333, "Unicode Issues") as the UTF-8 text it stands for, as servers decode paths."""
    return native if native.isascii() else native.encode("latin-1").decode("utf-8", "replace")


def _port(value: object) -> int | None:
    text = value if type(value) is str else str(value)  # werkzeug's REMOTE_PORT is an int
    return int(text) if is_port(text) else None


def _server(name: str, port_value: object, scheme: str) -> tuple[str, int | None] | None:
    """``server``: a host and its port, or a unix socket's path and ``None``.

    On a unix socket, servers put the socket's path or the Host header into SERVER_NAME, and "" or "None" for the port.
    """
    if not name:
        return None
    port = _port(port_value)
    if port is None and not name.startswith(("/", "unix:")):
        port = _DEFAULT_PORTS.get(scheme)
    return name, port


@lru_cache(maxsize=64)
def _in_common(
    method: str, scheme: str, protocol: str, server_name: str, server_port: object
) -> dict[str, Any]:
    """What many requests have in common, in the order of the specification. To be copied, and completed."""
    return {
        "type": "http",
        "asgi": None,
        "http_version": _HTTP_VERSIONS.get(protocol, "1.0"),
        "method": method.upper(),
        "scheme": scheme,
        "path": "",
        "raw_path": b"",
        "query_string": b"",
        "root_path": "",
        "headers": None,
        "client": None,
        "server": _server(server_name, server_port, scheme),
        "wsgi_environ": None,
    }


def build_scope(environ: Environ) -> Scope:
    """The HTTP connection scope of a request (ASGI HTTP specification, "HTTP Connection Scope").

    ``state`` and ``extensions`` are not in it: they belong to who runs the application.

    :raises ServerProtocolError: when a value of ``environ`` is no native string in the sense of PEP 3333.
    """
    get = environ.get
    path_info: str = get("PATH_INFO", "")
    # The target as the client sent it. Apache and uWSGI say REQUEST_URI, gunicorn says RAW_URI, werkzeug says both.
    uri: str = get("REQUEST_URI") or get("RAW_URI") or ""
    try:
        keys = tuple(environ)
        header_keys, own_keys = _plans.get(keys) or _plan(keys)
        headers = [
            (kind, value.encode("latin-1"))
            for key, kind in header_keys
            # Content type and length are present and empty where the request has none (wsgiref, mod_wsgi).
            if (value := environ[key]) or key not in _CONTENT
        ]
        short = len(path_info) + len(uri) <= MAX_REMEMBERED
        paths = _remembered_paths if short else _paths
        root_path, path, raw_path = paths(get("SCRIPT_NAME", ""), path_info, uri)
        query_string = get("QUERY_STRING", "").encode("latin-1")
    except (UnicodeEncodeError, AttributeError, TypeError) as error:
        raise ServerProtocolError(
            f"the server's environ has a value that is not a str of bytes (PEP 3333, Unicode Issues): {error}"
        ) from error
    around = get("asgi.scope")
    if around is not None:
        headers = headers_as_sent(headers, around.get("headers") or ())
    scope: Scope = _in_common(
        environ["REQUEST_METHOD"],
        get("wsgi.url_scheme") or "http",
        get("SERVER_PROTOCOL", ""),
        get("SERVER_NAME", ""),
        get("SERVER_PORT"),
    ).copy()
    scope["asgi"] = {"version": "3.0", "spec_version": SPEC_VERSION}
    scope["path"] = path
    scope["raw_path"] = raw_path
    scope["query_string"] = query_string
    scope["root_path"] = root_path
    scope["headers"] = headers
    host: str = get("REMOTE_ADDR") or ""
    if host:  # port 0 where the server knows the address alone (uWSGI, wsgiref)
        scope["client"] = (host, _port(get("REMOTE_PORT")) or 0)
    scope["wsgi_environ"] = OpaqueMapping(dict(environ))  # uWSGI empties its environ and uses it again
    for key in own_keys:
        scope[key] = environ[key]
    return scope
