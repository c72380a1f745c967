"""Two applications behind each server: one of the server's own protocol, one of the other behind bridgekit.

Both write down which requests came, whole, with body; ``/seen`` gives the list of each and empties it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.typing import Environ, Receive, Scope, Send, StartResponse

NATIVE, BRIDGED = "/native", "/bridge"  # of one length: bodies may hold them
TEXT = "text/plain"
seen: dict[str, list[tuple[str, str, str]]] = {NATIVE: [], BRIDGED: []}


def note(path: str, method: str, body: bytes) -> bytes:
    """Write a request down; what it is answered with."""
    application = BRIDGED if BRIDGED in path else NATIVE
    # In ASGI methods are in upper case, and some servers give an absolute target as a path.
    text = body.decode("latin-1").replace(application, "/target")
    seen[application].append((method.upper(), path.partition(application)[2], text))
    return f"{method} {len(body)}".encode("latin-1", "replace")


def take_seen() -> bytes:
    found = json.dumps(seen).encode()
    for requests in seen.values():
        requests.clear()
    return found


def wsgi_app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    path = environ.get("PATH_INFO", "")  # uWSGI has none where it could not read the line
    if path == "/seen":
        answer = take_seen()
    elif path.endswith("/reflect"):
        return reflect_wsgi(environ["QUERY_STRING"], start_response)
    elif path.endswith("/headers"):
        answer = json.dumps(
            {key: value for key, value in environ.items() if key.startswith("HTTP_")}
        ).encode()
    elif path.endswith("/unread"):
        answer = note(path, environ["REQUEST_METHOD"], b"")
    else:
        answer = note(path, environ["REQUEST_METHOD"], body_of(environ))
    start_response("200 OK", [("Content-Type", TEXT), ("Content-Length", str(len(answer)))])
    return [answer]


def body_of(environ: Environ) -> bytes:
    """What the environ says that the body is (PEP 3333, "Input and Error Streams")."""
    stream: Any = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body: bytes = stream.read()
        return body
    # Blanks behind a value are none of it (RFC 9110 5.5), but uWSGI and wsgiref leave them there: int() of any application takes them.
    length = (environ.get("CONTENT_LENGTH") or "0").rstrip(" \t")
    body = stream.read(int(length)) if length.isdecimal() else b""
    return body


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    path = scope["path"]
    if path.endswith("/reflect"):
        await reflect_asgi(scope["query_string"].decode(), send)
        return
    body, more = b"", not path.endswith(("/unread", "/seen", "/headers"))
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if path == "/seen":
        answer = take_seen()
    elif path.endswith("/headers"):
        answer = json.dumps([[name.decode(), value.decode()] for name, value in scope["headers"]]).encode()
    else:
        answer = note(path, scope["method"], body)
    headers = [(b"content-type", TEXT.encode()), (b"content-length", b"%d" % len(answer))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


def reflect_wsgi(query: str, start_response: StartResponse) -> Iterable[bytes]:
    """A response made of what the client says: ``PART=TEXT``."""
    part, _, text = query.partition("=")
    text = unquote(text, "latin-1")
    status = f"200 {text}" if part == "status" else "200 OK"
    fields = {
        "name": (text, "x"),
        "value": ("X-Value", text),
        "cookie": ("Set-Cookie", text),
        "length": ("Content-Length", text),
    }
    start_response(status, [("Content-Type", TEXT), *([fields[part]] if part in fields else [])])
    return [b"reflected"]


async def reflect_asgi(query: str, send: Send) -> None:
    """The same."""
    part, _, text = query.partition("=")
    data = unquote_to_bytes(text)
    fields = {
        "name": (data, b"x"),
        "value": (b"x-value", data),
        "cookie": (b"set-cookie", data),
        "length": (b"content-length", data),
    }
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", TEXT.encode()), fields[part]],
        }
    )
    await send({"type": "http.response.body", "body": b"reflected"})


wsgi_in_asgi = WSGIToASGI(wsgi_app)
asgi_in_wsgi = ASGIToWSGI(asgi_app)


async def on_asgi(scope: Scope, receive: Receive, send: Send) -> None:
    bridged = scope["type"] == "http" and BRIDGED in scope["path"]
    await (wsgi_in_asgi if bridged else asgi_app)(scope, receive, send)


def on_wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    app = asgi_in_wsgi if BRIDGED in environ.get("PATH_INFO", "") else wsgi_app
    return app(environ, start_response)
