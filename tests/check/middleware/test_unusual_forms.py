"""Forms of middleware that are rare but real, each read from source and run for real.

``forms/known.txt`` holds those that must be read in full; of those in ``forms/never_wrong.txt`` a fact may be unknown, with its
reason, but none may be wrong. ``=== name`` begins a form, ``--- file`` a file of it; without one all is ``mw.py``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from bridgekit.check.middleware import Definition, SourceReader
from bridgekit.check.modules.environment import current_environment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer, Claim
from tests.check.middleware.test_against_runtime import Verdict, read, run

pytest.importorskip("django")


def forms(name: str) -> dict[str, dict[str, str]]:
    """From a form's name to its files."""
    text = (Path(__file__).parent / "forms" / name).read_text("utf-8")
    found = {}
    for form in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        title, _, body = form.partition("\n")
        parts = re.split(
            r"^--- ", body if body.startswith("--- ") else f"--- mw.py\n{body}", flags=re.MULTILINE
        )
        found[title] = {file: source for file, _, source in (part.partition("\n") for part in parts[1:])}
    return found


KNOWN, NEVER_WRONG = forms("known.txt"), forms("never_wrong.txt")


def write(root: Path, files: dict[str, str]) -> None:
    for name, source in files.items():
        try:
            compile(source, name, "exec")
        except SyntaxError:
            pytest.skip("in the syntax of a newer Python")
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")


@pytest.mark.parametrize("form", KNOWN)
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_reading_says_what_running_shows(form: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, KNOWN[form])
    said, _ = read(project)
    assert "mw" not in sys.modules
    assert said == run(monkeypatch)


@pytest.mark.parametrize("form", NEVER_WRONG)
def test_what_is_not_known_is_not_guessed(form: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, NEVER_WRONG[form])
    definition = SourceReader(ModuleFinder([project], current_environment())).read("mw.Middleware")
    truth = run(monkeypatch)
    facts = definition.facts
    assert_not_wrong(facts.sync_capable, truth.sync_capable)
    assert_not_wrong(facts.async_capable, truth.async_capable)
    assert_not_wrong(facts.marked_async, truth.marked)
    assert_hops_not_wrong(definition, truth)
    for name, is_async in truth.hooks.items():
        assert_not_wrong(facts.hooks[name].exists, True)
        assert_not_wrong(facts.hooks[name].is_async, is_async)
    for name, hook in facts.hooks.items():
        assert name in truth.hooks or hook.exists.answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    "form", [form for form in NEVER_WRONG if form.startswith(("partialmethod", "single"))]
)
def test_functions_that_wrappers_choose_are_unknown(form: str, project: Path) -> None:
    """Neither ``partialmethod`` nor ``singledispatch`` is followed: what hangs on them says so."""
    write(project, NEVER_WRONG[form])
    facts = SourceReader(ModuleFinder([project], current_environment())).read("mw.Middleware").facts
    claims = [facts.async_capable, facts.marked_async, *(hook.is_async for hook in facts.hooks.values())]
    unknown = [claim for claim in claims if claim.answer is Answer.UNKNOWN]
    assert (unknown and all(claim.reason and claim.location for claim in unknown)) or facts.own_hops.reason


def assert_not_wrong(claim: Claim, truth: bool) -> None:
    assert claim.answer in (Answer.of(truth), Answer.UNKNOWN)
    assert claim.answer is not Answer.UNKNOWN or claim.reason


def assert_hops_not_wrong(definition: Definition, truth: Verdict) -> None:
    """The counted hops lie between the bounds."""
    facts = definition.facts
    hooks = [facts.hooks[name] for name in ("process_request", "process_response") if name in facts.hooks]
    runs_mixin = facts.mixin_acall.answer
    low = sum(hook.exists.answer is Answer.YES for hook in hooks) if runs_mixin is Answer.YES else 0
    high = len(hooks) if runs_mixin is not Answer.NO else 0
    assert facts.own_hops.low + low <= truth.hops
    assert facts.own_hops.high is None or truth.hops <= facts.own_hops.high + high
    assert facts.own_hops.is_exact or facts.own_hops.reason
