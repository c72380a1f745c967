"""The child process of --live: what it sees, and how its failures are told."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from bridgekit.check.live.parent import interpreter, load_live, with_source
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.facts import Answer, Claim, Count, HookFacts, Location, MiddlewareFacts
from bridgekit.middleware_chain.requests import Server

pytest.importorskip("django")

SETTINGS = """
import os
SECRET_KEY = "s"
USE_TZ = True
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "mw.native", "mw.Off", "mw.Bad", "nowhere.M"]
MIDDLEWARE.insert(0, "mw." + os.environ["FIRST"])  # what instrumentation does
print("projects print")
"""
MIDDLEWARE = """
from asgiref.sync import iscoroutinefunction
from django.core.exceptions import MiddlewareNotUsed
from django.utils.decorators import sync_and_async_middleware

@sync_and_async_middleware
def native(get_response):
    async def middleware(request):
        return await get_response(request)
    async def process_view(request, view, args, kwargs):
        pass
    middleware.process_view = process_view
    return middleware

def plain(get_response):
    return get_response

class Off:
    def __init__(self, get_response):
        raise MiddlewareNotUsed

class Bad:
    async_capable = True
    def __init__(self, get_response):
        raise LookupError("no configuration")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "live_settings.py").write_text(SETTINGS, "utf-8")
    (tmp_path / "mw.py").write_text(MIDDLEWARE, "utf-8")
    return tmp_path


def load(root: Path, **environ: str) -> dict[str, MiddlewareFacts]:
    stack = load_live("live_settings", Server.ASGI, root, sys.executable, {"FIRST": "plain", **environ})
    return {facts.dotted_path: facts for facts in stack.middleware}


def test_the_loaded_list_is_seen_as_django_has_it(project: Path) -> None:
    """Also what was inserted while the settings ran, and whatever the project prints."""
    assert list(load(project))[:2] == ["mw.plain", "django.middleware.common.CommonMiddleware"]


def test_flags_hooks_marks_and_places_are_those_of_the_objects(project: Path) -> None:
    """A hook may hang on the function that a factory returns: only the instance shows it."""
    facts = load(project)
    native, common = facts["mw.native"], facts["django.middleware.common.CommonMiddleware"]
    assert native.async_capable.answer is native.marked_async.answer is Answer.YES
    assert native.hooks["process_view"].is_async.answer is Answer.YES
    assert native.defined_at is not None
    assert (Path(native.defined_at.path).name, native.defined_at.line) == ("mw.py", 6)
    assert common.mixin_acall.answer is Answer.YES
    assert set(common.hooks) == {"process_request", "process_response"}
    assert facts["mw.plain"].async_capable.answer is Answer.NO


def test_whether_a_layer_waits_is_asked_of_djangos_own_class_as_it_is(project: Path) -> None:
    """Instrumentation puts functions of its own into the classes that Django loads; a subclass may do what it likes."""
    common = "django.middleware.common.CommonMiddleware"
    facts = load(project)
    assert facts[common].nonblocking.answer is Answer.YES
    assert {facts[name].nonblocking.answer for name in ("mw.native", "mw.plain")} == {Answer.NO}
    assert facts["nowhere.M"].nonblocking.answer is Answer.UNKNOWN
    with (project / "live_settings.py").open("a") as settings:
        settings.write("MIDDLEWARE += ['mw.Own', 'mw.Named']\n")
    with (project / "mw.py").open("a") as module:
        module.write(
            "from django.middleware.common import CommonMiddleware\n"
            "from django.middleware.security import SecurityMiddleware as Named\n"
            "class Own(CommonMiddleware): pass\n"
            "CommonMiddleware.process_request = lambda self, request: None\n"
        )
    facts = load(project)
    assert {facts[name].nonblocking.answer for name in (common, "mw.Own")} == {Answer.NO}
    assert facts["mw.Named"].nonblocking.answer is Answer.YES


def test_the_settings_that_decide_it_are_told_as_loaded(project: Path) -> None:
    """Django's defaults too; of what is no text, whether it is true."""
    with (project / "live_settings.py").open("a") as settings:
        settings.write("CSRF_USE_SESSIONS = 1\n")
    loaded = load_live("live_settings", Server.ASGI, project, sys.executable, {"FIRST": "plain"})
    assert loaded.settings == {
        "CSRF_USE_SESSIONS": True,
        "MESSAGE_STORAGE": "django.contrib.messages.storage.fallback.FallbackStorage",
        "SESSION_ENGINE": "django.contrib.sessions.backends.db",
        "PREPEND_WWW": False,
        "SESSION_SAVE_EVERY_REQUEST": False,
    }


def test_one_that_takes_itself_out_is_not_used(project: Path) -> None:
    """MiddlewareNotUsed."""
    assert load(project)["mw.Off"].used.answer is Answer.NO


def test_one_that_cannot_be_built_or_imported_is_unknown_with_its_error(project: Path) -> None:
    """The rest of the stack is still told."""
    facts = load(project)
    assert facts["mw.Bad"].async_capable.answer is Answer.YES
    assert "no configuration" in facts["mw.Bad"].used.reason
    assert "No module named 'nowhere'" in facts["nowhere.M"].async_capable.reason


def test_a_project_that_does_not_load_says_so_with_its_traceback(project: Path) -> None:
    """The settings need FIRST; a SystemExit is told as well."""
    with pytest.raises(ProjectError, match=r"(?s)cannot be loaded:.*KeyError: 'FIRST'"):
        load_live("live_settings", Server.ASGI, project, sys.executable, {})
    (project / "live_settings.py").write_text("raise SystemExit('no database')\n", "utf-8")
    with pytest.raises(ProjectError, match="no database"):
        load(project)


def test_a_child_that_dies_or_hangs_is_told(project: Path) -> None:
    """os._exit leaves no answer; an endless start ends with the time given."""
    (project / "live_settings.py").write_text(
        "import os, sys\nprint('bye', file=sys.stderr)\nos._exit(7)\n", "utf-8"
    )
    with pytest.raises(ProjectError, match="ended with code 7 and no answer: bye"):
        load(project)
    (project / "live_settings.py").write_text("import threading\nthreading.Event().wait()\n", "utf-8")
    with pytest.raises(ProjectError, match="did not load within 1 seconds"):
        load_live("live_settings", Server.ASGI, project, sys.executable, {}, timeout=1)
    with pytest.raises(ProjectError, match="cannot be run"):
        load_live("live_settings", Server.ASGI, project, str(project / "no-python"), {})


def test_an_interpreter_without_django_is_named_with_the_remedy(project: Path, tmp_path: Path) -> None:
    """And no traceback of ours: what is wrong is the interpreter, not the project."""
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n', "utf-8")
    bare.chmod(0o755)
    with pytest.raises(ProjectError, match=r"Django is not among the packages of .*--python PATH"):
        load_live("live_settings", Server.ASGI, project, str(bare), {})


def test_a_virtual_environment_is_named_by_its_directory(tmp_path: Path) -> None:
    """As find_environment names it."""
    assert interpreter(str(tmp_path)) == str(tmp_path / "bin" / "python")
    assert interpreter("/usr/bin/python3") == "/usr/bin/python3"


def test_source_completes_what_the_objects_cannot_tell() -> None:
    """Hops written out, and places of hooks; what was seen is never overruled."""
    yes, no, open_ = Claim.yes(), Claim.no(), Claim.unknown("not tried")
    place = Location("a.py", 3)
    live = MiddlewareFacts(
        "a.M", yes, yes, no, open_, {"process_view": HookFacts("process_view", no)}, used=yes
    )
    source = MiddlewareFacts(
        "a.M",
        yes,
        no,
        yes,
        yes,
        {"process_view": HookFacts("process_view", yes, place)},
        own_hops=Count(1, 1),
        used=no,
    )
    merged = with_source(live, source)
    assert (merged.async_capable, merged.mixin_acall, merged.marked_async, merged.used) == (yes, no, yes, yes)
    assert merged.own_hops == Count(1, 1)
    assert merged.hooks["process_view"] == HookFacts("process_view", no, place)


def test_a_relative_interpreter_is_found_from_the_projects_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--python .venv`` is said in the working directory, and the child runs in the project's."""
    (tmp_path / "env" / "bin").mkdir(parents=True)
    (tmp_path / "env" / "bin" / "python").touch()
    monkeypatch.chdir(tmp_path)
    assert interpreter("env") == str(tmp_path / "env" / "bin" / "python")
    assert interpreter("env/bin/python") == str(tmp_path / "env" / "bin" / "python")
    assert interpreter("python3.12") == "python3.12"


def test_nothing_of_ours_stands_before_the_project(tmp_path: Path) -> None:
    """The child is a file of the checker, beside modules whose names projects use, too."""
    (tmp_path / "live_settings.py").write_text(
        'SECRET_KEY = "s"\nINSTALLED_APPS = ["rules", "reporters"]\nMIDDLEWARE = ["config.middleware"]\n',
        "utf-8",
    )
    (tmp_path / "config.py").write_text("def middleware(get_response):\n    return get_response\n", "utf-8")
    for app in ("rules", "reporters"):
        (tmp_path / app).mkdir()
        (tmp_path / app / "__init__.py").touch()
    assert list(load(tmp_path)) == ["config.middleware"]
    shutil.rmtree(tmp_path / "rules")  # with the bytecode that the child has written
    with pytest.raises(ProjectError, match="No module named 'rules'"):
        load(tmp_path)


def test_imports_start_where_the_projects_do(tmp_path: Path) -> None:
    """A project in ``backend/``, checked from the folder above."""
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend/live_settings.py").write_text(
        'SECRET_KEY = "s"\nMIDDLEWARE = ["mw.plain"]\n', "utf-8"
    )
    (tmp_path / "backend/mw.py").write_text(MIDDLEWARE, "utf-8")
    roots = [str(tmp_path / "backend"), str(tmp_path)]
    stack = load_live("live_settings", Server.ASGI, tmp_path, sys.executable, {}, roots=roots)
    assert [facts.dotted_path for facts in stack.middleware] == ["mw.plain"]


@pytest.mark.parametrize(("configuration", "expected"), [("Base", ["mw.plain"]), ("Quiet", [])])
def test_a_configuration_is_loaded(tmp_path: Path, configuration: str, expected: list[str]) -> None:
    pytest.importorskip("configurations")
    (tmp_path / "live_settings.py").write_text(
        "from configurations import Configuration\n"
        'class Base(Configuration):\n    SECRET_KEY = "s"\n    MIDDLEWARE = ["mw.plain"]\n'
        "class Quiet(Base):\n    MIDDLEWARE = []\n",
        "utf-8",
    )
    (tmp_path / "mw.py").write_text(MIDDLEWARE, "utf-8")
    stack = load_live("live_settings", Server.ASGI, tmp_path, sys.executable, {}, configuration=configuration)
    assert [facts.dotted_path for facts in stack.middleware] == expected
