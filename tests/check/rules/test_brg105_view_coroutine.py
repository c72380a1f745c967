"""BRG105: coroutines that views return un-awaited, or run where a loop runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.async_views.checking import findings

pytest.importorskip("django")

LOAD = "async def load():\n    return HttpResponse('loaded')\n"
LATER = "async def b(request):\n    return HttpResponse('b')\n"
"""An async view, without which a project's views are not read."""


def view(*lines: str, above: str = LOAD) -> str:
    """An async view with these lines before its answer."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"{above}async def a(request):\n{body}    return HttpResponse('a')\n"


def plain(*lines: str, above: str = LOAD) -> str:
    """A sync view with these lines before its answer."""
    return view(*lines, above=above).replace("async def a(", "def a(") + LATER


CLASS = "class A(View):\n    async def load(self):\n        return HttpResponse('a')\n"
HELPERS = "# file: helpers.py\nimport asyncio\nasync def load():\n    return 1\ndef note():\n    return asyncio.run(load())\n"
FALLBACK = ("try:", "    asyncio.get_running_loop()", "except RuntimeError:", "    asyncio.run(load())")

BROKEN = {
    "run": view("asyncio.run(load())"),
    "run by its name": view("run(load())", above=f"from asyncio import run\n{LOAD}"),
    "Runner": view("with asyncio.Runner() as runner:", "    runner.run(load())"),
    "async_to_sync": view("async_to_sync(load)()"),
    "async_to_sync of a lambda": view("async_to_sync(lambda: load())()"),
    "loop": view("asyncio.get_event_loop().run_until_complete(load())"),
    "running loop": view("asyncio.get_running_loop().run_until_complete(load())"),
    "new loop": view("asyncio.new_event_loop().run_until_complete(load())"),
    "run in a helper": view("note()", above=f"{LOAD}def note():\n    asyncio.run(load())\n"),
    "run two modules away": view("helpers.note()", above="from PACKAGE import helpers\n") + HELPERS,
    "run in a lambda": view("note = lambda: asyncio.run(load())", "note()"),
    "run in a partial": view("functools.partial(asyncio.run, load())()"),
    "run in a class": CLASS + "    async def get(self, request):\n        return asyncio.run(self.load())\n",
    "decorated with async_to_sync": view("load()", above=f"@async_to_sync\n{LOAD}"),
    "helper that is returned": view("return load()"),
    "helper of another module that is returned": view("return helpers.load()", above="from PACKAGE import helpers\n") + HELPERS,
    "helper by a name": view("answer = load()", "return answer"),
    "helper in a branch": view("if request.method == 'GET':", "    return load()"),
    "helper of a helper": view("return note()", above=f"{LOAD}def note():\n    return load()\n"),
    "twin that is returned": view("return User.objects.acount()"),
    "thread that is returned": view("return sync_to_async(HttpResponse)('a')", above=""),
    "method that is returned": CLASS + "    async def get(self, request):\n        return self.load()\n",
    "inherited method that is returned": CLASS.replace("A(", "Base(") + "class A(Base):\n    async def get(self, request):\n        return self.load()\n",
    "sync view": plain("return load()"),
    "sync view in a project without an async one": plain("return load()").removesuffix(LATER),
    "sync view behind login_required": LOAD + "@never_cache\n" + plain("return load()", above=""),
    "sync view with a lambda": plain("return (lambda: load())()"),
    "sync view of another async view": plain("return b(request)"),
    "sync method": CLASS + "    def get(self, request):\n        return self.load()\n" + LATER,
    "sync method of an inherited one": CLASS.replace("A(", "Base(") + "class A(Base):\n    def get(self, request):\n        return self.load()\n" + LATER,
}  # fmt: skip
AWAITS = "def awaits(view):\n    @functools.wraps(view)\n    async def inner(request):\n        answer = view(request)\n        return await answer if asyncio.iscoroutine(answer) else answer\n    return inner\n"
RIGHT = {
    "awaited": view("return await load()"),
    "awaited by a name": view("answer = load()", "return await answer"),
    "awaited in a helper": view("return await note()", above=f"{LOAD}async def note():\n    return await load()\n"),
    "gathered": view("answers = await asyncio.gather(load(), load())", "return answers[0]"),
    "task": view("task = asyncio.create_task(load())", "return await task"),
    "run in a thread": view("await asyncio.to_thread(asyncio.run, load())"),
    "run in a helper in a thread": view("await sync_to_async(note)()", above=f"{LOAD}def note():\n    asyncio.run(load())\n"),
    "async_to_sync in a thread": view("await sync_to_async(async_to_sync(load))()"),
    "async_to_sync that is not called": view("later = async_to_sync(load)"),
    "run in a sync view": plain("return asyncio.run(load())"),
    "async_to_sync in a sync view": plain("return async_to_sync(load)()"),
    "async_to_sync around the view": LOAD + "@async_to_sync\n" + view("return await load()", above="") + LATER,
    "run where no loop runs": view(*FALLBACK),
    "run that may be refused": view("try:", "    asyncio.run(waiting := load())", "except RuntimeError:", "    await waiting"),
    "run where the loop is asked": view("if not asyncio.get_event_loop().is_running():", "    asyncio.run(load())"),
    "async stream of a sync view": "async def pieces():\n    yield 'a'\ndef a(request):\n    return StreamingHttpResponse(pieces())\n" + LATER,
    "decorator that awaits": AWAITS + LOAD + "@awaits\ndef a(request):\n    return load()\n" + LATER,
    "dispatch": CLASS.replace("load", "get").replace("self", "self, request") + "    def dispatch(self, request):\n        return super().dispatch(request)\n",
    "helper that looks": view("return await note(load())", above=f"{LOAD}async def note(answer):\n    return await answer\n"),
    "answer of a sync helper": view("return note()", above="def note():\n    return HttpResponse('a')\n"),
    "function that is handed on": view("later = load"),
    "kept for a setting": "from django.conf import settings\n" + plain("if settings.LATER:", "    return load()") + "# file: settings.py\nLATER = False\n",
}  # fmt: skip


@pytest.mark.parametrize("title", BROKEN)
def test_a_coroutine_that_nobody_can_await_is_found(title: str, tmp_path: Path) -> None:
    """A running Django answers each with 500."""
    assert findings("BRG105", title, BROKEN[title], tmp_path)


@pytest.mark.parametrize("title", RIGHT)
def test_what_is_awaited_passes(title: str, tmp_path: Path) -> None:
    """A running Django answers each with 200."""
    assert not findings("BRG105", title, RIGHT[title], tmp_path)


def test_it_holds_under_wsgi_too(tmp_path: Path) -> None:
    """Django runs the view on a loop of the request's own, and that one runs as well."""
    assert findings("BRG105", "run WSGI", BROKEN["run"], tmp_path)
