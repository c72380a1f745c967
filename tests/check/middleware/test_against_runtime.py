"""Every idiom is read from source and run for real; both must say the same, and reading must not be unsure.

The runtime's answers are Django's questions: ``getattr`` on the factory as in ``BaseHandler.load_middleware``, then one
call of an instance built on an async ``get_response``, its `SyncToAsync` calls counted.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from asgiref.sync import SyncToAsync

from bridgekit.check.middleware import Definition, SourceReader
from bridgekit.check.modules.environment import current_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer
from tests.check.middleware.idioms import IDIOMS

pytest.importorskip("django")


@dataclass(frozen=True)
class Verdict:
    sync_capable: bool
    async_capable: bool
    marked: bool
    hops: int
    hooks: dict[str, bool]


def write_idiom(project: Path, idiom: str) -> None:
    files = IDIOMS[idiom]
    for name, text in ({"mw.py": files} if isinstance(files, str) else files).items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def run(monkeypatch: pytest.MonkeyPatch) -> Verdict:
    """What happens when it is really imported, built and called."""
    factory = importlib.import_module("mw").Middleware
    calls: list[object] = []
    original = SyncToAsync.__call__

    async def counted(self: SyncToAsync, *args: object, **kwargs: object) -> object:  # type: ignore[type-arg]
        calls.append(self)
        return await original(self, *args, **kwargs)

    monkeypatch.setattr(SyncToAsync, "__call__", counted)

    async def get_response(request: object) -> object:
        return object()

    async def drive() -> object:
        instance = factory(get_response)
        answer = instance(object())
        if inspect.isawaitable(answer):
            await answer
        return instance

    instance = asyncio.run(drive())
    hooks = (
        "process_request",
        "process_view",
        "process_exception",
        "process_template_response",
        "process_response",
    )
    found = {name: getattr(instance, name) for name in hooks if hasattr(instance, name)}
    return Verdict(
        bool(getattr(factory, "sync_capable", True)),
        bool(getattr(factory, "async_capable", False)),
        is_coroutine_function(instance),
        len(calls),
        {name: is_coroutine_function(hook) for name, hook in found.items()},
    )


def is_coroutine_function(value: object) -> bool:
    import asgiref.sync

    return bool(asgiref.sync.iscoroutinefunction(value))


def known(answer: Answer) -> bool:
    assert answer is not Answer.UNKNOWN
    return answer is Answer.YES


def read(project: Path) -> tuple[Verdict, Definition]:
    definition = SourceReader(ModuleFinder([project], current_environment())).read("mw.Middleware")
    facts = definition.facts
    assert facts.own_hops.is_exact, facts.own_hops
    hops = facts.own_hops.low
    if known(facts.mixin_acall.answer):
        hops += sum(name in facts.hooks for name in ("process_request", "process_response"))
    verdict = Verdict(
        known(facts.sync_capable.answer),
        known(facts.async_capable.answer),
        known(facts.marked_async.answer),
        hops,
        {name: known(hook.is_async.answer) for name, hook in facts.hooks.items()},
    )
    return verdict, definition


@pytest.mark.parametrize("idiom", IDIOMS)
def test_reading_says_what_running_shows(idiom: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_idiom(project, idiom)
    said, definition = read(project)
    assert "mw" not in sys.modules
    assert said == run(monkeypatch)
    assert definition.is_middleware.answer is Answer.YES
    assert definition.location is not None
    assert Path(definition.location.path).is_relative_to(project)
