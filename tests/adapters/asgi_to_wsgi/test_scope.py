from __future__ import annotations

import string
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.adapters.asgi_to_wsgi import scope as scope_module
from bridgekit.adapters.asgi_to_wsgi.scope import build_scope
from bridgekit.adapters.wsgi_to_asgi.environ import build_environ
from bridgekit.exceptions import ServerProtocolError
from tests.helpers.wsgi_client import environ_of


def scope_of(**extra: Any) -> Any:
    return build_scope(environ_of(**extra))


def test_headers_are_lower_case_bytes_without_prefix() -> None:
    """RFC 3875 4.1.18; ASGI: names are lower-cased."""
    scope = scope_of(HTTP_X_USER="é", CONTENT_TYPE="text/plain", CONTENT_LENGTH="3", HTTP_HOST=None)
    assert sorted(scope["headers"]) == [
        (b"content-length", b"3"),
        (b"content-type", b"text/plain"),
        (b"x-user", b"\xe9"),
    ]


def test_content_headers_with_the_prefix_are_not_read() -> None:
    """A client's "Content_Length" ends up there."""
    scope = scope_of(
        HTTP_CONTENT_LENGTH="99", HTTP_CONTENT_TYPE="x/y", CONTENT_LENGTH="3", CONTENT_TYPE="text/plain"
    )
    content = sorted(pair for pair in scope["headers"] if pair[0].startswith(b"content"))
    assert content == [(b"content-length", b"3"), (b"content-type", b"text/plain")]


def test_empty_content_headers_are_no_headers() -> None:
    """wsgiref and mod_wsgi set them for every request."""
    scope = scope_of(CONTENT_LENGTH="", CONTENT_TYPE="")
    assert not [name for name, _ in scope["headers"] if name.startswith(b"content")]


@pytest.mark.parametrize(
    ("protocol", "version"),
    [("HTTP/1.0", "1.0"), ("HTTP/1.1", "1.1"), ("HTTP/2.0", "2"), ("HTTP/2", "2"), ("INCLUDED", "1.0")],
)
def test_http_version_is_one_of_those_that_asgi_names(protocol: str, version: str) -> None:
    assert scope_of(SERVER_PROTOCOL=protocol)["http_version"] == version


@pytest.mark.parametrize(
    ("name", "port", "scheme", "server"),
    [
        ("example.org", "8000", "http", ("example.org", 8000)),
        ("example.org", "", "https", ("example.org", 443)),
        ("example.org", "None", "http", ("example.org", 80)),
        ("/run/app.sock", "", "http", ("/run/app.sock", None)),
        ("unix:/run/app.sock", "None", "http", ("unix:/run/app.sock", None)),
    ],
)
def test_server_in_every_form_that_servers_give(
    name: str, port: str, scheme: str, server: tuple[str, int | None]
) -> None:
    scope = build_scope(environ_of() | {"SERVER_NAME": name, "SERVER_PORT": port, "wsgi.url_scheme": scheme})
    assert scope["server"] == server
    assert scope["scheme"] == scheme


@pytest.mark.parametrize(
    ("address", "port", "client"),
    [
        ("127.0.0.1", "5000", ("127.0.0.1", 5000)),
        ("127.0.0.1", 5000, ("127.0.0.1", 5000)),
        ("127.0.0.1", None, ("127.0.0.1", 0)),
        ("127.0.0.1", "", ("127.0.0.1", 0)),
        ("", "", None),
        (None, None, None),
    ],
)
def test_the_client_is_known_by_its_address_alone(address: str | None, port: object, client: object) -> None:
    """uWSGI, wsgiref and mod_wsgi give no REMOTE_PORT."""
    assert scope_of(REMOTE_ADDR=address, REMOTE_PORT=port)["client"] == client


def test_path_begins_with_root_path() -> None:
    """ASGI 2.4 clarification: ``path`` is the whole path of the target."""
    scope = scope_of(path="/x", SCRIPT_NAME="/api")
    assert (scope["root_path"], scope["path"], scope["raw_path"]) == ("/api", "/api/x", b"/api/x")


@pytest.mark.parametrize("key", ["REQUEST_URI", "RAW_URI"])
@pytest.mark.parametrize(
    "uri", ["/a%2Fb?x=1", "http://example.org/a%2Fb", "HTTPS://example.org:8000/a%2Fb?x"], ids=str
)
def test_raw_path_is_what_the_client_sent(key: str, uri: str) -> None:
    scope = scope_of(path="/a/b", **{key: uri})
    assert (scope["path"], scope["raw_path"]) == ("/a/b", b"/a%2Fb")


def test_a_rewritten_path_wins_over_the_raw_target() -> None:
    """mod_rewrite changes PATH_INFO and leaves REQUEST_URI."""
    scope = scope_of(path="/new é".encode().decode("latin-1"), REQUEST_URI="/old")
    assert (scope["path"], scope["raw_path"]) == ("/new é", b"/new%20%C3%A9")


def test_the_bytes_of_a_path_that_is_no_utf8_survive_in_raw_path() -> None:
    scope = scope_of(path="/\xe9", RAW_URI="/%E9")
    assert (scope["path"], scope["raw_path"]) == ("/\ufffd", b"/%E9")
    assert scope_of(path="/\xe9")["raw_path"] == b"/%E9"


def test_raw_query_bytes_pass() -> None:
    assert scope_of(QUERY_STRING="q=\xe9&r=%20")["query_string"] == b"q=\xe9&r=%20"


@pytest.mark.parametrize(
    ("target", "path"),
    [("http://shop.example/a%20b", "/a b"), ("HTTPS://shop.example", "/"), ("http://u:p@[::1]:80//x", "//x")],
)
@pytest.mark.parametrize("uri", [False, True], ids=["", "with REQUEST_URI"])
def test_an_absolute_form_is_its_path(target: str, path: str, uri: bool) -> None:
    """RFC 9112 3.2.2. wsgiref and uWSGI give it as PATH_INFO as it is, uWSGI with REQUEST_URI beside it."""
    extra = {"REQUEST_URI": f"{target}?a=http://b/c"} if uri else {}
    decoded = unquote_to_bytes(target).decode("latin-1")
    scope = scope_of(PATH_INFO=decoded, QUERY_STRING="a=http://b/c", **extra)
    assert (scope["path"], scope["root_path"]) == (path, "")
    assert unquote_to_bytes(scope["raw_path"]) == path.encode()
    assert scope["query_string"] == b"a=http://b/c"


def test_the_asterisk_target_is_a_path() -> None:
    """RFC 9112 3.2.4: OPTIONS *."""
    scope = scope_of(method="OPTIONS", path="*", RAW_URI="*")
    assert (scope["path"], scope["raw_path"]) == ("*", b"*")


def test_text_beyond_latin_1_is_the_servers_fault() -> None:
    with pytest.raises(ServerProtocolError, match="PEP 3333"):
        scope_of(QUERY_STRING="\u20ac")


@pytest.mark.parametrize("key", ["PATH_INFO", "SCRIPT_NAME", "QUERY_STRING", "HTTP_X"])
def test_a_value_that_is_no_text_is_the_servers_fault(key: str) -> None:
    with pytest.raises(ServerProtocolError, match="PEP 3333"):
        scope_of(**{key: b"bytes"})


def test_what_is_remembered_of_one_request_does_not_show_in_the_next() -> None:
    """Same keys, same path, other values."""
    first = scope_of(path="/a", RAW_URI="/%61", HTTP_X="1", CONTENT_TYPE="")
    second = scope_of(path="/a", RAW_URI="/a", HTTP_X="2", CONTENT_TYPE="text/plain")
    assert (first["raw_path"], second["raw_path"]) == (b"/%61", b"/a")
    assert (b"x", b"1") in first["headers"]
    assert (b"x", b"2") in second["headers"]
    assert b"content-type" not in dict(first["headers"])
    assert dict(second["headers"])[b"content-type"] == b"text/plain"


def test_memory_for_what_clients_choose_is_bounded() -> None:
    """Header names and paths are theirs: neither many nor long ones may pile up."""
    for number in range(3 * scope_module.MAX_PLANS):
        scope_of(path=f"/{number}", **{f"HTTP_X_{number}": "1"})
    assert len(scope_module._plans) <= scope_module.MAX_PLANS
    assert scope_module._remembered_paths.cache_info().currsize <= scope_module.MAX_PLANS
    before = scope_module._remembered_paths.cache_info().misses
    long = "x" * scope_module.MAX_REMEMBERED
    assert scope_of(path=f"/{long}")["path"] == f"/{long}"
    assert dict(scope_of(**{f"HTTP_{long}": "1"})["headers"])[long.encode()] == b"1"
    assert not any(f"HTTP_{long}" in keys for keys in scope_module._plans)
    assert scope_module._remembered_paths.cache_info().misses == before + 1, (
        "the second request's own path alone"
    )


def test_what_belongs_to_bridgekit_is_handed_on() -> None:
    """docs/design.md, "How timing crosses an adapter": the same object, never a copy."""
    record = object()
    assert scope_of(**{"bridgekit.timing": record})["bridgekit.timing"] is record


def test_the_environ_is_reachable_and_safe_to_print() -> None:
    scope = scope_of(HTTP_COOKIE="session=secret")
    assert scope["wsgi_environ"]["HTTP_COOKIE"] == "session=secret"
    assert "secret" not in repr(scope["wsgi_environ"])


token = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=8).filter(
    lambda name: name not in ("proxy", "content-length", "content-type", "cookie", "host")
)
segment = st.text(st.characters(exclude_characters="/?#", exclude_categories=["Cs"]), max_size=6)


@st.composite
def scopes(draw: st.DrawFn) -> dict[str, Any]:
    root = draw(st.sampled_from(["", "/api", "/a/b"]))
    rest = "/" + "/".join(draw(st.lists(segment, max_size=3)))
    path = root + rest
    names = draw(st.lists(token, unique=True, max_size=4))
    values = st.binary(max_size=6).filter(lambda v: not set(v) & {0, 10, 13})
    return {
        "type": "http",
        "http_version": draw(st.sampled_from(["1.0", "1.1", "2", "3"])),
        "method": draw(st.sampled_from(["GET", "POST", "HEAD", "PATCH"])),
        "scheme": draw(st.sampled_from(["http", "https"])),
        "path": path,
        "raw_path": "".join(
            chr(b) if chr(b) in string.ascii_letters + "/" and draw(st.booleans()) else f"%{b:02X}"
            for b in path.encode()
        ).encode(),
        "query_string": draw(st.binary(max_size=8).filter(lambda q: not set(q) & {0x23, 0x3F})),
        "root_path": root,
        "headers": [(name.encode(), draw(values)) for name in names],
        "client": draw(st.one_of(st.none(), st.tuples(st.just("10.0.0.1"), st.integers(1, 65535)))),
        "server": draw(st.tuples(st.just("example.org"), st.integers(1, 65535))),
    }


@given(scopes())
def test_a_scope_survives_the_round_trip(scope: dict[str, Any]) -> None:
    """`build_scope` is the inverse of `build_environ`."""
    back = build_scope(build_environ(scope))
    assert {key: back[key] for key in scope} == scope
    assert unquote_to_bytes(back["raw_path"]).decode() == back["path"]
