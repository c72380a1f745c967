"""BRG103: streams of the kind that the server does not serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.async_views.checking import findings

pytest.importorskip("django")

PIECES = "def pieces():\n    for number in range(3):\n        yield str(number)\n"
LATER = "async " + PIECES
ASYNC = "async def b(request):\n    return HttpResponse('b')\n"


def streaming(given: str, *before: str, above: str = PIECES, sync: bool = False) -> str:
    """A view that streams what the expression gives."""
    body = "".join(f"    {line}\n" for line in before)
    start = "def a" if sync else "async def a"
    return f"{above}{start}(request):\n{body}    return StreamingHttpResponse({given})\n{ASYNC}"


METHOD = (
    "class A(View):\n    async def get(self, request):\n        return StreamingHttpResponse(self.pieces())\n"
    "    def pieces(self):\n        yield 'x'\n"
)
HELPER = "# file: helpers.py\nfrom django.http import StreamingHttpResponse\n" + PIECES
ANSWER = HELPER + "def answer():\n    return StreamingHttpResponse(pieces())\n"

BROKEN = {
    "generator": streaming("pieces()"),
    "generator by keyword": streaming("streaming_content=pieces()"),
    "generator by name": streaming("stream, content_type='text/plain'", "stream = pieces()"),
    "generator expression": streaming("str(n) for n in range(3)"),
    "generator expression by name": streaming("stream", "stream = (str(n) for n in range(3))"),
    "generator of the view": streaming("inner()", "def inner():", "    yield 'x'"),
    "generator with arguments": streaming("pieces(3)", above="def pieces(count):\n    yield str(count)\n"),
    "yield from": streaming("pieces()", above="def pieces():\n    yield from 'abc'\n"),
    "map": streaming("map(str, range(3))"),
    "filter": streaming("filter(None, ['a', 'b'])"),
    "in a branch": streaming("pieces() if False else ''").replace("    return Str", "    if True:\n        return StreamingHttpResponse(pieces())\n    return Str"),
    "generator of a method": METHOD,
    "generator of another module": streaming("helpers.pieces()", above="from PACKAGE import helpers\n") + HELPER,
    "imported generator": streaming("pieces()", above="from PACKAGE.helpers import pieces\n") + HELPER,
    "answer of a helper": "from PACKAGE.helpers import answer\nasync def a(request):\n    return answer()\n" + ANSWER,
    "sync view": streaming("pieces()", sync=True),
    "sync view, generator expression": streaming("str(n) for n in range(3)", sync=True),
    "sync view, by name": streaming("stream", "stream = pieces()", sync=True),
    "content set later": PIECES + "async def a(request):\n    response = StreamingHttpResponse()\n    response.streaming_content = pieces()\n    return response\n",
    "behind login_required": streaming("pieces()", above=PIECES + "@never_cache\n"),
    "async generator under WSGI": streaming("pieces()", above=LATER),
    "async generator of a sync view under WSGI": streaming("pieces()", above=LATER, sync=True),
    "async generator by name under WSGI": streaming("stream", "stream = pieces()", above=LATER),
    "async generator expression under WSGI": streaming("(n async for n in pieces())", above=LATER),
}  # fmt: skip
RIGHT = {
    "stream that is not made": PIECES + "async def a(request):\n    if False:\n        return StreamingHttpResponse(pieces())\n    return HttpResponse('a')\n",
    "local map": streaming("map()", "async def one():", "    yield 'x'", "map = one"),
    "local class of that name": "async def a(request):\n    StreamingHttpResponse = HttpResponse\n    return StreamingHttpResponse(part for part in 'ab')\n",
    "local function of that name": streaming("pieces()", "async def one():", "    yield 'x'", "pieces = one", above=PIECES),
    "async generator": streaming("pieces()", above=LATER),
    "async generator by keyword": streaming("streaming_content=pieces()", above=LATER),
    "async generator by name": streaming("stream", "stream = pieces()", above=LATER),
    "async generator expression": streaming("(n async for n in pieces())", above=LATER),
    "async generator of the view": streaming("inner()", "async def inner():", "    yield 'x'"),
    "async generator of a sync view": streaming("pieces()", above=LATER, sync=True),
    "async generator of a method": METHOD.replace("    def pieces", "    async def pieces"),
    "async generator of another module": streaming("helpers.pieces()", above="from PACKAGE import helpers\n") + HELPER.replace("def", "async def"),
    "async iteration inside": streaming("pieces()", above="async def numbers():\n    yield 1\nasync def pieces():\n    async for n in numbers():\n        yield str(n)\n"),
    "imported async generator": streaming("pieces()", above="from PACKAGE.helpers import pieces\n") + HELPER.replace("def", "async def"),
    "the kind that the server asks for": "def kind(request):\n    return 'ASGI' if hasattr(request, 'scope') else 'WSGI'\n" + PIECES
    + "def streamed(request, given):\n    async def later():\n        for piece in given:\n            yield piece\n"
    "    if kind(request) == 'ASGI':\n        return StreamingHttpResponse(later())\n    return StreamingHttpResponse(given)\n"
    "async def a(request):\n    return streamed(request, (str(n) for n in range(3)))\n",
    "whole answer": PIECES + "async def a(request):\n    return HttpResponse(pieces())\n",
    "joined": PIECES + "async def a(request):\n    return HttpResponse(''.join(pieces()))\n",
    "generator not streamed": PIECES + "async def a(request):\n    list(pieces())\n    return HttpResponse('a')\n",
    "async content set later": LATER + "async def a(request):\n    response = StreamingHttpResponse(pieces())\n    response.streaming_content = pieces()\n    return response\n",
    "not routed": streaming("pieces()").replace("async def a", "async def c") + "async def a(request):\n    return HttpResponse('a')\n",
    "function that gives an async generator": streaming("made()", above=LATER + "def made():\n    return pieces()\n"),
    "decorated": streaming("pieces()", above="def turned(function):\n    async def inner():\n        for piece in function():\n            yield piece\n    return inner\n@turned\n" + PIECES),
    "generator under WSGI": streaming("pieces()"),
    "generator expression under WSGI": streaming("str(n) for n in range(3)"),
    "generator of a sync view under WSGI": streaming("pieces()", sync=True),
    "map under WSGI": streaming("map(str, range(3))"),
    "project without async views": PIECES + "def a(request):\n    return HttpResponse(pieces())\n",
}  # fmt: skip


@pytest.mark.parametrize("title", BROKEN)
def test_a_stream_that_is_consumed_whole_is_found(title: str, tmp_path: Path) -> None:
    """Django warns of each (django/http/response.py, StreamingHttpResponse.__aiter__ and __iter__)."""
    assert findings("BRG103", title, BROKEN[title], tmp_path)


@pytest.mark.parametrize("title", RIGHT)
def test_a_stream_that_is_sent_as_it_is_made_passes(title: str, tmp_path: Path) -> None:
    """Django warns of none."""
    assert not findings("BRG103", title, RIGHT[title], tmp_path)
