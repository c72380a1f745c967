"""Header rules that hold in both directions: names, illegal characters, hop-by-hop fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

from bridgekit.exceptions import AppProtocolError

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"trailers",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Fields of one connection, which PEP 3333 ("Other HTTP Features") forbids applications and which ASGI servers own.

RFC 2616 13.5.1, whose list `wsgiref.util.is_hop_by_hop` has, spells "trailers"; the field is called "Trailer".
"""

MAX_DIGITS = 19
"""Of a length: beyond 2**63 no file and no socket goes, and Python refuses to read numbers of thousands of digits."""

MAX_CACHED_NAMES = 1024
"""How many header names are remembered. A client chooses the names it sends, so the memory must end somewhere."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 5.6.2
_ILLEGAL = re.compile("[\r\n\x00]")  # RFC 9110 5.5: CR, LF and NUL are dangerous; response splitting


FRAMING = frozenset(("CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_TRANSFER_ENCODING"))
"""Where a body ends and what it is. The server went by the headers with hyphens, so no other may say it."""


class RequestNames(dict[bytes, str]):
    """The environ key of each request header by its name, in whatever case; ``""`` for one that is left out.

    A name with an underscore would fall together with its twin with a hyphen, and let a client forge what a proxy sets.
    ``Proxy`` would become HTTP_PROXY, which HTTP clients take for their own proxy setting (httpoxy, CVE-2016-5385).
    """

    def __init__(self, *, allow_underscores: bool) -> None:
        super().__init__()
        self._allow_underscores = allow_underscores

    def __missing__(self, name: bytes) -> str:
        key = cgi_name(bytes(name))
        if key == "HTTP_PROXY" or (b"_" in name and (key in FRAMING or not self._allow_underscores)):
            key = ""
        if len(self) < MAX_CACHED_NAMES:
            self[bytes(name)] = key
        return key


SAFE_NAMES = RequestNames(allow_underscores=False)
ALL_NAMES = RequestNames(allow_underscores=True)


def cgi_name(name: bytes) -> str:
    """``b"x-user"`` gives ``"HTTP_X_USER"``; content type and length have names without prefix (RFC 3875 4.1.18)."""
    text = name.decode("latin-1").upper().replace("-", "_")
    return text if text in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + text


_encoded_names: dict[str, bytes] = {}


def _encode_name(name: object) -> bytes:
    """A response header's name as ASGI wants it: bytes, in lower case.

    :raises AppProtocolError: when it is no str, or not a token.
    """
    if not isinstance(name, str):
        raise AppProtocolError(
            f"response header name {name!r} is {type(name).__name__}, it must be str (PEP 3333)"
        )
    if not _TOKEN.fullmatch(name):
        raise AppProtocolError(f"response header name {name!r} is not a token (RFC 9110 5.6.2)")
    encoded = name.lower().encode("ascii")
    if len(_encoded_names) < MAX_CACHED_NAMES:
        _encoded_names[name] = encoded
    return encoded


def header_value(name: str, value: object) -> bytes:
    """A response header's value as bytes.

    :raises AppProtocolError: when it is no str, has a character beyond latin-1, or CR, LF or NUL in it.
    """
    if not isinstance(value, str):
        raise AppProtocolError(
            f"value of response header {name} is {type(value).__name__}, it must be str (PEP 3333)"
        )
    if _ILLEGAL.search(value):
        raise AppProtocolError(
            f"value of response header {name} contains CR, LF or NUL; remove them: {value!r}"
        )
    try:
        return value.strip(" \t").encode("latin-1")
    except UnicodeEncodeError as error:
        raise AppProtocolError(
            f"value of response header {name} has a character beyond latin-1 (PEP 3333, Unicode Issues); "
            f"encode it, for example by RFC 8187 or percent-encoding: {value!r}"
        ) from error


def content_length(before: int | None, value: bytes) -> int:
    """A Content-Length's number.

    :raises AppProtocolError: when it is none, or another one than an earlier header of the name had.
    """
    if not value.isdigit() or len(value) > MAX_DIGITS or (before is not None and before != int(value)):
        earlier = "" if before is None else f" after {before}"
        raise AppProtocolError(f"Content-Length of the response is not one number: {value[:100]!r}{earlier}")
    return int(value)


EncodedHeaders: TypeAlias = tuple[list[tuple[bytes, bytes]], int | None, list[str]]
"""Response headers as ASGI wants them, the Content-Length among them, the hop-by-hop ones that were left out."""


def encode_headers(headers: Iterable[tuple[str, str]]) -> EncodedHeaders:
    """Translate and check response headers.

    :raises AppProtocolError: for anything that is not a pair of legal strings; the message names the header.
    """
    encoded: list[tuple[bytes, bytes]] = []
    dropped: list[str] = []
    declared: int | None = None
    for pair in headers:
        try:
            name, value = pair
        except (TypeError, ValueError) as error:
            raise AppProtocolError(
                f"response header {pair!r} is not a (name, value) tuple (PEP 3333)"
            ) from error
        key = _encoded_names.get(name) or _encode_name(name)
        if key in HOP_BY_HOP:
            dropped.append(name)
            continue
        if (
            type(value) is str and value.isascii() and value.isprintable()
        ):  # nearly every value, legal at one look
            data = value.strip().encode("ascii")
        else:
            data = header_value(name, value)
        if key == b"content-length":
            if declared is not None:
                content_length(declared, data)
                continue  # RFC 9110 8.6: the same once more says nothing, and some servers refuse it
            plain = data.isdigit() and len(data) <= MAX_DIGITS  # at one look, again
            declared = int(data) if plain else content_length(None, data)
        encoded.append((key, data))
    return encoded, declared, dropped
