"""An ASGI HTTP scope as a WSGI environ. Pure: no threads, no I/O.

The inverse is `_scope.build_scope`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from bridgekit.adapters.shared.headers import ALL_NAMES, SAFE_NAMES, RequestNames
from bridgekit.adapters.shared.opaque import OpaqueMapping
from bridgekit.adapters.shared.ports import is_port
from bridgekit.exceptions import ServerProtocolError
from bridgekit.typing import Environ, Scope

_DEFAULT_PORTS = {"http": "80", "https": "443"}

NOWHERE = ("", 0)
"""An address that says nothing, as on a unix socket."""

_PATH_SAFE = "/~:@!$&'()*+,;="
"""What quoting leaves alone when the server gives no ``raw_path``: RFC 3986 pchar and the slash."""


def address(value: object) -> tuple[str, str | None] | None:
    """``(host, port)`` of a scope's ``client`` or ``server`` in any of the forms that servers give, else ``None``.

    The ASGI specification says a two-item iterable; seen are tuples, lists, iterators, ports as int, as str, as ``None``
    (a unix socket), as ``""`` and as ``"None"``, and 0 where the server does not know it.
    """
    if (
        type(value) is tuple
        and len(value) == 2
        and type(value[0]) is str
        and type(value[1]) is int
        and value[1]
    ):
        return value[0], str(value[1])  # what nearly every server gives
    if not isinstance(value, Iterable) or isinstance(value, str | bytes):
        return None
    parts = list(value)
    if not parts or parts[0] is None:
        return None
    port = str(parts[1]) if len(parts) > 1 else ""
    return str(parts[0]), port if is_port(port) and int(port) else None


def _is_socket_path(host: str) -> bool:
    """Whether this is the path of a unix socket in the place of a host. granian gives it a port, too: 0."""
    return host.startswith(("/", "\0", "unix:"))


def _server(scope: Scope, environ: Environ, scheme: str) -> tuple[str, str]:
    """SERVER_NAME and SERVER_PORT, which are never empty (PEP 3333, "environ Variables").

    On a unix socket the ``Host`` header is all there is, as on native WSGI servers.
    """
    default = _DEFAULT_PORTS.get(scheme, "80")
    known = address(scope.get("server"))
    if known is not None and not known[0] and known[1] is not None:
        return "localhost", known[1]  # bound to every address
    if known is not None and known[0] and not _is_socket_path(known[0]):
        asked: str = environ.get("HTTP_HOST", "")
        return known[0], known[1] or ("0" if asked.endswith(":0") else default)  # test clients ask so
    host: str = environ.get("HTTP_HOST", "")
    name, colon, port = host.rpartition(":")
    if not colon or not is_port(port):
        name, port = host.removesuffix(":"), default
    return name or "localhost", port


def _wsgi_text(data: bytes | bytearray | memoryview) -> str:
    """Bytes as PEP 3333 carries them in a native string ("Unicode Issues")."""
    return str(data, "latin-1")


def _path_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _origin_form(target: str) -> str:
    """The path of a request target that may be in absolute form, which servers must accept (RFC 9112 3.2.2).

    uvicorn (h11), hypercorn and daphne give ``http://host/path`` as it stands, the others the path alone.
    """
    if target[:1] != "/":
        scheme, found, rest = target.partition("://")
        if found and scheme.lower() in _DEFAULT_PORTS:
            _, slash, path = rest.partition("/")
            return (slash + path) or "/"
    return target


def _split(target: str, given: str, root: str) -> tuple[str, str]:
    """``root`` and what of ``target`` is below it; ``""`` and all of it where the server does not repeat the root.

    :param given: ``root_path`` as the server has it. uvicorn puts it before the path as it is, with a slash at its end, too,
        and h11 puts it before an absolute form.
    :param root: the same without slashes at its end, and with one before.
    """
    if target.startswith(given):
        rest = _origin_form(target[len(given) :])
        if rest[:1] == "/" or (given == root and not rest):
            return root, rest
    if target.startswith(root) and (len(target) == len(root) or target[len(root)] == "/"):
        return root, target[len(root) :]
    return "", _origin_form(target)


def _paths(scope: Scope) -> tuple[str, str]:
    """SCRIPT_NAME and PATH_INFO as native strings, for both habits: ``path`` with and without ``root_path`` in it.

    Servers decode ``path`` as UTF-8 and lose bytes that are none; ``raw_path`` still has them. It is used where it says
    the same as ``path``, which it does not after a middleware has rewritten ``path``.
    """
    path: str = scope["path"]
    given: str = scope.get("root_path") or ""
    root = _root(given)
    if path.isascii() and given.isascii():
        return root, _split(path, given, root)[1]
    prefix, full = _path_bytes(given), _path_bytes(path)
    raw = scope.get("raw_path")
    if raw:
        decoded = unquote_to_bytes(bytes(raw).partition(b"?")[0])
        text = decoded.decode("utf-8", "replace")
        if text == path:
            full = decoded
        elif given + text == path:
            full = prefix + decoded
    # The root's own bytes, when the raw path begins with other ones than its text re-encoded.
    root = _wsgi_text(_path_bytes(root))
    return root, _split(_wsgi_text(full), _wsgi_text(prefix), root)[1]


def _root(given: str) -> str:
    """``root_path`` as SCRIPT_NAME wants it: empty, or with a slash before and none behind."""
    root = given.rstrip("/")
    if not root:
        return ""
    return root if root.startswith("/") else "/" + root


def _request_uri(raw: bytes | None, path: str, query: str, given: str) -> str:
    """The request target in origin form, as the client sent it as far as the server tells (REQUEST_URI, RAW_URI)."""
    target = raw.decode("latin-1") if raw else quote(_path_bytes(path), safe=_PATH_SAFE)
    if given or target[:1] != "/":
        prefix, rest = _split(target, given, _root(given))
        target = prefix + rest
    if "?" in target:
        target = target.partition("?")[0]
    return f"{target}?{query}" if query else target


def _add_headers(environ: Environ, headers: Iterable[Iterable[Any]], names: RequestNames) -> None:
    """Each request header as ``HTTP_NAME`` (RFC 3875 4.1.18), repeated ones joined."""
    for name, value in headers:
        key = names[name]
        if key in environ:
            _join(environ, key, value.decode("latin-1"))
        elif key:
            environ[key] = value.decode("latin-1")


def _join(environ: Environ, key: str, value: str) -> None:
    """A header that came before. RFC 9113 8.2.3: cookie crumbs are joined with "; "; the rest are lists (RFC 9110 5.3).

    :raises ServerProtocolError: for a second Host: whoever stands in front may have gone by the other one (RFC 9112 3.2).
    """
    if key == "HTTP_HOST":
        raise ServerProtocolError("the request has more than one Host")
    before = environ[key]
    if key == "CONTENT_LENGTH" and before == value:
        return
    environ[key] = before + ("; " if key == "HTTP_COOKIE" else ",") + value


@functools.lru_cache(maxsize=64)
def _of_listener(scheme: str, version: str, name: str, port: int) -> Environ:
    """What all requests that come in at one address have in common. To be copied."""
    environ: Environ = {
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/" + version,
        "REMOTE_ADDR": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    if scheme == "https":
        environ["HTTPS"] = "on"
    return environ


def build_environ(scope: Scope, *, allow_underscores: bool = False) -> Environ:
    """The environ of an HTTP scope, all but ``wsgi.input`` (PEP 3333 "environ Variables", RFC 3875 section 4).

    :param scope: an ASGI HTTP connection scope; every key that the specification makes optional may be missing.
    :param allow_underscores: keep request headers with an underscore in their name.
    :raises ServerProtocolError: when there is more than one Host.
    """
    get = scope.get
    scheme: str = get("scheme") or "http"
    version: str = get("http_version") or "1.1"
    server: Any = get("server")
    plain = type(server) is tuple and len(server) == 2 and type(server[1]) is int and server[1] and server[0]
    name, port = server if plain else NOWHERE
    environ = _of_listener(scheme, version, name, port).copy()
    path: str = scope["path"]
    root_path: str = get("root_path") or ""
    if path[:1] == "/" and path.isascii() and not root_path:
        script_name, path_info = "", path
    else:
        script_name, path_info = _paths(scope)
    query: str = (get("query_string") or b"").decode("latin-1")
    environ["REQUEST_METHOD"] = scope["method"]
    environ["SCRIPT_NAME"] = script_name
    environ["PATH_INFO"] = path_info
    environ["QUERY_STRING"] = query
    environ["REQUEST_URI"] = environ["RAW_URI"] = _request_uri(get("raw_path"), path, query, root_path)
    environ["wsgi.errors"] = sys.stderr
    environ["asgi.scope"] = OpaqueMapping(scope)
    _add_headers(environ, get("headers") or (), ALL_NAMES if allow_underscores else SAFE_NAMES)
    if not plain:
        environ["SERVER_NAME"], environ["SERVER_PORT"] = _server(scope, environ, scheme)
    client = address(get("client"))
    if client is not None:
        host, client_port = client
        if client_port is not None:
            environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client
        elif not _is_socket_path(host):
            environ["REMOTE_ADDR"] = host
    return environ
