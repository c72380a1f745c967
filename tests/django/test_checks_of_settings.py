"""The system checks of bridgekit's own settings, and under which tags they run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Tags, registry
from django.http import HttpRequest
from django.test import override_settings
from django.utils.deprecation import MiddlewareMixin

from bridgekit.django import conf
from bridgekit.django.checks import check_exposure, check_middleware, check_settings, register_checks
from bridgekit.django.conf import NAMES, PREFIX
from tests.django.checked_project import extended, run
from tests.helpers.loosely import loosely


@pytest.mark.parametrize(
    ("name", "value", "ident", "message"),
    [
        ("BRIDGEKIT_CHECK_SERVER", "cgi", "bridgekit.E101", '"asgi", "wsgi" or None'),
        ("BRIDGEKIT_THREADS", 0, "bridgekit.E101", "1 or more"),
        ("BRIDGEKIT_THREADS_QUEUE", -1, "bridgekit.E101", "0 or more"),
        ("BRIDGEKIT_THREADS_RELEASED_BY", [len], "bridgekit.E101", "not a dotted path"),
        ("BRIDGEKIT_THREADS_WAIT", 0, "bridgekit.E101", "above 0"),
        ("BRIDGEKIT_TIMING_ALLOW_ORIGIN", "", "bridgekit.E101", "visible ASCII"),
        ("BRIDGEKIT_TIMING_EXCLUDE", ["static"], "bridgekit.E101", "excludes nothing"),
        ("BRIDGEKIT_TIMING_EXPORTERS", ["no.such"], "bridgekit.E101", "No module named 'no'"),
        ("BRIDGEKIT_TIMING_LAYERS", "yes", "bridgekit.E101", "it is True or False"),
        ("BRIDGEKIT_TIMING_QUEUE_TIME", "yes", "bridgekit.E101", "it is True or False"),
        ("BRIDGEKIT_TIMING_SHOW", "no.such", "bridgekit.E101", "No module named 'no'"),
        ("BRIDGEKIT_TIMING_SHOW", "everybody", "bridgekit.E101", 'it is "everyone", "loopback", a function'),
        ("BRIDGEKIT_TIMING_TRACEPARENT", "yes", "bridgekit.E101", "it is True or False"),
        ("BRIDGEKIT_TIMING_EXPORTER", [], "bridgekit.W102", "not a setting of bridgekit's"),
    ],
)
def test_settings_that_cannot_be_used_are_found(name: str, value: object, ident: str, message: str) -> None:
    """Each names the setting; a slip of the pen is told, too."""
    with override_settings(**{name: value}):  # type: ignore[arg-type]  # any setting may be overridden
        (found,) = check_settings()
    assert (found.id, name in found.msg, message in found.msg) == (ident, True, True)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Nobody wants to mend a settings file one run at a time."""
    with override_settings(BRIDGEKIT_TIMING_LAYERS=1, BRIDGEKIT_TIMING_SHOW=2, BRIDGEKIT_CHECK_SERVER=3):
        assert [found.id for found in check_settings()] == ["bridgekit.E101"] * 3
        assert check_exposure() == []


def test_every_setting_is_tested_and_documented() -> None:
    """One that is added needs a row above, and one in the manual."""
    root = Path(__file__).parents[2]
    for name in NAMES:
        assert Path(__file__).read_text("utf-8").count(f'("{PREFIX}{name}"') >= 1, name
        assert f"`{PREFIX}{name}`" in (root / "docs" / "django.md").read_text("utf-8"), name
        assert f"``{PREFIX}{name}``" in (conf.__doc__ or ""), name


def test_good_settings_are_no_finding() -> None:
    """The defaults among them."""
    assert check_settings() == []
    with override_settings(BRIDGEKIT_CHECK_SERVER="wsgi", BRIDGEKIT_TIMING_EXCLUDE=["/up/"]):
        assert check_settings() == []


# -- names of middleware whose threads are released


class Halves(MiddlewareMixin):
    pass


class Whole:
    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)


def function(get_response: Any) -> Any:
    return get_response


HALVES, WHOLE, FUNCTION = (f"{__name__}.{name}" for name in ("Halves", "Whole", "function"))


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        (f"{__name__}.Halvs", "not in MIDDLEWARE and cannot be imported", f"Is {HALVES} meant?"),
        (
            "shop.no.Such",
            "not in MIDDLEWARE and cannot be imported (No module named 'shop",
            "as in MIDDLEWARE",
        ),
        ("pathlib.Path", "which is not in MIDDLEWARE: it releases nothing", "as in MIDDLEWARE"),
        (
            "tests.django.raises_at_import.Anything",
            "not in MIDDLEWARE and cannot be imported",
            "as in MIDDLEWARE",
        ),
        (WHOLE, "run as a whole", "take this one out"),
        (FUNCTION, "run as a whole", "take this one out"),
    ],
)
def test_names_that_release_no_thread_are_found(path: str, message: str, hint: str) -> None:
    """The thread is held by every request then, and only the log of a handler would say so."""
    with override_settings(
        MIDDLEWARE=[HALVES, WHOLE, FUNCTION], BRIDGEKIT_THREADS_RELEASED_BY=[HALVES, path]
    ):
        (found,) = check_settings()
    assert found.id == "bridgekit.W107"
    assert (path in found.msg, message in found.msg, hint in str(found.hint)) == (True, True, True), found


def test_names_that_release_a_thread_are_no_finding() -> None:
    """One in MIDDLEWARE that cannot be imported is Django's to tell."""
    with override_settings(MIDDLEWARE=[HALVES, "no.Such"], BRIDGEKIT_THREADS_RELEASED_BY=[HALVES, "no.Such"]):
        assert check_settings() == []


def test_a_slip_of_the_pen_is_told_by_manage_py_check(project: Path) -> None:
    extended(project, 'BRIDGEKIT_THREADS_RELEASED_BY = ["django.middleware.security.SecurityMiddelware"]\n')
    told = run(project, "manage.py", "check", "--tag", "security").stderr
    assert (
        "(bridgekit.W107) BRIDGEKIT_THREADS_RELEASED_BY has django.middleware.security.SecurityMiddelware"
        in told
    )
    assert "HINT: Is django.middleware.security.SecurityMiddleware meant?" in told


# -- who sees Server-Timing


def anybody(request: HttpRequest) -> bool:
    return True


def staff(request: HttpRequest) -> bool:
    return bool(loosely(request.user).is_staff)


def with_the_key(request: HttpRequest) -> bool:
    return request.headers["X-Debug-Key"] == "only we know"


READY_MADE = "bridgekit.timing.server_timing"


@pytest.mark.parametrize("show", [anybody, f"{READY_MADE}.everyone"])
def test_a_header_for_strangers_is_found(show: object) -> None:
    """The function itself is asked about an anonymous request from outside."""
    with override_settings(BRIDGEKIT_TIMING_SHOW=show):
        (found,) = check_exposure()
    assert (found.id, "to everybody" in found.msg) == ("bridgekit.W104", True)


@pytest.mark.parametrize("show", [None, staff, with_the_key, f"{READY_MADE}.loopback"])
def test_a_header_for_some_is_no_finding(show: object) -> None:
    """One that raises about a stranger says no, as it does at run time."""
    with override_settings(
        BRIDGEKIT_TIMING_SHOW=show, INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"]
    ):
        assert check_exposure() == []


@pytest.mark.parametrize(
    ("origin", "show", "ids"),
    [
        ("*", staff, ["bridgekit.W105"]),
        ("*", anybody, ["bridgekit.W104", "bridgekit.W105"]),
        ("*", None, []),
        ("https://shop.example", staff, []),
    ],
)
def test_durations_for_every_websites_scripts_are_found(origin: str, show: object, ids: list[str]) -> None:
    """A star opens what a signed-in visitor's browser sees to any page that the visitor has open."""
    with override_settings(BRIDGEKIT_TIMING_SHOW=show, BRIDGEKIT_TIMING_ALLOW_ORIGIN=origin):
        assert [found.id for found in check_exposure()] == ids


# -- tags


def test_the_checks_bear_the_tags_that_they_are_asked_for_by() -> None:
    """What strangers may see is `Tags.security` and, as Django's own of that kind, for deployment."""
    before = set(registry.registry.registered_checks), set(registry.registry.deployment_checks)
    try:
        register_checks()
        assert {check_settings, check_middleware} <= registry.registry.registered_checks
        assert loosely(check_exposure) in registry.registry.deployment_checks
    finally:
        registry.registry.registered_checks, registry.registry.deployment_checks = before
    tags = [loosely(check).tags for check in (check_settings, check_middleware, check_exposure)]
    assert [set(some) for some in tags] == [
        {Tags.async_support, Tags.security},
        {Tags.async_support},
        {Tags.security},
    ]


SECURITY: dict[str, object] = {"tags": ["security"]}
ASYNC_SUPPORT: dict[str, object] = {"tags": ["async_support"]}
DEPLOY: dict[str, object] = {"include_deployment_checks": True}


def test_settings_that_cannot_be_used_are_told_under_every_tag(project: Path) -> None:
    """Each once."""
    extended(project, 'BRIDGEKIT_TIMING_LAYERS = "no"\n')
    everything = ["E003", "E101", "I106", "W001", "W022"]
    assert ids_told(project, SECURITY, ASYNC_SUPPORT, DEPLOY | SECURITY, DEPLOY) == [
        ["E101"],
        everything,
        ["E101"],
        everything,
    ]


def test_exposure_is_judged_for_deployment(project: Path) -> None:
    """``manage.py check --deploy``, as Django's own security checks; silenced as all are."""
    extended(project, f'MIDDLEWARE = []\nBRIDGEKIT_TIMING_SHOW = "{READY_MADE}.everyone"\n')
    assert ids_told(project, {}, SECURITY, DEPLOY, DEPLOY | SECURITY) == [[], [], ["W104"], ["W104"]]
    with override_settings(BRIDGEKIT_TIMING_SHOW=anybody, SILENCED_SYSTEM_CHECKS=["bridgekit.W104"]):
        assert [found.is_silenced() for found in check_exposure()] == [True]


RUN_CHECKS = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
import django
from django.core.checks import run_checks
django.setup()
print(json.dumps([[m.id for m in run_checks(**ways) if not m.is_silenced()] for ways in json.loads(sys.argv[1])]))
"""


def ids_told(project: Path, *ways: dict[str, object]) -> list[list[str]]:
    """Ours, without their prefix, for several ways to ask, as ``manage.py check`` asks Django."""
    answers = json.loads(run(project, "-c", RUN_CHECKS, json.dumps(ways)).stdout)
    return [
        sorted(ident.removeprefix("bridgekit.") for ident in ids if ident.startswith("bridgekit."))
        for ids in answers
    ]
