"""BRG016 on whole projects, beside what happens when Python runs the entry point and Django answers a request."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.check.rules._entry_order import OF_DJANGO
from tests.check.rules.running import brg016, written_016
from tests.check.rules.running.oracle import ask_django
from tests.check.rules.running.project import write

pytest.importorskip("django")

import django.contrib

HEAD = "import os\nfrom django.core.asgi import get_asgi_application\n"
SET = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")\n'
MADE = "application = get_asgi_application()\n"
ASK = """
import asyncio, sys
from site1.asgi import application
async def ask():
    sent = []
    first = [{"type": "http.request", "body": b"", "more_body": False}]
    async def receive():
        if first:
            return first.pop()
        await asyncio.Event().wait()
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")]}
    await application(scope, receive, send)
    return sent[0]["status"]
sys.exit(0 if asyncio.run(ask()) == 404 else 1)
"""
STATIC = "from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler, StaticFilesHandler\n"

RIGHT = {
    "as startproject has it": HEAD + SET + MADE,
    "imports below": HEAD + SET + MADE + "from live import routing\n",
    "imports in a function": HEAD + SET + "def later():\n    from live import routing\n" + MADE,
    "imports what needs no models": HEAD + SET + "from live import plain\n" + MADE,
    "set up by hand": "import os\n" + SET + "import django\ndjango.setup()\nfrom live import routing\n"
    "from django.core.asgi import get_asgi_application\n" + MADE,
    "what sets up by itself": HEAD + SET + "from live import bootstrap, routing\n" + MADE,
    "static files by ASGI": HEAD
    + SET
    + STATIC
    + "application = ASGIStaticFilesHandler(get_asgi_application())\n",
    "static files by ASGI, in two steps": HEAD
    + SET
    + STATIC
    + MADE
    + "application = ASGIStaticFilesHandler(application)\n",
    "the environment twice": HEAD + SET + MADE + 'os.environ["DJANGO_SETTINGS_MODULE"] = "site1.settings"\n',
}
BROKEN = {
    "named after": (HEAD + MADE + SET, "is set after Django was set up"),
    "models early": (HEAD + SET + "from live import models\n" + MADE, "live.models needs models"),
    "consumers early": (
        HEAD + SET + "from live.routing import patterns\n" + MADE,
        "live.routing > live.consumers",
    ),
    "a module early": (HEAD + SET + "import live.routing\n" + MADE, "live.routing > live.consumers"),
    "the user's model early": (
        HEAD + SET + "from django.contrib.auth import get_user_model\nUser = get_user_model()\n" + MADE,
        None,
    ),
    "the getter itself": (
        HEAD + SET + "application = get_asgi_application\n",
        "application is get_asgi_application itself",
    ),
    "static files by WSGI": (
        HEAD + SET + STATIC + "application = StaticFilesHandler(get_asgi_application())\n",
        "StaticFilesHandler speaks WSGI and wraps an ASGI application",
    ),
    "static files by WSGI, in two steps": (
        HEAD + SET + STATIC + "made = get_asgi_application()\napplication = StaticFilesHandler(made)\n",
        "StaticFilesHandler speaks WSGI",
    ),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for package in ("site1", "live"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    files = {
        "site1/settings.py": 'SECRET_KEY = "s"\nALLOWED_HOSTS = ["*"]\nROOT_URLCONF = "site1.urls"\nMIDDLEWARE = []\n'
        'INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "live"]\nSTATIC_URL = "/static/"\n',
        "site1/urls.py": "urlpatterns = []\n",
        "live/models.py": "from django.db import models\nclass Note(models.Model):\n    pass\n",
        "live/consumers.py": "from .models import Note\n",
        "live/routing.py": "from live import consumers\npatterns = []\n",
        "live/plain.py": "from django.http import HttpResponse\n",
        "live/bootstrap.py": "import django\ndjango.setup()\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def works(project: Path) -> bool:
    done = subprocess.run([sys.executable, "-c", ASK], cwd=project, capture_output=True, check=False)
    return done.returncode == 0


def said(project: Path) -> list[str]:
    report = run(Options(project, settings=("site1.settings",), select=("BRG016",)))
    return [finding.message for finding in report.findings]


@pytest.mark.parametrize("form", RIGHT)
def test_entry_points_that_answer_are_not_blamed(form: str, project: Path) -> None:
    (project / "site1/asgi.py").write_text(RIGHT[form], "utf-8")
    assert works(project)
    assert said(project) == []


@pytest.mark.parametrize("form", BROKEN)
def test_entry_points_that_fail_are_named(form: str, project: Path) -> None:
    text, expected = BROKEN[form]
    (project / "site1/asgi.py").write_text(text, "utf-8")
    assert not works(project)
    if expected is not None:
        (message,) = said(project)
        assert expected in message


ROUTED = "from channels.routing import ProtocolTypeRouter\n"


@pytest.mark.parametrize(
    ("router", "expected"),
    [
        ('{"http": get_asgi_application()}', None),
        ('{"http": get_asgi_application(), "websocket": None}', None),
        ("{**others}", None),
        ('{"websocket": None}', 'has no "http"'),
        ('{"http": get_asgi_application}', "not what it returns"),
    ],
)
def test_channels_router_reaches_django(router: str, expected: str | None, project: Path) -> None:
    (project / "site1/asgi.py").write_text(
        f"{HEAD}{SET}{ROUTED}others = {{'http': get_asgi_application()}}\napplication = ProtocolTypeRouter({router})\n",
        "utf-8",
    )
    messages = said(project)
    assert ([] if expected is None else [True]) == [expected in message for message in messages if expected]
    assert len(messages) == (expected is not None)


@pytest.mark.parametrize(("setup", "count"), [("", 1), ("import django\ndjango.setup()\n", 0)])
def test_channels_default_application_needs_a_setup(setup: str, count: int, project: Path) -> None:
    (project / "site1/asgi.py").write_text(
        f"import os\n{SET}{setup}from channels.routing import get_default_application\napplication = get_default_application()\n",
        "utf-8",
    )
    assert len(said(project)) == count


def test_a_consumer_is_no_application(project: Path) -> None:
    """What its class makes cannot be awaited, as URLRouter does (channels/routing.py, URLRouter.__call__)."""
    channels = pytest.importorskip("channels.generic.websocket")

    async def connect() -> None:
        await channels.AsyncWebsocketConsumer({}, None, None)

    with pytest.raises(TypeError):
        asyncio.run(connect())
    head = HEAD + SET + MADE + "from channels.routing import URLRouter\nfrom django.urls import path\n"
    head += "from live.consumers import Echo\n"
    entry = project / "site1/asgi.py"
    entry.write_text(head + 'sockets = URLRouter([path("ws/", Echo)])\n', "utf-8")
    (message,) = said(project)
    assert "the class Echo, not what its as_asgi() returns" in message
    entry.write_text(head + 'sockets = URLRouter([path("ws/", Echo.as_asgi())])\n', "utf-8")
    assert said(project) == []


ASK_EACH = """
import importlib, json, os, sys
import django.apps, django.db.models, django.forms, django.http, django.template, django.views.generic
from django.conf import settings
apps, modules = json.load(sys.stdin)
settings.configure(SECRET_KEY="s", SITE_ID=1, INSTALLED_APPS=[f"django.contrib.{app}" for app in apps])
answers = {}
for name in modules:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except Exception as error:
            os.write(writing, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answers[name] = pipe.read()
    os.waitpid(child, 0)
json.dump(answers, sys.stdout)
"""
"""Imports each module in a process of its own, before Django is set up."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes can be forked here")
def test_modules_of_django_that_need_models_are_all_known() -> None:
    """By importing every module of the contrib applications that have models, as this Django has them."""
    modules = [
        f"django.contrib.{app}.{'.'.join(file.relative_to(root).with_suffix('').parts)}"
        for app in OF_DJANGO
        for root in [Path(django.contrib.__path__[0]) / app]
        for file in sorted(root.rglob("*.py"))
        if file.name != "__init__.py" and not {"migrations", "management", "locale"} & set(file.parts)
    ]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK_EACH],
        input=json.dumps([list(OF_DJANGO), modules]),
        capture_output=True,
        text=True,
        check=True,
    )
    refused = {name for name, error in json.loads(done.stdout).items() if error == "AppRegistryNotReady"}
    assert refused == {f"django.contrib.{app}.{name}" for app, names in OF_DJANGO.items() for name in names}


VARIATIONS_BROKEN = {**brg016.BROKEN, **written_016.BROKEN}
VARIATIONS_RIGHT = {**brg016.RIGHT, **written_016.RIGHT}


def test_no_name_stands_twice() -> None:
    """A second entry point of a name would hide the first."""
    assert not brg016.BROKEN.keys() & written_016.BROKEN.keys()
    assert not brg016.RIGHT.keys() & written_016.RIGHT.keys()


@pytest.fixture(scope="module")
def answered() -> dict[str, str]:
    """What is wrong with each of the variations when Python runs it; each in a process that is forked from one."""
    cases = {**{f"right: {name}": text for name, text in VARIATIONS_RIGHT.items()}, **VARIATIONS_BROKEN}
    return ask_django(cases, brg016.RUNNER, brg016.files_of)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes can be forked here")
def test_variations_are_what_they_are_called(answered: dict[str, str]) -> None:
    assert [name for name in VARIATIONS_BROKEN if not answered[name]] == []
    assert {name: why for name, why in answered.items() if why and name.startswith("right: ")} == {}


def said_of(root: Path, source: str) -> list[str]:
    write(root, brg016.files_of(source))
    report = run(Options(root, settings=("site1.settings",), select=("BRG016",)))
    return [finding.message for finding in report.findings]


@pytest.mark.parametrize("name", VARIATIONS_BROKEN)
def test_variations_that_fail_are_found(name: str, tmp_path: Path) -> None:
    assert said_of(tmp_path, VARIATIONS_BROKEN[name])


@pytest.mark.parametrize("name", VARIATIONS_RIGHT)
def test_variations_that_answer_are_not_blamed(name: str, tmp_path: Path) -> None:
    assert said_of(tmp_path, VARIATIONS_RIGHT[name]) == []
