"""--diff: what is rewritten works in both modes on a running Django; what is not sure is left alone."""

from __future__ import annotations

import asyncio
import importlib
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("django")

from django.http import HttpRequest, HttpResponse

from bridgekit.check.findings.report import Report, StackReport
from bridgekit.check.fixes.diff import render_diff
from bridgekit.check.fixes.rewriting import convert
from bridgekit.check.fixes.verified import Convertible, find_convertible
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.middleware_chain.requests import Server
from tests.check.building import build_stack
from tests.middleware_chain.oracle import django_with

FUNCTION = '''
"""Project middleware."""

import time

VERSION = "1"


def M(get_response):
    """Stamp every response."""

    def middleware(request):
        started = time.perf_counter()
        if request.path.startswith("/x"):
            request.fast = "ä"; response = get_response(request)
        else:
            return HttpResponse("early")
        response["X-Version"] = VERSION
        response.headers.setdefault("X-Time", f"{time.perf_counter() - started:.0f}")
        return response

    return middleware


from django.http import HttpResponse
'''
CLASS = '''
"""Project middleware."""
from __future__ import annotations


class M:
    """Stamp every response."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Stamp it."""
        response = self.get_response(request)
        response["X-Version"] = "1"
        return response


AFTER = M
'''

KEEPING = """
from django.http import HttpResponse

class M:
    def __init__(
        self, get_response
    ):
        self.blocked = ("/no", "/never")
        self.get_response = get_response
        self.stamp = "1"

    def __call__(self, request):
        if request.path in self.blocked:
            return HttpResponse(status=403)
        response = self.get_response(request)
        response["X-Version"] = self.stamp.strip()
        return response
"""


def convertible(tmp_path: Path, source: str) -> Convertible | str:
    subject = build_stack(tmp_path, source)
    definition = subject.middleware[0].definition
    assert definition is not None
    return find_convertible(definition)


def rewritten(tmp_path: Path, source: str) -> str:
    found = convertible(tmp_path, source)
    assert isinstance(found, Convertible), found
    return convert(textwrap.dedent(source), [found])


def loaded(tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    folder = tmp_path / "rewritten"
    folder.mkdir()
    (folder / "rewritten_app.py").write_text(source, "utf-8")
    monkeypatch.syspath_prepend(folder)
    sys.modules.pop("rewritten_app", None)
    return importlib.import_module("rewritten_app").M


@pytest.mark.parametrize("source", [FUNCTION, CLASS, KEEPING], ids=["function", "class", "keeping"])
def test_the_patched_middleware_works_in_both_modes(
    tmp_path: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same response, sync and async, and Django's two flags."""
    with django_with([]):
        factory = loaded(tmp_path, rewritten(tmp_path, source), monkeypatch)
        assert (factory.sync_capable, factory.async_capable) == (True, True)
        request = HttpRequest()
        request.path = "/x"

        async def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse("hello")

        async def call() -> HttpResponse:
            instance = factory(view)
            assert importlib.import_module("asgiref.sync").iscoroutinefunction(instance)
            return await instance(request)

        plain = factory(lambda request: HttpResponse("hello"))(request)
        awaited = asyncio.run(call())
        assert plain.headers == awaited.headers
        assert plain["X-Version"] == "1"
        assert plain.content == awaited.content == b"hello"


def test_line_ends_are_kept(tmp_path: Path) -> None:
    """A file with CRLF stays one."""
    source = FUNCTION.replace("\n", "\r\n")
    found = convertible(tmp_path, FUNCTION)
    assert isinstance(found, Convertible)
    assert convert(source, [found]).replace("\r\n", "").count("\n") == 0


def test_an_encoding_comment_stays_first(tmp_path: Path) -> None:
    """Python looks for it in the first two lines; without imports ours go before the first statement."""
    source = "#!/usr/bin/env python\n# coding: utf-8\ndef M(get_response):\n    def m(request):\n        return get_response(request)\n    return m\n"
    lines = rewritten(tmp_path, source).splitlines()
    assert lines[1:3] == ["# coding: utf-8", "from asgiref.sync import iscoroutinefunction"]
    assert "@sync_and_async_middleware" in lines


def function(body: str, before: str = "") -> str:
    text = textwrap.indent(textwrap.dedent(body).strip(), "        ")
    return f"import time, threading\nfrom django.conf import settings\n{before}\ndef M(get_response):\n    def middleware(request):\n{text}\n    return middleware\n"


@pytest.mark.parametrize(
    "body",
    [
        "return get_response(request)",
        "request.started = time.monotonic()\nreturn get_response(request)",
        "response = get_response(request)\nif settings.DEBUG:\n    response['X'] = str(len(request.META))\nreturn response",
    ],
)
def test_plain_bodies_are_convertible(tmp_path: Path, body: str) -> None:
    """Headers, clocks, settings, pure functions."""
    assert isinstance(convertible(tmp_path, function(body)), Convertible)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("request.name = request.user.name\nreturn get_response(request)", "request.user"),
        ("request.session['a'] = 1\nreturn get_response(request)", "request.session"),
        ("time.sleep(1)\nreturn get_response(request)", "time.sleep"),
        ("audit(request)\nreturn get_response(request)", "audit(request)"),
        ("with lock:\n    return get_response(request)", "with lock"),
        ("try:\n    return get_response(request)\nfinally:\n    pass", "try:"),
        ("state.user = 1\nreturn get_response(request)", "state.user"),
        (
            "response = get_response(request)\nresponse.content = response.content.upper()\nreturn response",
            "response.content",
        ),
        ("return get_response(request) or get_response(request)", "exactly once"),
        ("return decorate(get_response)(request)", "exactly once"),
        ("return get_response(request, 1)", "with the request alone"),
        ("return get_response(request)['X']", "before it has a name"),
        ("if get_response(request).has_header('X'):\n    return None", "before it has a name"),
        ("rows = [get_response(request) for x in range(2)]\nreturn rows[0]", "may block"),
        ("global x\nx = 1\nreturn get_response(request)", "global x"),
    ],
)
def test_whatever_may_block_is_left_alone_with_the_reason(tmp_path: Path, body: str, reason: str) -> None:
    """One part that is not known to be harmless on the event loop is enough."""
    found = convertible(tmp_path, function(body))
    assert isinstance(found, str)
    assert reason in found


@pytest.mark.parametrize(
    "source",
    [
        "from functools import lru_cache\n@lru_cache\ndef M(get_response):\n    def m(request):\n        return get_response(request)\n    return m\n",
        "def M(get_response):\n    cache = {}\n    def m(request):\n        return get_response(request)\n    return m\n",
        "class B: pass\nclass M(B):\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n        return self.get_response(request)\n",
        "def M(get_response):\n    def m(request): return get_response(request)\n    return m\n",
        'def M(get_response):\n    def m(request):\n        request.text = """a\n        b"""\n        return get_response(request)\n    return m\n',
        CLASS.replace("    def __call__", "    def process_view(self, *a): pass\n\n    def __call__"),
        CLASS.replace(
            "self.get_response = get_response", "self.get_response = get_response\n        connect()"
        ),
        KEEPING.replace('self.stamp = "1"', "self.stamp = []"),
        KEEPING.replace('self.stamp = "1"', "self.stamp = make()"),
        KEEPING.replace('self.stamp = "1"', "self.async_mode = False"),
        KEEPING.replace('self.stamp = "1"', "self.get_response = None"),
        KEEPING.replace("self.stamp.strip()", "self.other"),
        KEEPING.replace("def __call__(self, request)", "def __call__(self, request, *rest)"),
        KEEPING.replace(
            "response = self.get_response", "self.stamp = '2'\n        response = self.get_response"
        ),
    ],
)
def test_other_shapes_are_left_alone(tmp_path: Path, source: str) -> None:
    """Decorators, bases, state and hooks may depend on what the flag changes."""
    assert isinstance(convertible(tmp_path, source), str)


def report_of(tmp_path: Path, source: str | bytes) -> Report:
    subject = build_stack(tmp_path, source)
    return Report(str(tmp_path), Server.ASGI, [StackReport("s", str(tmp_path / "s.py"), [subject])], [])


def test_the_output_is_a_patch_with_remarks(tmp_path: Path) -> None:
    """Lines that begin with # are no part of a unified diff: patch(1) and git apply skip them."""
    text = render_diff(report_of(tmp_path, FUNCTION))
    assert text.startswith("--- a/app.py\n+++ b/app.py\n@@")
    assert "+@sync_and_async_middleware\n" in text
    refused = render_diff(report_of(tmp_path, function("time.sleep(1)\nreturn get_response(request)")))
    assert (
        refused == "# app.M: not changed, because line 6 may block or depends on its thread: time.sleep(1)\n"
    )


def test_a_class_with_a_subclass_is_left_alone(tmp_path: Path) -> None:
    """The subclass would inherit the flag, and its __call__ may not keep the promise."""
    (tmp_path / "other.py").write_text("from app import M\n\nclass Child(M):\n    pass\n", "utf-8")
    assert "other.py has a subclass" in render_diff(report_of(tmp_path, CLASS))


def test_a_class_is_left_alone_where_the_run_ends_before_its_subclasses_are_searched_for(
    tmp_path: Path,
) -> None:
    """The search read the whole project for each class, however long that took."""
    report = report_of(tmp_path, CLASS)
    assert "+    async_capable = True" in render_diff(report)
    ended = replace(report, bounds=RunBounds(3, clock=map(float, count()).__next__))
    (tmp_path / "other").mkdir()
    assert render_diff(ended) == (
        "# app.M: not changed, because the run's bound of 3 seconds was reached before all files were searched for a subclass\n"
    )


def test_an_alias_and_a_call_of_type_are_subclasses_too(tmp_path: Path) -> None:
    """Under another name it inherits the flag all the same; a file that cannot be read may hold one."""
    for content in (
        "from app import M as Base\n\nclass Child(Base):\n    pass\n",
        "import app\nBase = app.M\n\nclass Child(Base):\n    pass\n",
        "import app\nChild = type('Child', (app.M,), {})\n",
    ):
        (tmp_path / "other.py").write_text(content, "utf-8")
        assert "other.py has a subclass" in render_diff(report_of(tmp_path, CLASS))
    (tmp_path / "other.py").write_text("class Child(M:\n", "utf-8")
    assert "other.py cannot be parsed" in render_diff(report_of(tmp_path, CLASS))
    (tmp_path / "other.py").unlink()
    os.mkfifo(tmp_path / "other.py")
    assert "other.py is not a regular file, so that" in render_diff(report_of(tmp_path, CLASS))


@pytest.mark.parametrize(
    "source",
    [
        FUNCTION.strip() + "\n\f\n" + "NUMBER = 1\n",
        "\f\n" + FUNCTION.strip(),
        "\ufeff" + FUNCTION.strip() + "\n",
        "\ufeffdef M(get_response):\n    def m(request):\n        return get_response(request)\n    return m",
        "X = '\u2028\x1c\x85'\n" + CLASS.strip().replace("from __future__ import annotations", ""),
        FUNCTION.strip().replace("    ", "\t"),
        CLASS.strip().replace("    ", "\t"),
        FUNCTION.replace("\n", "\r\n"),
    ],
    ids=["form-feed", "form-feed-first", "bom", "bom-alone", "separators", "tabs", "tabs-class", "crlf"],
)
def test_the_patch_applies_and_compiles(tmp_path: Path, source: str) -> None:
    """Whatever stands between the lines: git takes the patch, and the file stays what it was elsewhere."""
    patch = render_diff(report_of(tmp_path, source.encode()))
    assert patch.startswith("--- a/app.py\n")
    subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"], input=patch.encode(), cwd=tmp_path, check=True
    )
    after = (tmp_path / "app.py").read_bytes()
    compile(after, "app.py", "exec")
    assert b"asgiref" in after
    assert after.startswith(b"\xef\xbb\xbf") == source.startswith("\ufeff")
    assert after.count(b"\f") == source.count("\f")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (FUNCTION.encode().replace(b"\n", b"\r"), "carriage return alone"),
        (b"# coding: latin-1\n" + FUNCTION.encode("latin-1"), "is written in iso-8859-1"),
    ],
)
def test_what_a_patch_cannot_say_is_left_alone(tmp_path: Path, source: bytes, reason: str) -> None:
    """A patch is UTF-8 with line feeds."""
    text = render_diff(report_of(tmp_path, source))
    assert text.startswith("# app.py: not changed, because the file ")
    assert reason in text
