"""The system checks, in a project of their own and by ``manage.py check``."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.core.checks import Tags, registry
from django.http import HttpRequest
from django.test import override_settings

from bridgekit.cli import main
from bridgekit.django import conf
from bridgekit.django.checks import check_exposure, check_middleware, check_settings, register_checks
from bridgekit.django.conf import NAMES, PREFIX

SETTINGS = """
SECRET_KEY = "s"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "bridgekit.django"]
ROOT_URLCONF = "shop.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "bridgekit.django.middleware.TimingMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "shop.middleware.returns_the_coroutine",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",  # noqa: BRG001
]
SILENCED_SYSTEM_CHECKS = ["bridgekit.I000"]
"""
MIDDLEWARE = """
class Base:
    sync_capable = async_capable = True

class returns_the_coroutine(Base):
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["X-Shop"] = "open"
        return response
"""
MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""

Manage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    files = {"settings": SETTINGS, "middleware": MIDDLEWARE, "urls": "urlpatterns = []\n", "__init__": ""}
    for name, text in files.items():
        (tmp_path / "shop" / f"{name}.py").write_text(text, "utf-8")
    (tmp_path / "manage.py").write_text(MANAGE, "utf-8")
    return tmp_path


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, *command], cwd=project, env=environ, capture_output=True, text=True, check=False
    )


def told_by_django(project: Path) -> str:
    """What ``manage.py check`` prints of MIDDLEWARE for this project, in this process: much faster."""
    names = [name for name in sys.modules if name.partition(".")[0] == "shop"]
    for name in names:
        del sys.modules[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(project)
        patch.chdir(project)
        importlib.invalidate_caches()
        module = vars(importlib.import_module("shop.settings"))
        ours = {name: value for name, value in module.items() if name.startswith("BRIDGEKIT_")}
        chain = {name: module[name] for name in ("MIDDLEWARE", "SILENCED_SYSTEM_CHECKS")}
        with override_settings(SETTINGS_MODULE="shop.settings", **chain, **ours):
            return "\n".join(f"{message}\n" for message in check_middleware() if not message.is_silenced())


def checked(project: Path, *options: str) -> Result:
    """`bridgekit check` in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        return CliRunner().invoke(main, ["check", ".", *options])


def extended(project: Path, lines: str) -> None:
    with (project / "shop" / "settings.py").open("a", encoding="utf-8") as file:
        file.write(lines)


def test_manage_py_check_says_what_bridgekit_check_says(project: Path) -> None:
    """Finding by finding: code, message, place; what ``# noqa`` silences there is silent here."""
    told = run(project, "manage.py", "check", "--tag", "async_support").stderr
    findings = json.loads(run(project, "-m", "bridgekit", "check", ".", "--format", "json").stdout)[
        "findings"
    ]
    assert {finding["code"] for finding in findings} >= {"BRG001", "BRG003", "BRG022"}
    for finding in findings:
        if finding["code"] != "BRG000":
            number = finding["code"].removeprefix("BRG")
            assert f"(bridgekit.{finding['severity'][0].upper()}{number}) {finding['message']}" in told, told
    assert told.count("(bridgekit.") == sum(finding["code"] != "BRG000" for finding in findings)


SINGLE_HOP = "bridgekit.django.middleware.SingleHopMiddleware"
TIMING = "bridgekit.django.middleware.TimingMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
SECURITY_MIDDLEWARE = "django.middleware.security.SecurityMiddleware"


@pytest.mark.parametrize(
    ("middleware", "code", "message"),
    [
        (
            [SINGLE_HOP, SESSION, SECURITY_MIDDLEWARE],
            "021",
            "stands at position 1 of 3: 7 hops, but 3 if it is last",
        ),
        ([TIMING, SINGLE_HOP], "021", "saves nothing in this stack: 3 hops with it, 2 without"),
        (
            [SESSION, SECURITY_MIDDLEWARE, "shop.middleware.sync_only", SINGLE_HOP],
            "021",
            "saves nothing in this stack",
        ),
        ([SESSION, TIMING, SINGLE_HOP], "022", f"the time of {SESSION} is not measured"),
    ],
    ids=["wrong place", "nothing hops", "sync anyway", "timing below others"],
)
def test_our_own_middleware_in_the_wrong_place_is_found_by_both(
    project: Path, middleware: list[str], code: str, message: str
) -> None:
    """With the same words: `bridgekit check` from source, ``manage.py check`` from what is loaded."""
    (project / "shop" / "middleware.py").write_text(
        "def sync_only(get_response):\n    return get_response\n", "utf-8"
    )
    extended(project, f"MIDDLEWARE = {middleware!r}\n")
    printed = checked(project, "--select", f"BRG{code}", "--format", "json").stdout
    (finding,) = json.loads(printed)["findings"]
    assert message in finding["message"]
    told = told_by_django(project)
    assert f"(bridgekit.W{code}) {finding['message']}\n\tHINT: {finding['fix']}" in told


def test_findings_are_silenced_djangos_way(project: Path) -> None:
    """SILENCED_SYSTEM_CHECKS takes the ids, and the rest stays."""
    extended(project, 'SILENCED_SYSTEM_CHECKS += ["bridgekit.W001", "bridgekit.W022"]\n')
    told = told_by_django(project)
    assert "bridgekit.W001" not in told
    assert "bridgekit.W022" not in told
    assert "(bridgekit.E003)" in told


def test_what_is_inserted_at_run_time_is_checked(project: Path) -> None:
    """The loaded chain, not the source: instrumentation inserts middleware where no source lists them."""
    extended(project, 'MIDDLEWARE.insert(0, "bridgekit.django." + "middleware.SingleHopMiddleware")\n')
    told = told_by_django(project)
    assert "SingleHopMiddleware stands at position 1 of 6" in told


@pytest.mark.parametrize("value", ["None", "'wsgi'"])
def test_a_project_under_wsgi_hears_nothing_of_hops(project: Path, value: str) -> None:
    """Nor one that has switched the check off."""
    extended(project, f"BRIDGEKIT_CHECK_SERVER = {value}\n")
    assert "bridgekit.W001" not in told_by_django(project)


def test_a_project_with_nothing_to_find_passes(project: Path) -> None:
    """No message."""
    extended(project, 'MIDDLEWARE = ["bridgekit.django.middleware.TimingMiddleware"]\n')
    assert told_by_django(project) == ""


@pytest.mark.parametrize("setting", ["", 'BRIDGEKIT_CHECK_SERVER = "asgi"\n'])
def test_the_checkers_configuration_holds_here_too(project: Path, setting: str) -> None:
    """``[tool.bridgekit]`` of pyproject.toml: rules left out, accepted findings, the server unless the setting names it."""
    extended(project, setting)
    (project / "pyproject.toml").write_text(
        '[tool.bridgekit]\nignore = ["BRG003"]\nserver = "wsgi"\n', "utf-8"
    )
    told = told_by_django(project)
    assert "bridgekit.E003" not in told
    assert "bridgekit.W022" in told
    assert ("bridgekit.W001" in told) is bool(setting)


def test_accepted_findings_are_accepted_here_too(project: Path) -> None:
    """The baseline that the configuration names."""
    accepted = checked(project, "--write-baseline", "baseline.json")
    assert accepted.exit_code == 0, accepted.output
    (project / "pyproject.toml").write_text('[tool.bridgekit]\nbaseline = "baseline.json"\n', "utf-8")
    assert told_by_django(project) == ""


@pytest.mark.parametrize("table", ['select = ["BRG9"]', 'selct = ["BRG001"]', "select = [1]"])
def test_a_configuration_that_cannot_be_used_is_told(project: Path, table: str) -> None:
    """Not passed over: MIDDLEWARE was not checked then."""
    (project / "pyproject.toml").write_text(f"[tool.bridgekit]\n{table}\n", "utf-8")
    told = told_by_django(project)
    assert "(bridgekit.W103) MIDDLEWARE was not checked" in told


def test_a_process_that_checks_nothing_does_not_load_the_engine(project: Path) -> None:
    """A server's worker starts as fast as without it: the engine is a hundred modules."""
    code = "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'; django.setup(); print(sorted(sys.modules))"
    loaded = run(project, "-c", code).stdout
    assert "'bridgekit.django.checks'" in loaded
    assert "'bridgekit.check" not in loaded


@pytest.mark.parametrize(
    ("name", "value", "ident", "message"),
    [
        ("BRIDGEKIT_CHECK_SERVER", "cgi", "bridgekit.E101", '"asgi", "wsgi" or None'),
        ("BRIDGEKIT_TIMING_ALLOW_ORIGIN", "", "bridgekit.E101", "visible ASCII"),
        ("BRIDGEKIT_TIMING_EXCLUDE", ["static"], "bridgekit.E101", "excludes nothing"),
        ("BRIDGEKIT_TIMING_EXPORTERS", ["no.such"], "bridgekit.E101", "No module named 'no'"),
        ("BRIDGEKIT_TIMING_LAYERS", "yes", "bridgekit.E101", "it is True or False"),
        ("BRIDGEKIT_TIMING_QUEUE_TIME", "yes", "bridgekit.E101", "it is True or False"),
        ("BRIDGEKIT_TIMING_SHOW", "no.such", "bridgekit.E101", "No module named 'no'"),
        ("BRIDGEKIT_TIMING_TRACEPARENT", "yes", "bridgekit.E101", "it is True or False"),
        ("BRIDGEKIT_TIMING_EXPORTER", [], "bridgekit.W102", "no setting of bridgekit's"),
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


def test_settings_without_a_module_are_said_to_be_unchecked() -> None:
    """``settings.configure()`` leaves nothing to read: that is told, not passed over."""
    with override_settings(MIDDLEWARE=["bridgekit.django.middleware.TimingMiddleware"]):
        (found,) = check_middleware()
    assert (found.id, "settings.configure()" in found.msg) == ("bridgekit.W103", True)


# -- who sees Server-Timing


def anybody(request: HttpRequest) -> bool:
    return True


def staff(request: HttpRequest) -> bool:
    return bool(request.user.is_staff)


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
        assert check_exposure in registry.registry.deployment_checks
    finally:
        registry.registry.registered_checks, registry.registry.deployment_checks = before
    tags = [check.tags for check in (check_settings, check_middleware, check_exposure)]  # type: ignore[attr-defined]  # set by register
    assert [set(some) for some in tags] == [
        {Tags.async_support, Tags.security},
        {Tags.async_support},
        {Tags.security},
    ]


SECURITY, ASYNC_SUPPORT = {"tags": ["security"]}, {"tags": ["async_support"]}
DEPLOY = {"include_deployment_checks": True}


def test_settings_that_cannot_be_used_are_told_under_every_tag(project: Path) -> None:
    """Each once."""
    extended(project, 'BRIDGEKIT_TIMING_LAYERS = "no"\n')
    everything = ["E003", "E101", "W001", "W001", "W022"]
    assert ids_told(project, SECURITY, ASYNC_SUPPORT, DEPLOY | SECURITY, DEPLOY) == [
        ["E101"],
        everything,
        ["E101"],
        everything,
    ]


def test_exposure_is_judged_for_deployment(project: Path) -> None:
    """``manage.py check --deploy``, as Django's own security checks; silenced as all are."""
    extended(project, f'MIDDLEWARE = []\nBRIDGEKIT_TIMING_SHOW = "{READY_MADE}.everyone"\n')
    ways = {}, SECURITY, DEPLOY, DEPLOY | SECURITY
    assert ids_told(project, *ways) == [[], [], ["W104"], ["W104"]]
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
