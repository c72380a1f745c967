"""A walk ends, whatever the code is, and what was seen until then holds."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bridgekit.check.findings.flow import ReadFunction
from bridgekit.check.findings.routed_view import RoutedView
from bridgekit.check.middleware import SourceReader
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.run_bounds import RunBounds
from bridgekit.check.reach import Walk, walk_middleware, walk_ready, walk_view
from bridgekit.check.reach.interpreter import MAX_STEPS
from bridgekit.check.rules._modes import may_break
from bridgekit.middleware_chain.facts import Location
from bridgekit.middleware_chain.requests import Mode

pytest.importorskip("django")

HEAD = """
import time
from django.utils.decorators import async_only_middleware

{before}

@async_only_middleware
def M(get_response):
    async def middleware(request):
        time.sleep(1)
        {body}
        time.sleep(2)
        return await get_response(request)
    return middleware
"""


def definition_of(root: Path, body: str, before: str = "", bounds: RunBounds | None = None) -> Definition:
    (root / "app.py").write_text(HEAD.format(body=body, before=before), "utf-8")
    return SourceReader(ModuleFinder([root], bounds=bounds)).read("app.M", Location("settings.py", 1))


def walk(root: Path, body: str, before: str = "") -> Walk:
    return walk_middleware(definition_of(root, body, before), asynchronous=True)


def sleeps(walk: Walk) -> int:
    return sum(event.verb == "call" and event.name == "time.sleep" for event in walk.events)


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("again(1)", "def again(n):\n    return again(n + 1)"),
        ("one()", "def one():\n    return two()\ndef two():\n    return one()"),
        ("while True:\n            pass", ""),
        ("list(numbers())", "def numbers():\n    while True:\n        yield 1"),
        ("name", "name = name"),
        ("Loop().x", "class Loop:\n    @property\n    def x(self):\n        return self.x"),
        ("Child()", "class Child(Child):\n    pass"),
    ],
)
def test_what_goes_in_circles_is_left(tmp_path: Path, body: str, before: str) -> None:
    assert 1 <= sleeps(walk(tmp_path, body, before)) <= 2


def test_steps_are_bounded(tmp_path: Path) -> None:
    """Thirty functions that call the next one twice would take a thousand million calls."""
    chain = "\n".join(f"def f{n}():\n    f{n + 1}()\n    f{n + 1}()" for n in range(30))
    assert sleeps(walk(tmp_path, "f0()\n        " + "f0()\n        " * MAX_STEPS, chain)) == 1


def test_the_steps_of_all_walks_count_together(tmp_path: Path) -> None:
    """Each walk is small; from some one on they end at once, and the place where the run ended is kept."""
    bounds = RunBounds(steps=20_000)
    definition = definition_of(tmp_path, "x = 1 + 1\n        " * 500, bounds=bounds)
    seen = [sleeps(walk_middleware(definition, asynchronous=True)) for _ in range(30)]
    assert (seen[0], seen[-1]) == (2, 0)
    assert seen == sorted(seen, reverse=True)
    assert bounds.reached.endswith("steps was reached")
    assert bounds.location is not None
    assert bounds.location.path == str(tmp_path / "app.py")


def test_a_run_without_time_walks_no_further(tmp_path: Path) -> None:
    bounds = RunBounds(1, clock=iter([0.0, 0.0, *[5.0] * 100]).__next__)
    walk = walk_middleware(definition_of(tmp_path, "pass", bounds=bounds), asynchronous=True)
    assert (walk.events, walk.is_whole) == ([], False)
    assert "1 second" in bounds.reached


@pytest.mark.parametrize(("rounds", "breaks"), [(1, False), (MAX_STEPS, True)])
def test_what_was_not_followed_to_its_end_may_break(tmp_path: Path, rounds: int, breaks: bool) -> None:
    """No proposal rests on a walk that a bound has ended."""
    definition = definition_of(tmp_path, "x = 1\n        " * rounds)
    assert may_break(definition.facts, definition, Mode.ASYNC) is breaks


def test_deep_nesting_ends_the_walk_alone(tmp_path: Path) -> None:
    assert sleeps(walk(tmp_path, "x = " + " + ".join(["1"] * 450))) >= 1


def test_a_name_that_is_deleted_means_nothing_further(tmp_path: Path) -> None:
    """``del rest`` and then ``rest(1)`` is a NameError, or a name from around: no call of ``time.sleep``."""
    assert sleeps(walk(tmp_path, "rest = time.sleep; rest(1)")) == 3
    assert sleeps(walk(tmp_path, "rest = time.sleep; del rest; rest(1)")) == 2


def test_views_and_ready_end_with_the_run(tmp_path: Path) -> None:
    """What the run may take is one account for all that is followed."""
    (tmp_path / "app.py").write_text(
        "import time\nfrom django.apps import AppConfig\nasync def a(request):\n    time.sleep(1)\n"
        "class Config(AppConfig):\n    def ready(self):\n        time.sleep(1)\n",
        "utf-8",
    )
    finder = ModuleFinder([tmp_path])
    module = finder.load("app")
    assert module.tree is not None
    view, config = module.tree.body[2:]
    assert isinstance(view, ast.AsyncFunctionDef)
    assert isinstance(config, ast.ClassDef)
    start = ReadFunction(view, module)
    routed = RoutedView("app.a", view, module, SourceReader(finder).read("app.a", Location("urls.py", 1)))

    def spent() -> RunBounds:
        return RunBounds(1, clock=iter([0.0, *[5.0] * 100]).__next__)

    for bounds, count in ((RunBounds(), 1), (spent(), 0)):
        events = walk_view(start, routed, finder.load, lambda name: None, bounds=bounds).events
        assert sum(event.name == "time.sleep" for event in events) == count
    for bounds, count in ((RunBounds(), 1), (spent(), 0)):
        events = walk_ready(config, module, finder.load, lambda name: None, bounds)
        assert sum(event.name == "time.sleep" for event in events) == count
