"""BRG104: blocking calls in async views."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.async_views.checking import findings

pytest.importorskip("django")


def view(*lines: str, above: str = "") -> str:
    """An async view with these lines before its answer."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"{above}async def a(request):\n{body}    return HttpResponse('a')\n"


PAUSE = "def pause():\n    time.sleep(0.001)\n"
HELPERS = "# file: helpers.py\nimport time\ndef note():\n    pause()\ndef pause():\n    time.sleep(0.001)\n"
CLOCK = "class Clock:\n    def wait(self):\n        self.pause()\n    def pause(self):\n        time.sleep(0.001)\n"
NOWHERE = "with contextlib.suppress(OSError):"
CLASS = "class A(View):\n    async def get(self, request):\n        self.wait()\n        return HttpResponse('a')\n"

BROKEN = {
    "sleep": view("time.sleep(0.001)"),
    "sleep by its name": view("sleep(0.001)", above="from time import sleep\n"),
    "sleep by another name": view("zzz(0.001)", above="from time import sleep as zzz\n"),
    "sleep in a branch": view("if request.method == 'GET':", "    time.sleep(0.001)"),
    "sleep in a loop": view("for _ in range(2):", "    time.sleep(0.001)"),
    "sleep in a try": view("try:", "    time.sleep(0.001)", "finally:", "    pass"),
    "urlopen": view(NOWHERE, "    urllib.request.urlopen('http://127.0.0.1:9/')"),
    "urlopen by its name": view(NOWHERE, "    urlopen('http://127.0.0.1:9/')", above="from urllib.request import urlopen\n"),
    "run": view("subprocess.run(['true'])"),
    "check_output": view("subprocess.check_output(['true'])"),
    "check_call": view("subprocess.check_call(['true'])"),
    "getoutput": view("subprocess.getoutput('true')"),
    "getstatusoutput": view("subprocess.getstatusoutput('true')"),
    "urlretrieve": view(NOWHERE, "    urllib.request.urlretrieve('http://127.0.0.1:9/')"),
    "call": view("subprocess.call(['true'])"),
    "system": view("os.system('true')"),
    "connect": view(NOWHERE, "    socket.create_connection(('127.0.0.1', 9))"),
    "helper": PAUSE + view("pause()"),
    "async helper": "async def pause():\n    time.sleep(0.001)\n" + view("await pause()"),
    "helpers of another module": view("helpers.note()", above="from PACKAGE import helpers\n") + HELPERS,
    "imported helper": view("note()", above="from PACKAGE.helpers import note\n") + HELPERS,
    "object's method": CLOCK + view("Clock().wait()"),
    "method of a name": CLOCK + view("clock = Clock()", "clock.wait()"),
    "static method": "class Clock:\n    @staticmethod\n    def wait():\n        time.sleep(0.001)\n" + view("Clock.wait()"),
    "method of the class": CLASS + "    def wait(self):\n        time.sleep(0.001)\n",
    "inherited method": "class Slow(View):\n    def wait(self):\n        time.sleep(0.001)\n" + CLASS.replace("View", "Slow"),
    "function of the view": view("def pause():", "    time.sleep(0.001)", "pause()"),
    "context manager": "@contextlib.contextmanager\ndef slowly():\n    time.sleep(0.001)\n    yield\n" + view("with slowly():", "    pass"),
    "context manager class": "class Slowly:\n    def __enter__(self):\n        time.sleep(0.001)\n    def __exit__(self, *error):\n        pass\n" + view("with Slowly():", "    pass"),
    "generator that is iterated over": "def slowly():\n    time.sleep(0.001)\n    yield 1\n" + view("for _ in slowly():", "    pass"),
    "behind a decorator that knows": view("time.sleep(0.001)", above="@never_cache\n"),
    "lambda": view("pause = lambda: time.sleep(0.001)", "pause()"),
    "partial": view("functools.partial(time.sleep, 0.001)()"),
    "helper that is handed on": PAUSE + view("call(pause)") + "def call(function):\n    function()\n",
    "decorator": "def slowly(view):\n    @functools.wraps(view)\n    async def inner(request):\n        time.sleep(0.001)\n        return await view(request)\n    return inner\n" + view(above="@slowly\n"),
    "method of a process": view("subprocess.Popen(['true']).wait()"),
    "generator that Django runs on the loop": "async def pieces():\n    time.sleep(0.001)\n    yield 'x'\nasync def a(request):\n    return StreamingHttpResponse(pieces())\n",
    "dispatch": "class A(View):\n    async def get(self, request):\n        return HttpResponse('a')\n    def dispatch(self, request):\n        time.sleep(0.001)\n        return super().dispatch(request)\n",
    "setting that is on": view("if settings.SLOW:", "    time.sleep(0.001)", above="from django.conf import settings\n") + "# file: settings.py\nSLOW = True\n",
    "after a branch that returns": view("if request.GET:", "    return HttpResponse('b')", "time.sleep(0.001)"),
    "after a loop that is left": view("while True:", "    break", "time.sleep(0.001)"),
    "else of a constant": view("if False:", "    pass", "else:", "    time.sleep(0.001)"),
    "after a return in a try": view("try:", "    int('x')", "    return HttpResponse('b')", "except ValueError:", "    pass", "time.sleep(0.001)"),
    "import of the function": view("import time", "time.sleep(0.001)"),
    "name of another function": "def other():\n    time = None\n" + view("time.sleep(0.001)"),
    "import that may fail": "try:\n    import time\nexcept ImportError:\n    time = None\n" + view("time.sleep(0.001)"),
}  # fmt: skip
RESTING = "class Resting:\n    def sleep(self, seconds):\n        pass\n    def __enter__(self):\n        return self\n    def __exit__(self, *error):\n        pass\n"
HIDDEN = {
    "assignment": view("time = Resting()", "time.sleep(1)", above=RESTING),
    "later assignment": view("try:", "    time.sleep(1)", "except UnboundLocalError:", "    time = None"),
    "annotated assignment": view("time: object = Resting()", "time.sleep(1)", above=RESTING),
    "walrus": view("if (time := Resting()):", "    time.sleep(1)", above=RESTING),
    "loop": view("for time in (Resting(),):", "    time.sleep(1)", above=RESTING),
    "loop of nothing": view("for time in ():", "    time.sleep(1)"),
    "unpacking": view("(time, *_), other = [Resting()], 1", "time.sleep(1)", above=RESTING),
    "with": view("with Resting() as time:", "    time.sleep(1)", above=RESTING),
    "except": view("try:", "    raise Rest", "except Rest as time:", "    time.sleep(1)", above="class Rest(Exception):\n    def sleep(self, seconds):\n        pass\n"),
    "comprehension": view("[time.sleep(1) for time in [Resting()]]", above=RESTING),
    "match": view("match Resting():", "    case time:", "        time.sleep(1)", above=RESTING),
    "class": view("class time:", "    sleep = staticmethod(len)", "time.sleep('')"),
    "def": view("def sleep(seconds):", "    pass", "sleep(1)", above="from time import sleep\n"),
    "import": view("import asyncio as time", "await time.sleep(0.001)", "rest = time.sleep(0.001)", "await rest"),
    "parameter": RESTING + "async def a(request, time=Resting()):\n    time.sleep(1)\n    return HttpResponse('a')\n",
    "parameter by name": RESTING + "async def a(request, *, time=Resting()):\n    time.sleep(1)\n    return HttpResponse('a')\n",
    "parameter of a function in it": view("def rest(time):", "    time.sleep(1)", "rest(Resting())", above=RESTING),
    "name of the function around": view("time = Resting()", "def rest():", "    time.sleep(1)", "rest()", above=RESTING),
    "name of the module": "time = type('Resting', (), {'sleep': staticmethod(len)})\n" + view("time.sleep('')"),
    "global": view("global time", "time = Resting()", "time.sleep(1)", above=RESTING),
    "helper that is handed in": PAUSE + "async def a(request, pause=len):\n    pause('')\n    return HttpResponse('a')\n",
    "helper that is assigned": PAUSE + view("pause = len", "pause('')"),
    "class that is handed in": CLOCK + RESTING.replace("sleep(self, seconds)", "wait(self)") + "async def a(request, Clock=Resting):\n    Clock().wait()\n    return HttpResponse('a')\n",
    "object that is handed in": CLOCK + RESTING.replace("sleep(self, seconds)", "wait(self)") + "async def a(request, Clock=Resting()):\n    Clock.wait()\n    return HttpResponse('a')\n",
}  # fmt: skip
"""Names that the function binds itself are not the module's."""
SETTINGS = "from django.conf import settings\n"
DEAD = {
    "if False": view("if False:", "    time.sleep(0.001)"),
    "if 0": view("if 0:", "    time.sleep(0.001)"),
    "else of True": view("if True:", "    pass", "else:", "    time.sleep(0.001)"),
    "not True": view("if not True:", "    time.sleep(0.001)"),
    "and": view("if request.method and False:", "    time.sleep(0.001)"),
    "operand": view("value = False and time.sleep(0.001)"),
    "operand of or": view("value = 1 or time.sleep(0.001)"),
    "conditional expression": view("value = time.sleep(0.001) if False else None"),
    "while": view("while False:", "    time.sleep(0.001)"),
    "after return": view("return HttpResponse('a')", "time.sleep(0.001)"),
    "after raise": view("try:", "    raise ValueError", "    time.sleep(0.001)", "except ValueError:", "    pass"),
    "after both branches return": view("if request.GET:", "    return HttpResponse('a')", "else:", "    return HttpResponse('b')", "time.sleep(0.001)"),
    "after break": view("for _ in range(2):", "    break", "    time.sleep(0.001)"),
    "after continue": view("for _ in range(2):", "    continue", "    time.sleep(0.001)"),
    "after an endless loop": view("while True:", "    return HttpResponse('a')", "time.sleep(0.001)"),
    "TYPE_CHECKING": view("if TYPE_CHECKING:", "    time.sleep(0.001)", above="from typing import TYPE_CHECKING\n"),
    "typing.TYPE_CHECKING": view("if typing.TYPE_CHECKING:", "    time.sleep(0.001)", above="import typing\n"),
    "call of a helper": PAUSE + view("if False:", "    pause()"),
    "in a helper": "def pause():\n    return\n    time.sleep(0.001)\n" + view("pause()"),
    "setting": view("if settings.SLOW:", "    time.sleep(0.001)", above=SETTINGS) + "# file: settings.py\nSLOW = False\n",
    "setting by getattr": view("if getattr(settings, 'SLOW', True):", "    time.sleep(0.001)", above=SETTINGS) + "# file: settings.py\nSLOW = False\n",
    "return for a setting": view("if not settings.DEBUG:", "    return HttpResponse('a')", "time.sleep(0.001)", above=SETTINGS) + "# file: settings.py\nDEBUG = False\n",
    "DEBUG that nothing sets": view("if settings.DEBUG:", "    time.sleep(0.001)", above=SETTINGS),
    "setting that is not known": view("if settings.SLOW:", "    time.sleep(0.001)", above=SETTINGS) + "# file: settings.py\nimport os\nSLOW = os.environ.get('SLOW_ONE') == '1'\n",
    "setting that is compared": view("if settings.SLOW == 'very':", "    time.sleep(0.001)", above=SETTINGS) + "# file: settings.py\nSLOW = 'no'\n",
}  # fmt: skip
"""What does not run, or may not."""
RIGHT = {
    **{f"dead by {title}": text for title, text in DEAD.items()},
    **{f"hidden by {title}": text for title, text in HIDDEN.items()},
    "asyncio's sleep": view("await asyncio.sleep(0.001)"),
    "asyncio's sleep by its name": view("await sleep(0.001)", above="from asyncio import sleep\n"),
    "thread": view("await asyncio.to_thread(time.sleep, 0.001)"),
    "sync_to_async": view("await sync_to_async(time.sleep)(0.001)"),
    "helper in a thread": PAUSE + view("await sync_to_async(pause)()"),
    "lambda in a thread": view("await asyncio.to_thread(lambda: time.sleep(0.001))"),
    "executor": view("await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.001)"),
    "decorated helper": "@sync_to_async\n" + PAUSE + view("await pause()"),
    "helper behind one's own decorator": "def threaded(function):\n    return sync_to_async(function)\n@threaded\n" + PAUSE + view("await pause()"),
    "subprocess of asyncio": view("process = await asyncio.create_subprocess_exec('true')", "await process.wait()"),
    "shell of asyncio": view("process = await asyncio.create_subprocess_shell('true')", "await process.wait()"),
    "connection of asyncio": view(NOWHERE, "    await asyncio.open_connection('127.0.0.1', 9)"),
    "clock": view("now = time.monotonic()"),
    "function that is not called": view("later = time.sleep"),
    "generator that Django runs": "def pieces():\n    time.sleep(0.001)\n    yield 'x'\nasync def a(request):\n    return StreamingHttpResponse(pieces())\n",
    "generator that nobody runs": "def slowly():\n    time.sleep(0.001)\n    yield 1\n" + view("waiting = slowly()"),
    "sync view": PAUSE + "def a(request):\n    pause()\n    return HttpResponse('a')\nasync def b(request):\n    return HttpResponse('b')\n",
    "view that is not routed": view() + "async def c(request):\n    time.sleep(0.001)\n    return HttpResponse('b')\n",
    "own function of that name": "def sleep(seconds):\n    return seconds\n" + view("sleep(0.001)"),
    "own object of that name": view("requests.get('x')", above="requests = {}\n"),
    "method of that name": CLASS + "    def wait(self):\n        self.sleep()\n    def sleep(self):\n        return 1\n",
    "sync handlers": "class A(View):\n    def get(self, request):\n        time.sleep(0.001)\n        return HttpResponse('a')\nasync def b(request):\n    return HttpResponse('b')\n",
    "object's method in a thread": CLOCK + view("await sync_to_async(Clock().wait)()"),
}  # fmt: skip


@pytest.mark.parametrize("title", BROKEN)
def test_what_blocks_the_event_loop_is_found(title: str, tmp_path: Path) -> None:
    """On a running Django each is called in the loop's thread, by Python's own audit events."""
    assert findings("BRG104", title, BROKEN[title], tmp_path)


@pytest.mark.parametrize("title", RIGHT)
def test_what_does_not_block_passes(title: str, tmp_path: Path) -> None:
    """No such event is seen in the loop's thread."""
    assert not findings("BRG104", title, RIGHT[title], tmp_path)


def test_the_way_is_told(tmp_path: Path) -> None:
    """Through helpers and other modules."""
    (found,) = findings("BRG104", "the way", BROKEN["helpers of another module"], tmp_path)
    assert "a > helpers.note > helpers.pause > time.sleep" in found.message


def test_nobody_else_waits_under_wsgi(tmp_path: Path) -> None:
    """Each request has a loop of its own there (django/core/handlers/base.py, async_to_sync around the view)."""
    assert not findings("BRG104", "sleep WSGI", BROKEN["sleep"], tmp_path)
