"""Which of Django's layers wait for nothing, as far as the settings are known."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.settings.result import OneOf, Unknown
from bridgekit.middleware_chain.facts import Answer, Claim, Location
from bridgekit.middleware_chain.handler_plan import plan_handler
from bridgekit.middleware_chain.requests import ASYNC_VIEW, SYNC_VIEW
from tests.check.building import build_stack
from tests.middleware_chain.kinds import STARTPROJECT

SECURITY, SESSIONS, COMMON, CSRF, AUTH, MESSAGES, FRAMES = STARTPROJECT
BACKENDS, STORAGES = "django.contrib.sessions.backends", "django.contrib.messages.storage"
PLACE = Location("settings.py", 3)
NOT_READ = Unknown("open() reads a file", PLACE)


def answer_of(folder: Path, layer: str, **settings: object) -> Claim:
    (facts,) = build_stack(folder, "", [layer], settings=settings).chain.facts
    return facts.nonblocking


@pytest.mark.parametrize("layer", STARTPROJECT)
def test_djangos_defaults_wait_for_nothing(tmp_path: Path, layer: str) -> None:
    assert answer_of(tmp_path, layer).answer is Answer.YES


@pytest.mark.parametrize(
    ("layer", "setting", "value", "answer"),
    [
        (SESSIONS, "SESSION_ENGINE", f"{BACKENDS}.db", Answer.YES),
        (SESSIONS, "SESSION_ENGINE", f"{BACKENDS}.signed_cookies", Answer.YES),
        (SESSIONS, "SESSION_ENGINE", f"{BACKENDS}.cached_db", Answer.NO),
        (SESSIONS, "SESSION_ENGINE", f"{BACKENDS}.cache", Answer.NO),
        (SESSIONS, "SESSION_ENGINE", f"{BACKENDS}.file", Answer.NO),
        (SESSIONS, "SESSION_ENGINE", "shop.sessions", Answer.NO),
        (SESSIONS, "SESSION_ENGINE", [f"{BACKENDS}.db"], Answer.NO),
        (SESSIONS, "SESSION_ENGINE", NOT_READ, Answer.UNKNOWN),
        (SESSIONS, "SESSION_SAVE_EVERY_REQUEST", False, Answer.YES),
        (SESSIONS, "SESSION_SAVE_EVERY_REQUEST", None, Answer.YES),
        (SESSIONS, "SESSION_SAVE_EVERY_REQUEST", True, Answer.NO),
        (
            SESSIONS,
            "SESSION_SAVE_EVERY_REQUEST",
            "no",
            Answer.NO,
        ),  # a text that is not empty is true to Django
        (CSRF, "CSRF_USE_SESSIONS", 0, Answer.YES),
        (CSRF, "CSRF_USE_SESSIONS", True, Answer.NO),
        (CSRF, "CSRF_USE_SESSIONS", NOT_READ, Answer.UNKNOWN),
        (MESSAGES, "MESSAGE_STORAGE", f"{STORAGES}.fallback.FallbackStorage", Answer.YES),
        (MESSAGES, "MESSAGE_STORAGE", f"{STORAGES}.session.SessionStorage", Answer.YES),
        (MESSAGES, "MESSAGE_STORAGE", f"{STORAGES}.cookie.CookieStorage", Answer.YES),
        (MESSAGES, "MESSAGE_STORAGE", "shop.messages.Storage", Answer.NO),
        (COMMON, "SESSION_ENGINE", f"{BACKENDS}.cache", Answer.YES),
        (AUTH, "CSRF_USE_SESSIONS", True, Answer.YES),
    ],
)
def test_a_setting_decides(tmp_path: Path, layer: str, setting: str, value: object, answer: Answer) -> None:
    assert answer_of(tmp_path, layer, **{setting: value}).answer is answer


def test_one_setting_that_says_no_is_enough(tmp_path: Path) -> None:
    claim = answer_of(tmp_path, SESSIONS, SESSION_ENGINE=NOT_READ, SESSION_SAVE_EVERY_REQUEST=True)
    assert (claim.answer, claim.reason) == (Answer.NO, "SESSION_SAVE_EVERY_REQUEST is True")


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        ((f"{BACKENDS}.db", f"{BACKENDS}.signed_cookies"), Answer.YES),
        ((f"{BACKENDS}.cache", f"{BACKENDS}.file"), Answer.NO),
        ((f"{BACKENDS}.cache", f"{BACKENDS}.db"), Answer.UNKNOWN),
        ((f"{BACKENDS}.db", NOT_READ), Answer.UNKNOWN),
    ],
)
def test_of_several_values_all_must_say_the_same(
    tmp_path: Path, values: tuple[object, ...], answer: Answer
) -> None:
    setting = OneOf("STAGE is not known", PLACE, values)
    assert answer_of(tmp_path, SESSIONS, SESSION_ENGINE=setting).answer is answer


def test_what_is_not_known_is_named_with_its_line(tmp_path: Path) -> None:
    claim = answer_of(tmp_path, CSRF, CSRF_USE_SESSIONS=NOT_READ)
    assert claim == Claim.unknown("CSRF_USE_SESSIONS: open() reads a file", PLACE)


def test_another_name_for_the_class_is_asked_the_same(tmp_path: Path) -> None:
    source = "from django.contrib.sessions.middleware import SessionMiddleware as M"
    settings = {"SESSION_ENGINE": f"{BACKENDS}.cache"}
    assert build_stack(tmp_path, source).chain.facts[0].nonblocking.answer is Answer.YES
    assert build_stack(tmp_path, source, settings=settings).chain.facts[0].nonblocking.answer is Answer.NO


@pytest.mark.parametrize(
    ("settings", "awaited"),
    [({}, "0"), ({"CSRF_USE_SESSIONS": NOT_READ}, "0 to 2"), ({"CSRF_USE_SESSIONS": True}, "2")],
)
def test_the_plan_of_startprojects_stack(tmp_path: Path, settings: dict[str, object], awaited: str) -> None:
    plan = plan_handler(build_stack(tmp_path, "", STARTPROJECT, settings=settings).chain.facts)
    assert (str(plan.crossings(ASYNC_VIEW)), str(plan.crossings(SYNC_VIEW))) == (awaited, "1")
    assert str(plan.for_unsafe_method.crossings(ASYNC_VIEW)) == "2"
