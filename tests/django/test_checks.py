"""What the system checks say of MIDDLEWARE, beside what `bridgekit check` says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.utils.module_loading import import_string

from bridgekit.check.live.child import describe_middleware
from bridgekit.check.live.parent import facts_as_loaded
from bridgekit.django.checks import check_middleware
from bridgekit.django.handlers.nonblocking import is_nonblocking
from bridgekit.middleware_chain.facts import Answer
from tests.django.checked_project import checked, extended, run, told_by_django
from tests.django.handlers.driver import project as with_apps


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
    assert told.count("(bridgekit.") == 1 + sum(finding["code"] != "BRG000" for finding in findings)


def test_the_three_totals_are_those_of_bridgekit_check(project: Path) -> None:
    """Hops and threads, today, with the one line and with the handler; who keeps a thread, why, and what lets it go."""
    extended(project, f"MIDDLEWARE = {[*DJANGOS[:4], 'shop.middleware.returns_the_coroutine']!r}\n")
    (project / "shop" / "middleware.py").write_text(
        "def returns_the_coroutine(get_response):\n    return lambda request: get_response(request)\n",
        "utf-8",
    )
    totals = [
        line
        for line in checked(project).output.splitlines()
        if re.match(r"  (today|one line|after|handler):", line)
    ]
    told = told_by_django(project)
    assert [line.split(":")[0].strip() for line in totals] == ["today", "handler"]
    assert (
        "blocked by shop.middleware.returns_the_coroutine: it has code of its own around get_response" in told
    )
    assert "released if shop.middleware.returns_the_coroutine is async or leaves the list" in told
    for line in totals:
        assert re.sub(r": +", ": ", line.strip()) in re.sub(r": +", ": ", told)


def test_the_one_line_is_among_the_totals(project: Path) -> None:
    extended(project, f"MIDDLEWARE = {DJANGOS[:4]!r}\n")
    told = told_by_django(project)
    totals = told.partition("(bridgekit.I106)")[2].partition("HINT")[0]
    assert re.findall(r"\t(today|one line|after|handler): ", totals) == [
        "today",
        "one line",
        "after",
        "handler",
    ]


def test_a_project_on_the_handler_is_told_only_what_keeps_a_thread(project: Path) -> None:
    """What holds today is the handler's total; the setting that lets a layer go is heeded."""
    (project / "shop" / "asgi.py").write_text(
        "from bridgekit.django import get_asgi_application\napplication = get_asgi_application()\n", "utf-8"
    )
    source = "from django.utils.deprecation import MiddlewareMixin\nclass Keeps(MiddlewareMixin):\n    pass\n"
    (project / "shop" / "middleware.py").write_text(source, "utf-8")
    extended(project, f"MIDDLEWARE = {[*DJANGOS[:4], 'shop.middleware.Keeps']!r}\n")
    told = told_by_django(project)
    assert (
        "today:    2 hops with an async view, 1 with a sync view; 1 thread for each waiting request (idle, kept by"
        in told
    )
    assert "BRIDGEKIT_THREADS_RELEASED_BY has shop.middleware.Keeps" in told
    extended(project, 'BRIDGEKIT_THREADS_RELEASED_BY = ["shop.middleware.Keeps"]\n')
    assert "bridgekit.I106" not in told_by_django(project)


def test_the_settings_in_use_say_whether_djangos_own_layers_wait(project: Path) -> None:
    """A token in the session is read by `CsrfViewMiddleware`, before the view."""
    extended(project, f"MIDDLEWARE = {DJANGOS[:4]!r}\n")
    assert "\thandler:  0 hops with an async view, 1 with a sync view (2 and 1 for a POST" in told_by_django(
        project
    )
    extended(project, "CSRF_USE_SESSIONS = True\n")
    assert "\thandler:  2 hops with an async view, 1 with a sync view; no thread" in told_by_django(project)


SINGLE_HOP = "bridgekit.django.middleware.SingleHopMiddleware"
TIMING = "bridgekit.django.middleware.TimingMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
SECURITY_MIDDLEWARE = "django.middleware.security.SecurityMiddleware"


DJANGOS = [
    SECURITY_MIDDLEWARE,
    SESSION,
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
"""What startproject lists."""
OF_DJANGO = [
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    *DJANGOS,
    "django.middleware.common.BrokenLinkEmailsMiddleware",
    "django.contrib.auth.middleware.RemoteUserMiddleware",
    "django.contrib.auth.middleware.PersistentRemoteUserMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.admindocs.middleware.XViewMiddleware",
    "django.contrib.sites.middleware.CurrentSiteMiddleware",
    "django.middleware.cache.CacheMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
]


def test_the_checker_and_the_handler_ask_a_loaded_layer_the_same() -> None:
    """Whether it waits; in the handler with the settings, which are Django's defaults here."""
    with with_apps(__name__):
        for path in OF_DJANGO:
            layer = import_string(path)(lambda request: HttpResponse())
            told = facts_as_loaded(describe_middleware(path, "asgi")).nonblocking.answer
            assert is_nonblocking(layer) is (told is Answer.YES) is (path in DJANGOS), path


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
    extended(
        project,
        f"MIDDLEWARE = {DJANGOS[:4]!r}\n"
        'MIDDLEWARE.insert(0, "bridgekit.django." + "middleware.SingleHopMiddleware")\n',
    )
    told = told_by_django(project)
    assert "SingleHopMiddleware stands at position 1 of 5" in told


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


NOT_FOR_EVERY_COMMAND = (
    "bridgekit.adapters",
    "bridgekit.check.command",
    "bridgekit.check.modules.environment",
    "bridgekit.check.modules.finder",
    "bridgekit.check.pipeline",
    "bridgekit.check.project.discovery",
    "bridgekit.check.settings.evaluator",
    "bridgekit.check.settings.interpreter.interpreter",
    "bridgekit.check.middleware.evaluation.evaluator",
    "bridgekit.check.middleware.reader",
    "bridgekit.check.middleware.evaluation.values",
    "bridgekit.check.reach",
    "bridgekit.check.rules.registry",
    "bridgekit.check.views",
    "bridgekit.timing",
)
FOLLOW_SOURCE = re.compile(
    r"'bridgekit\.check\.rules\.(?:_(?:atomic_views|coroutine_result|dispatch|entry_run|views|walks)|brg(?:003|004|005|006|007|009|02[034]|1\d\d))"
)
STARTED = """
import os
from django.core.asgi import get_asgi_application
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
application = get_asgi_application()
"""
CHECK_AND_LIST = """
import os, sys, django
from django.core.checks import run_checks
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
django.setup()
print(sorted(message.id for message in run_checks()))
print(sorted(sys.modules))
"""


def test_checks_of_what_django_brings_load_no_reader_of_source(project: Path) -> None:
    """Every management command and every reload of ``runserver`` runs them, in a project with its two entry points."""
    (project / "shop" / "asgi.py").write_text(STARTED, "utf-8")
    (project / "shop" / "wsgi.py").write_text(STARTED.replace("asgi", "wsgi"), "utf-8")
    (project / "pyproject.toml").write_text('[tool.bridgekit]\nignore = ["BRG021"]\n', "utf-8")
    extended(project, f"MIDDLEWARE = {DJANGOS!r}\n")
    found, loaded = run(project, "-c", CHECK_AND_LIST).stdout.splitlines()
    assert "'bridgekit.W001'" in found
    assert [name for name in NOT_FOR_EVERY_COMMAND if f"'{name}'" in loaded] == []
    assert FOLLOW_SOURCE.findall(loaded) == []


def test_checks_of_other_middleware_evaluate_no_settings(project: Path) -> None:
    """Their source is read, because that tells more than the loaded class; settings are loaded, whoever's middleware it is."""
    found, loaded = run(project, "-c", CHECK_AND_LIST).stdout.splitlines()
    assert "'bridgekit.E003'" in found
    assert "'bridgekit.check.middleware.reader'" in loaded
    assert not re.search(r"'bridgekit\.check\.(settings\.(?!result|library)|pipeline|command)", loaded)


JUDGE = """
import json, os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
django.setup()
from django.conf import settings
from bridgekit.django.checks import check_middleware
told = []
for settings.MIDDLEWARE, settings.BRIDGEKIT_CHECK_SERVER in json.loads(sys.argv[1]):
    told.append(sorted([message.msg, message.hint] for message in check_middleware() if not message.id.startswith("bridgekit.I")))
print(json.dumps(told))
"""


def test_what_django_brings_is_judged_as_its_source_is(project: Path) -> None:
    """What is not read must be known: `bridgekit check`, which reads all of it, finds neither more nor less."""
    apps = [f"django.contrib.{name}" for name in ("admindocs", "flatpages", "messages", "redirects", "sites")]
    extended(project, f"INSTALLED_APPS += {apps!r}\nMIDDLEWARE = []\n")
    settings = project / "shop" / "settings.py"
    settings.write_text(settings.read_text("utf-8").replace("# noqa", "# once"), "utf-8")
    stacks = [DJANGOS, DJANGOS[::-1], OF_DJANGO]
    ways = [(stack, server) for stack in stacks for server in ("asgi", "wsgi")]
    told = json.loads(run(project, "-c", JUDGE, json.dumps(ways)).stdout)
    for (stack, server), messages in zip(ways, told, strict=True):
        extended(project, f"MIDDLEWARE = {stack!r}\n")
        findings = json.loads(checked(project, "--server", server, "--format", "json").stdout)["findings"]
        expected = sorted([f["message"], f["fix"]] for f in findings if f["code"] != "BRG000")
        assert messages == expected
        assert bool(messages) is (server == "asgi")


def test_messages_name_the_line_of_a_settings_package(project: Path) -> None:
    """MIDDLEWARE may stand in a module that the settings take it from."""
    (project / "shop" / "base.py").write_text(f"MIDDLEWARE = [\n    {DJANGOS[2]!r},\n]\n", "utf-8")
    extended(project, "from shop.base import *\n")
    assert "shop/base.py:2:5" in told_by_django(project)


def test_settings_without_a_module_are_said_to_be_unchecked() -> None:
    """``settings.configure()`` leaves nothing to read: that is told, not passed over."""
    with override_settings(MIDDLEWARE=["bridgekit.django.middleware.TimingMiddleware"]):
        (found,) = check_middleware()
    assert (found.id, "settings.configure()" in found.msg) == ("bridgekit.W103", True)
