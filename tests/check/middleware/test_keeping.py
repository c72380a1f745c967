"""What the handler's plan asks of a middleware, read from source, against the loaded classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.middleware_chain.facts import Answer
from tests.check.building import build_stack
from tests.middleware_chain.kinds import STARTPROJECT, facts_of
from tests.middleware_chain.oracle import django_with

SOURCE = """
from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.security import SecurityMiddleware as Renamed
from django.utils.deprecation import MiddlewareMixin

class Plain(MiddlewareMixin):
    def process_request(self, request): ...

class SaysSo(Plain):
    bridgekit_releases_thread = True

class OwnCall(MiddlewareMixin):
    def __call__(self, request):
        return self.get_response(request)

class OwnSessions(SessionMiddleware):
    pass

def function(get_response):
    return get_response
"""
OTHERS_OF_DJANGOS = (
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.auth.middleware.RemoteUserMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
    "django.contrib.redirects.middleware.RedirectFallbackMiddleware",
    "django.contrib.sites.middleware.CurrentSiteMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.locale.LocaleMiddleware",
)


def test_django_s_own_are_read_as_they_are_loaded(tmp_path: Path) -> None:
    subject = build_stack(tmp_path, SOURCE, STARTPROJECT)
    with django_with(STARTPROJECT):
        for facts in subject.chain.facts:
            loaded = facts_of(facts.dotted_path)
            assert facts.mixin_call.answer is loaded.mixin_call.answer is Answer.YES
            assert facts.keeps_thread.answer is loaded.keeps_thread.answer is Answer.NO
            assert facts.nonblocking.answer is loaded.nonblocking.answer is Answer.YES


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


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        *((name, Answer.NO) for name in OTHERS_OF_DJANGOS),
        ("Plain", Answer.NO),
        ("SaysSo", Answer.NO),
        ("OwnSessions", Answer.NO),
        ("function", Answer.NO),
        ("Renamed", Answer.YES),
        ("missing", Answer.UNKNOWN),
    ],
)
def test_only_classes_of_djangos_wait_for_nothing(tmp_path: Path, name: str, answer: Answer) -> None:
    """By the class itself: a subclass may do what it likes, and another name for the class changes nothing."""
    (facts,) = build_stack(tmp_path, SOURCE, [name]).chain.facts
    assert facts.nonblocking.answer is answer


def test_a_django_in_the_project_s_own_folder_is_not_known(tmp_path: Path) -> None:
    """Who has a copy may have changed it."""
    module = tmp_path / "django" / "middleware" / "security.py"
    module.parent.mkdir(parents=True)
    for package in (module.parent, module.parent.parent):
        (package / "__init__.py").write_text("")
    module.write_text(
        "class SecurityMiddleware:\n"
        "    async_capable = True\n"
        "    def __init__(self, get_response): ...\n"
        "    def __call__(self, request): ...\n"
    )
    (facts,) = build_stack(tmp_path, "", ["django.middleware.security.SecurityMiddleware"]).chain.facts
    assert facts.nonblocking.answer is Answer.UNKNOWN
    assert "own folder" in facts.nonblocking.reason


def test_a_hook_that_the_project_puts_into_djangos_class_is_seen(tmp_path: Path) -> None:
    source = """
    from django.middleware.common import CommonMiddleware

    def process_request(self, request):
        open("log").write(request.path)

    CommonMiddleware.process_request = process_request
    """
    (facts,) = build_stack(tmp_path, source, ["django.middleware.common.CommonMiddleware"]).chain.facts
    assert facts.nonblocking.answer is not Answer.YES
