"""BRIDGEKIT_THREADS_RELEASED_BY, as far as the settings are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.findings.released import SETTING
from bridgekit.check.settings.result import Unknown
from bridgekit.middleware_chain.facts import Answer, Claim, Location
from bridgekit.middleware_chain.threads import State, handler_threads
from tests.check.building import build_stack

SOURCE = """
from django.utils.deprecation import MiddlewareMixin

class Keeps(MiddlewareMixin):
    pass
"""
NOT_READ = Unknown("open() reads a file", Location("settings.py", 3))


@pytest.mark.parametrize(
    ("value", "answer", "state"),
    [
        ([], Answer.YES, State.IDLE),
        (["app.Keeps"], Answer.NO, State.NONE),
        (("app.Keeps",), Answer.NO, State.NONE),
        (["app.Other", NOT_READ], Answer.UNKNOWN, State.UNKNOWN),
        ("app.Keeps", Answer.YES, State.IDLE),
    ],
)
def test_what_it_names_keeps_no_thread(tmp_path: Path, value: object, answer: Answer, state: State) -> None:
    subject = build_stack(tmp_path, SOURCE, ["Keeps"], settings={SETTING: value})
    (facts,) = subject.chain.facts
    assert facts.keeps_thread.answer is answer
    assert handler_threads(subject.chain.facts).waiting.state is state


def test_the_reason_is_that_of_the_setting(tmp_path: Path) -> None:
    subject = build_stack(tmp_path, SOURCE, ["Keeps"], settings={SETTING: [NOT_READ]})
    (facts,) = subject.chain.facts
    assert facts.keeps_thread == Claim.unknown(f"{SETTING}: open() reads a file", NOT_READ.location)
