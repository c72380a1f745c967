"""The environ of a scope: paths, headers, addresses in every form that servers give, and nothing secret on debug pages."""

from __future__ import annotations

import copy
import io
import json
import pickle
import pprint
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_from_bytes
from wsgiref import validate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.adapters.shared.headers import MAX_CACHED_NAMES, RequestNames, cgi_name
from bridgekit.adapters.shared.opaque import OpaqueMapping
from bridgekit.adapters.wsgi_to_asgi.environ import build_environ
from bridgekit.typing import Environ, StartResponse
from tests.helpers.asgi_driver import LOOPS, Connection, http_scope

SECRET = "s3cr3t-session-value"


def paths_of(scope: Any) -> tuple[str, str]:
    environ = build_environ(scope)
    return environ["SCRIPT_NAME"], environ["PATH_INFO"]


@pytest.mark.parametrize(
    ("root_path", "path", "expected"),
    [
        ("", "/x", ("", "/x")),
        ("/api", "/api/x", ("/api", "/x")),
        ("/api", "/x", ("/api", "/x")),
        ("/api", "/api", ("/api", "")),
        ("/api", "/api/", ("/api", "/")),
        ("/api", "/apifoo/x", ("/api", "/apifoo/x")),
        ("/api", "/apifoo", ("/api", "/apifoo")),
        ("/api/", "/api/x", ("/api", "/x")),
        ("/api/", "/api//x", ("/api", "/x")),
        ("/api/", "/api//", ("/api", "/")),
        ("/api/", "/api///x", ("/api", "//x")),
        ("/api/", "/x", ("/api", "/x")),
        ("/api/", "/api/", ("/api", "/")),
        ("/api/", "/api", ("/api", "")),
        ("/", "/x", ("", "/x")),
        ("/", "//x", ("", "/x")),
        ("api", "/api/x", ("/api", "/x")),
        ("/api", "/api/api/x", ("/api", "/api/x")),
        ("/é", "/é/x", ("/\xc3\xa9", "/x")),
        ("/é", "/x", ("/\xc3\xa9", "/x")),
        ("/é/", "/é//x", ("/\xc3\xa9", "/x")),
        ("/é", "/éa/x", ("/\xc3\xa9", "/\xc3\xa9a/x")),
    ],
)
def test_root_path_in_both_habits(root_path: str, path: str, expected: tuple[str, str]) -> None:
    """ASGI "HTTP", root_path: the same as SCRIPT_NAME; path holds it since 2024, and did not before."""
    raw = quote_from_bytes(path.encode()).encode()
    for scope in (
        http_scope(path, root_path=root_path, raw_path=raw),
        http_scope(path, root_path=root_path, raw_path=None),
        http_scope(path, root_path=root_path, raw_path=...),
    ):
        assert paths_of(scope) == expected


@pytest.mark.parametrize("root_path", ["/api", "/api/", "api", "/"])
def test_a_root_with_slashes_keeps_the_request_uri_in_step(root_path: str) -> None:
    """uvicorn puts ``--root-path`` before the path as it was written: REQUEST_URI is SCRIPT_NAME and PATH_INFO, quoted."""
    path = root_path + "/a b"
    environ = build_environ(http_scope(path, root_path=root_path, raw_path=path.replace(" ", "%20").encode()))
    assert environ["PATH_INFO"] == "/a b"
    assert environ["REQUEST_URI"] == environ["SCRIPT_NAME"] + "/a%20b"


@pytest.mark.parametrize(
    ("target", "path_info"),
    [
        ("http://shop.example/a/b", "/a/b"),
        ("HTTPS://user@shop.example:81/a", "/a"),
        ("http://shop.example", "/"),
        ("http://shop.example/", "/"),
        ("http:///a", "/a"),
        ("*", "*"),
        ("ftp://shop.example/a", "ftp://shop.example/a"),
    ],
)
@pytest.mark.parametrize("root_path", ["", "/api", "/api/"])
def test_absolute_form_of_the_target(target: str, path_info: str, root_path: str) -> None:
    """RFC 9112 3.2.2: servers must accept it. Some ASGI servers hand it on as the path, behind the root where there is one."""
    if root_path and path_info == target:
        root_path = ""  # without a slash nobody can tell where the root ends
    whole = root_path + target
    environ = build_environ(http_scope(whole, root_path=root_path, raw_path=whole.encode()))
    assert environ["PATH_INFO"] == path_info
    assert environ["REQUEST_URI"] == root_path.rstrip("/") + path_info


def test_absolute_form_with_bytes_that_are_no_utf_8() -> None:
    environ = build_environ(http_scope("http://h/\ufffd", raw_path=b"http://h/%E9"))
    assert (environ["PATH_INFO"], environ["REQUEST_URI"]) == ("/\xe9", "/%E9")


path_bytes = st.binary(max_size=30).map(lambda tail: b"/" + tail)


@given(path_bytes)
def test_path_info_has_the_bytes_of_the_request(raw: bytes) -> None:
    """PEP 3333 "Unicode Issues": whatever bytes the client sent, they are in PATH_INFO, one character each."""
    scope = http_scope(raw.decode("utf-8", "replace"), raw_path=quote_from_bytes(raw).encode())
    assert paths_of(scope)[1].encode("latin-1") == raw


@given(path_bytes, st.sampled_from(["/api", "/é", "/a%20b", "/a b"]))
def test_path_info_has_the_bytes_below_a_root(tail: bytes, root: str) -> None:
    """The same with a root, for servers that put it before both paths (uvicorn) and for those that do not."""
    whole = root.encode() + tail
    for raw, path in ((whole, whole), (tail, whole), (tail, tail)):
        if path is tail and tail.startswith(root.encode()):
            continue
        scope = http_scope(
            path.decode("utf-8", "replace"), root_path=root, raw_path=quote_from_bytes(raw).encode()
        )
        script_name, path_info = paths_of(scope)
        assert script_name.encode("latin-1") == root.encode()
        assert path_info.encode("latin-1") == tail


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda tail: "/" + tail))
def test_rewritten_path_wins_over_raw_path(path: str) -> None:
    """A middleware that rewrites ``path`` leaves ``raw_path`` behind: it is used only where the two agree."""
    scope = http_scope(path, raw_path=b"/elsewhere/%C3%A9")
    assert paths_of(scope)[1].encode("latin-1") == path.encode()


def test_raw_path_with_a_query() -> None:
    """The specification has it without the query string; some servers had it with it."""
    environ = build_environ(http_scope("/é", raw_path=b"/%C3%A9?a=1", query_string=b"a=1"))
    assert environ["PATH_INFO"] == "/\xc3\xa9"
    assert environ["REQUEST_URI"] == environ["RAW_URI"] == "/%C3%A9?a=1"


@pytest.mark.parametrize("raw", [None, ..., b""])
def test_request_uri_without_raw_path(raw: Any) -> None:
    """The best that can be said: the path, quoted again."""
    environ = build_environ(http_scope("/a b/é", raw_path=raw, query_string=b"q"))
    assert environ["REQUEST_URI"] == "/a%20b/%C3%A9?q"


@given(st.text(max_size=20).map(lambda tail: "/" + tail), st.text(max_size=5), st.binary(max_size=10))
def test_no_scope_is_too_strange(path: str, root: str, query: bytes) -> None:
    """Any text, lone surrogates included, gives an environ of latin-1 strings, and no exception."""
    environ = build_environ(http_scope(path, root_path=root, query_string=query, raw_path=None))
    for value in environ.values():
        if isinstance(value, str):
            value.encode("latin-1")
    assert environ["QUERY_STRING"].encode("latin-1") == query


def test_scope_with_nothing_optional() -> None:
    """ASGI "HTTP": every key that is optional may be missing."""
    environ = build_environ(
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/",
            "headers": [],
        }
    )
    environ["wsgi.input"] = io.BytesIO()
    vars(validate)["check_environ"](environ)
    assert environ["QUERY_STRING"] == ""
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("localhost", "80")
    assert environ["REMOTE_ADDR"] == ""
    assert "REMOTE_PORT" not in environ


@pytest.mark.parametrize(
    ("server", "host", "scheme", "expected"),
    [
        (("example.org", 8000), None, "http", ("example.org", "8000")),
        (["example.org", 8000], None, "http", ("example.org", "8000")),
        (iter(["example.org", 8000]), None, "http", ("example.org", "8000")),
        (("example.org", "8000"), None, "http", ("example.org", "8000")),
        (("example.org", None), None, "https", ("example.org", "443")),
        (("example.org", ""), None, "http", ("example.org", "80")),
        (("example.org", "None"), None, "http", ("example.org", "80")),
        (("/run/app.sock", None), b"shop.example:8443", "https", ("shop.example", "8443")),
        (("/run/app.sock", None), b"shop.example", "https", ("shop.example", "443")),
        (("unix:/run/app.sock", None), None, "http", ("localhost", "80")),
        (("\0abstract", None), b"[::1]", "http", ("[::1]", "80")),
        (None, b"[::1]:81", "http", ("[::1]", "81")),
        (None, b"shop.example:", "http", ("shop.example", "80")),
        (None, b":80", "http", ("localhost", "80")),
        (("", 8000), None, "http", ("localhost", "8000")),
        (("::1", 8000), None, "http", ("::1", "8000")),
        (["::1", 0], b"[::1]:0", "http", ("::1", "0")),
        (["/run/app.sock", "0"], b"shop.example", "http", ("shop.example", "80")),
        (("/run/app.sock", 0), b"shop.example:81", "http", ("shop.example", "81")),
        (("example.org", 0), None, "http", ("example.org", "80")),
    ],
)
def test_server_in_every_form(
    server: Any, host: bytes | None, scheme: str, expected: tuple[str, str]
) -> None:
    """PEP 3333: SERVER_NAME and SERVER_PORT are strings and never empty."""
    headers = [] if host is None else [(b"host", host)]
    environ = build_environ({**http_scope(server=server, scheme=scheme), "headers": headers})
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == expected


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (("192.0.2.1", 4000), ("192.0.2.1", "4000")),
        (["192.0.2.1", 4000], ("192.0.2.1", "4000")),
        (iter(("192.0.2.1", 4000)), ("192.0.2.1", "4000")),
        (("192.0.2.1", "4000"), ("192.0.2.1", "4000")),
        (("192.0.2.1", None), ("192.0.2.1", None)),
        (("192.0.2.1", "None"), ("192.0.2.1", None)),
        (["192.0.2.1"], ("192.0.2.1", None)),
        (("192.0.2.1", 0), ("192.0.2.1", None)),
        (["", "0"], ("", None)),
        (("/run/app.sock", 0), ("", None)),
        ([], ("", None)),
        ((None, None), ("", None)),
        (None, ("", None)),
        (..., ("", None)),
        ("192.0.2.1", ("", None)),
    ],
)
def test_client_in_every_form(client: Any, expected: tuple[str, str | None]) -> None:
    """DESIGN 16; asgiref's crash on one of them fails hundreds of Falcon's tests."""
    environ = build_environ(http_scope(client=client))
    assert (environ["REMOTE_ADDR"], environ.get("REMOTE_PORT")) == expected


@pytest.mark.parametrize("version", ["1.0", "1.1", "2", "3"])
def test_server_protocol_is_the_http_version(version: str) -> None:
    """RFC 3875 4.1.16: SERVER_PROTOCOL."""
    assert build_environ(http_scope(http_version=version))["SERVER_PROTOCOL"] == f"HTTP/{version}"


# Headers


def headers_of(*headers: tuple[bytes, bytes], **options: Any) -> dict[str, str]:
    environ = build_environ(http_scope(headers=headers), **options)
    del environ["HTTP_HOST"]
    return {name: value for name, value in environ.items() if name.startswith(("HTTP_", "CONTENT_"))}


def test_repeated_headers_are_joined() -> None:
    """RFC 9110 5.3: a list by commas; RFC 9113 8.2.3: cookie crumbs by "; "."""
    assert headers_of(
        (b"accept", b"a"), (b"cookie", b"a=1"), (b"accept", b"b"), (b"cookie", b"b=2"), (b"cookie", b"c=3")
    ) == {"HTTP_ACCEPT": "a,b", "HTTP_COOKIE": "a=1; b=2; c=3"}


def test_names_with_underscores_are_dropped() -> None:
    """X_User would fall together with X-User, which a proxy may set to the authenticated user."""
    headers = [(b"x-user", b"alice"), (b"x_user", b"mallory"), (b"x_only", b"1")]
    for order in (headers, headers[::-1]):
        assert headers_of(*order) == {"HTTP_X_USER": "alice"}
    assert headers_of(*headers, allow_underscores=True) == {
        "HTTP_X_USER": "alice,mallory",
        "HTTP_X_ONLY": "1",
    }


@pytest.mark.parametrize(
    "name", [b"content_length", b"Content_Length", b"content_type", b"transfer_encoding"]
)
def test_underscores_do_not_forge_framing(name: bytes) -> None:
    """The same for the names without prefix: a forged length would move the end of the body."""
    assert headers_of((name, b"0")) == {}
    assert headers_of((name, b"0"), allow_underscores=True) == {}


@pytest.mark.parametrize("options", [{}, {"allow_underscores": True}])
def test_proxy_header_is_dropped(options: dict[str, Any]) -> None:
    """CVE-2016-5385 "httpoxy": HTTP_PROXY is what HTTP clients take for their own proxy."""
    assert headers_of((b"proxy", b"http://evil"), (b"Proxy", b"x"), **options) == {}


def test_names_in_any_case() -> None:
    """ASGI 2.5 allows names that are not in lower case."""
    assert headers_of((b"Content-Type", b"a"), (b"CONTENT-LENGTH", b"1"), (b"X-Y", b"b"), (b"x-y", b"c")) == {
        "CONTENT_TYPE": "a",
        "CONTENT_LENGTH": "1",
        "HTTP_X_Y": "b,c",
    }


def test_headers_as_any_iterable() -> None:
    """ASGI "HTTP": headers are an iterable of two-item iterables."""
    for headers in (iter([[b"x-a", b"1"]]), ((b"x-a", b"1"),), [iter((b"x-a", b"1"))]):
        assert build_environ({**http_scope(), "headers": headers})["HTTP_X_A"] == "1"


@given(
    st.lists(
        st.tuples(
            st.from_regex(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}", fullmatch=True),
            st.binary(max_size=10),
        ),
        max_size=12,
    )
)
def test_headers_against_an_oracle(headers: list[tuple[bytes, bytes]]) -> None:
    """Every header that is not left out is there, by the plainest reading of RFC 3875 4.1.18."""
    expected: dict[str, list[str]] = {}
    for name, value in headers:
        if b"_" in name or name.lower() in (b"proxy", b"host", b"content-length"):
            continue
        key = name.decode().upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else "HTTP_" + key
        expected.setdefault(key, []).append(value.decode("latin-1"))
    headers = [pair for pair in headers if pair[0].lower() not in (b"host", b"content-length")]
    assert headers_of(*headers) == {
        key: ("; " if key == "HTTP_COOKIE" else ",").join(values) for key, values in expected.items()
    }


def test_memory_for_header_names_is_bounded() -> None:
    """A client chooses the names that it sends; they must not fill the memory."""
    names = RequestNames(allow_underscores=False)
    for number in range(MAX_CACHED_NAMES * 3):
        assert names[b"x-%d" % number] == f"HTTP_X_{number}"
    assert len(names) == MAX_CACHED_NAMES
    assert cgi_name(b"content-type") == "CONTENT_TYPE"


def test_environ_of_the_process_is_not_leaked(monkeypatch: pytest.MonkeyPatch) -> None:
    """PEP 3333 allows os.environ in it; secrets are there. SCRIPT_NAME of the process means nothing, either."""
    monkeypatch.setenv("DATABASE_PASSWORD", SECRET)
    monkeypatch.setenv("SCRIPT_NAME", "/wrong")
    environ = build_environ(http_scope("/x"))
    assert SECRET not in str(environ)
    assert environ["SCRIPT_NAME"] == ""


# The scope inside


def secret_scope(**more: Any) -> Any:
    return http_scope("/x", headers=[(b"cookie", b"sessionid=" + SECRET.encode()), (b"x-safe", b"1")], **more)


def test_scope_is_reachable_by_code() -> None:
    """a2wsgi's key: applications use it."""
    scope = secret_scope()
    inside = build_environ(scope)["asgi.scope"]
    assert dict(inside) == dict(scope)
    assert inside["headers"] is scope["headers"]
    assert inside.get("nothing") is None
    assert inside["state"] is scope["state"]


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        format,
        "{}".format,
        "{0!r:>10}".format,
        "%s".__mod__,
        "%r".__mod__,
        ascii,
        pprint.pformat,
        pprint.saferepr,
        lambda value: repr([value]),
        lambda value: repr({"environ": {"asgi.scope": value}}),
        lambda value: pprint.pformat({"environ": {"asgi.scope": value}}, width=20),
        lambda value: repr(copy.copy(value)),
        lambda value: repr(pickle.loads(pickle.dumps(value))),
        lambda value: repr(copy.deepcopy(value)),
        lambda value: repr(value.copy()),
        lambda value: repr(value | {}),
    ],
)
def test_scope_shows_no_values(show: Callable[[Any], str]) -> None:
    """DESIGN 15: safe to print, however it is printed."""
    scope = secret_scope(state={})
    shown = show(build_environ(scope)["asgi.scope"])
    assert SECRET not in shown
    assert "sessionid" not in shown


def test_scope_changes_through_the_mapping() -> None:
    """a2wsgi's key holds the scope itself: what is set there is set in the scope."""
    scope = secret_scope()
    inside = build_environ(scope)["asgi.scope"]
    inside["mine"] = 1
    assert scope["mine"] == 1
    del inside["mine"]
    assert "mine" not in scope
    assert len(inside) == len(scope)


def test_scope_does_not_slip_into_json() -> None:
    """A log formatter that writes the environ as JSON fails on the scope's bytes; a lenient one shows the keys only."""
    inside = build_environ(secret_scope())["asgi.scope"]
    try:
        text = json.dumps({"asgi.scope": inside}, default=repr)
    except TypeError:
        return
    assert SECRET not in text


def test_opaque_mapping_survives_pickling_with_its_content() -> None:
    """Copies keep content and discretion."""
    inside = OpaqueMapping({"a": 1})
    for made in (copy.copy(inside), copy.deepcopy(inside), pickle.loads(pickle.dumps(inside))):
        assert type(made) is OpaqueMapping
        assert dict(made) == {"a": 1}


DJANGO_PAGES = """
import sys
from django.conf import settings
settings.configure(DEBUG=True, ALLOWED_HOSTS=["*"], ROOT_URLCONF="__main__", SECRET_KEY="x")
import django
django.setup()
from django.core.handlers.wsgi import WSGIHandler
from django.urls import path
from bridgekit import WSGIToASGI
from tests.adapters.wsgi_to_asgi.test_environ import secret_scope
from tests.helpers.asgi_driver import LOOPS, Connection

def fail(request):
    assert request.COOKIES["sessionid"]
    raise ZeroDivisionError

urlpatterns = [path("x", fail)]
for accept in (b"text/html", b"text/plain"):
    scope = secret_scope()
    scope["headers"].append((b"accept", accept))
    response = LOOPS[0].serve(WSGIToASGI(WSGIHandler()), Connection(scope))
    assert response.status == 500
    print(response.header(b"content-type"), response.body.decode())
"""


def test_django_debug_page_does_not_show_the_cookie() -> None:
    """DESIGN 15: Django's technical 500 page prints the whole environ, and its filter knows HTTP_COOKIE by name only."""
    pytest.importorskip("django")
    done = subprocess.run(
        [sys.executable, "-c", DJANGO_PAGES], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("asgi.scope") >= 2
    assert "text/html" in done.stdout
    assert "text/plain" in done.stdout
    assert SECRET not in done.stdout


def test_werkzeug_debugger_does_not_show_the_cookie() -> None:
    """DESIGN 15: Werkzeug's debugger, its page and its console's dump of a value."""
    pytest.importorskip("werkzeug")
    from werkzeug.debug import DebuggedApplication
    from werkzeug.debug.repr import debug_repr

    from bridgekit import WSGIToASGI

    shown: list[str] = []

    def app(environ: Environ, start_response: StartResponse) -> list[bytes]:
        shown.append(debug_repr({"asgi.scope": environ["asgi.scope"]}))
        raise ZeroDivisionError(f"the scope was {environ['asgi.scope']!r}")

    adapter = WSGIToASGI(DebuggedApplication(app, evalex=True, pin_security=False))
    response = LOOPS[0].serve(adapter, Connection(secret_scope()))
    adapter.pool.shutdown()
    assert response.status == 500
    assert b"the scope was" in response.body
    assert SECRET.encode() not in response.body
    assert SECRET not in shown[0]
