"""Receivers of Django's request signals that come with a middleware."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from bridgekit.check.middleware.listening import FINISHED, STARTED, listens
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer

CONNECTED = [
    "from django.core.signals import request_finished as done\ndone.connect(print)",
    "from django.core import signals\nsignals.request_finished.connect(print)",
    "import django.core.signals\ndjango.core.signals.request_finished.connect(print)",
    "import django.core.signals as s\ns.request_finished.connect(print)",
    "from django.core.signals import request_finished\nfrom django.dispatch import receiver\n@receiver(request_finished)\ndef f(**k): pass",
    "from django.core.signals import *\nrequest_finished.connect(print)",
    "try:\n    from django.core.signals import request_finished\nexcept ImportError:\n    pass\nrequest_finished.connect(print)",
    "def listen():\n    from django.core import signals\n    signals.request_finished.connect(print)\nlisten()",
    "from django.core.signals import request_finished, request_started\n"
    "import django.dispatch\n@django.dispatch.receiver([request_started, request_finished])\ndef f(**k): pass",
]
PERHAPS_CONNECTED = [
    "from django.core.signals import request_finished\nsig = request_finished\nsig.connect(print)",
    "from django.core.signals import request_finished\nfor s in (request_finished,):\n    s.connect(print)",
    "from django.core.signals import request_finished\nfrom django.dispatch import receiver as on\n@on(request_finished)\ndef f(**k): pass",
    "from django.core.signals import request_finished\nfrom django.dispatch import receiver\n@receiver(signal=request_finished)\ndef f(**k): pass",
    "from django.core.signals import request_finished as done\ngetattr(done, 'connect')(print)",
    "from django import core\ncore.signals.request_finished.connect(print)",
    "from django.core.handlers.base import request_finished\nrequest_finished.connect(print)",
    "from shop.names import request_finished\nrequest_finished.connect(print)",
    "from django.core import signals\ngetattr(signals, 'request_finished').connect(print)",
]
NOT_CONNECTED = [
    "",
    "from django.core.signals import request_finished\nrequest_finished.disconnect(print)",
    "from django.core.signals import request_started\nrequest_started.connect(print)",
    "from django.core.signals import request_finished as done",
]


def asked(tmp_path: Path, signal: str = FINISHED, **files: str) -> Answer:
    package = tmp_path / "shop"
    package.mkdir()
    for name, text in {"__init__": "", "middleware": "", **files}.items():
        (package / f"{name}.py").write_text(textwrap.dedent(text), "utf-8")
    finder = ModuleFinder([tmp_path])
    return listens(finder.load("shop.middleware"), finder, signal).answer


@pytest.mark.parametrize("source", CONNECTED)
def test_what_its_module_connects_is_seen(tmp_path: Path, source: str) -> None:
    assert asked(tmp_path, middleware=source) is Answer.YES


@pytest.mark.parametrize("source", CONNECTED)
def test_both_signals_are_looked_for(tmp_path: Path, source: str) -> None:
    swapped = {"request_finished": "request_started", "request_started": "request_finished"}
    other = re.sub("request_(finished|started)", lambda found: swapped[found.group()], source)
    assert asked(tmp_path, STARTED, middleware=other) is Answer.YES
    if "request_started" not in source:
        (tmp_path / "of_the_first").mkdir()
        assert asked(tmp_path / "of_the_first", STARTED, middleware=source) is Answer.NO


@pytest.mark.parametrize("source", PERHAPS_CONNECTED)
def test_what_is_done_with_a_signal_in_another_way_is_not_known(tmp_path: Path, source: str) -> None:
    assert asked(tmp_path, middleware=source) is Answer.UNKNOWN


@pytest.mark.parametrize("source", NOT_CONNECTED)
def test_nothing_else_is(tmp_path: Path, source: str) -> None:
    assert asked(tmp_path, middleware=source) is Answer.NO


@pytest.mark.parametrize(
    "imports", ["from shop import signals", "from . import signals", "import shop.signals"]
)
def test_what_the_application_imports_when_it_is_ready_is_seen(tmp_path: Path, imports: str) -> None:
    apps = f"class Config:\n    def ready(self):\n        {imports}\n"
    assert asked(tmp_path, apps=apps, signals=CONNECTED[0]) is Answer.YES


def test_what_nobody_imports_is_not(tmp_path: Path) -> None:
    assert asked(tmp_path, apps="class Config:\n    pass\n", signals=CONNECTED[0]) is Answer.NO


@pytest.mark.parametrize("unreadable", ["middleware", "apps", "signals"])
def test_what_cannot_be_read_may_listen(tmp_path: Path, unreadable: str) -> None:
    files = {"apps": "class Config:\n    def ready(self):\n        from shop import signals\n", "signals": ""}
    assert asked(tmp_path, **{**files, unreadable: "def (:"}) is Answer.UNKNOWN


def test_what_certainly_listens_goes_before_what_cannot_be_read(tmp_path: Path) -> None:
    assert asked(tmp_path, middleware=CONNECTED[0], apps="def (:") is Answer.YES
