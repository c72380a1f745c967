"""What the handler's plan asks of a middleware, read from source, against the loaded classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.middleware_chain.facts import Answer
from tests.check.building import build_stack
from tests.middleware_chain.kinds import STARTPROJECT, facts_of
from tests.middleware_chain.oracle import django_with

SOURCE = """
from django.utils.deprecation import MiddlewareMixin

class Plain(MiddlewareMixin):
    def process_request(self, request): ...

class SaysSo(Plain):
    bridgekit_releases_thread = True

class OwnCall(MiddlewareMixin):
    def __call__(self, request):
        return self.get_response(request)

def function(get_response):
    return get_response
"""


def test_django_s_own_are_read_as_they_are_loaded(tmp_path: Path) -> None:
    subject = build_stack(tmp_path, SOURCE, STARTPROJECT)
    with django_with(STARTPROJECT):
        for facts in subject.chain.facts:
            loaded = facts_of(facts.dotted_path)
            assert facts.mixin_call.answer is loaded.mixin_call.answer is Answer.YES
            assert facts.keeps_thread.answer is loaded.keeps_thread.answer is Answer.NO


@pytest.mark.parametrize(
    ("name", "mixin_call", "keeps_thread"),
    [
        ("Plain", Answer.YES, Answer.YES),
        ("SaysSo", Answer.YES, Answer.NO),
        ("OwnCall", Answer.NO, Answer.YES),
        ("function", Answer.NO, Answer.UNKNOWN),
        ("missing", Answer.UNKNOWN, Answer.UNKNOWN),
    ],
)
def test_a_project_s_own(tmp_path: Path, name: str, mixin_call: Answer, keeps_thread: Answer) -> None:
    (facts,) = build_stack(tmp_path, SOURCE, [name]).chain.facts
    assert (facts.mixin_call.answer, facts.keeps_thread.answer) == (mixin_call, keeps_thread)
