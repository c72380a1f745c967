"""Exporters that ``BRIDGEKIT_TIMING_EXPORTERS`` names: made once in a process, whoever asks."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import AsyncClient, Client, override_settings

from bridgekit.django import conf
from bridgekit.django.checks import check_settings
from bridgekit.timing import RequestTiming
from tests.django.checked_project import extended, run

TIMING = "bridgekit.django.middleware.TimingMiddleware"
PROMETHEUS = "bridgekit.timing.exporters.prometheus.PrometheusExporter"


class Counting:
    """One that there can be one of at a time, as metrics of a registry are."""

    made: ClassVar[list[Counting]] = []
    open: ClassVar[int] = 0

    def __init__(self) -> None:
        if Counting.open:
            raise ValueError("there is one already")
        Counting.open += 1
        Counting.made.append(self)
        self.records: list[RequestTiming] = []

    def __call__(self, timing: RequestTiming) -> None:
        self.records.append(timing)

    def close(self) -> None:
        Counting.open -= 1


COUNTING = f"{__name__}.Counting"


@pytest.fixture(autouse=True)
def site() -> Any:
    Counting.made.clear()
    with override_settings(ROOT_URLCONF="tests.django.site", ALLOWED_HOSTS=["*"], MIDDLEWARE=[TIMING]):
        yield
    assert Counting.open == 0


@pytest.mark.parametrize("named", [COUNTING, Counting])
def test_checks_and_both_handlers_share_one(named: Any) -> None:
    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[named]):
        assert check_settings() == []
        Client().get("/hello/")
        asyncio.run(AsyncClient().get("/hello-async/"))  # type: ignore[arg-type]
        WSGIHandler(), ASGIHandler()
        assert check_settings() == []
        (exporter,) = Counting.made
    assert [timing.route for timing in exporter.records] == ["/hello/", "/hello-async/"]


def test_an_overridden_setting_makes_them_anew() -> None:
    """What the one before owns is free by then; other settings leave it as it is."""
    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[COUNTING]):
        client = Client()
        client.get("/hello/")
        with override_settings(BRIDGEKIT_TIMING_EXCLUDE=["/up/"]):
            client.get("/hello/")
        with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[COUNTING]):
            client.get("/hello/")
        client.get("/hello/")
    assert [len(exporter.records) for exporter in Counting.made] == [2, 1, 1]


def test_handlers_in_many_threads_share_one() -> None:
    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[COUNTING]):
        threads = [threading.Thread(target=WSGIHandler) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(Counting.made) == 1


def test_one_that_fails_leaves_the_others_as_they_are() -> None:
    """Asked again, the setting tells the same: what was made before the failure is not made a second time."""
    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[COUNTING, "io.FileIO"]):
        told = [str(error) for _ in range(2) for error in conf.problems()]
    assert told[0] == told[1]
    assert "'io.FileIO' is the class FileIO, which cannot be made without arguments" in told[0]
    assert len(Counting.made) == 1


def test_one_that_cannot_be_closed_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Stuck(Counting):
        def close(self) -> None:
            super().close()
            raise OSError("stuck")

    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[Stuck]):
        assert check_settings() == []
    assert "could not be closed" in caplog.text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([COUNTING, COUNTING], "twice"),
        (COUNTING, "write ["),
        ({COUNTING: True}, "it is a list"),
        ((item for item in [COUNTING]), "it is a list"),
        (["tests.django.no_such_module.Exporter"], "No module named"),
        (["tests.django.raises_at_import.Exporter"], "cannot be imported: RuntimeError('at import')"),
    ],
)
def test_a_list_that_cannot_be_used_is_told(value: Any, message: str) -> None:
    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=value):
        with pytest.raises(ImproperlyConfigured, match=r"^BRIDGEKIT_TIMING_EXPORTERS"):
            conf.timing_options()
        (found,) = check_settings()
    assert (found.id, message in found.msg) == ("bridgekit.E101", True), found.msg


TESTS = """
from django.test import AsyncClient, SimpleTestCase, override_settings
from prometheus_client import REGISTRY

def counted():
    labels = {"method": "GET", "route": "<unmatched>", "status": "404", "outcome": "client_error"}
    return REGISTRY.get_sample_value("http_server_request_duration_seconds_count", labels)

class Both(SimpleTestCase):
    def test_sync(self):
        self.client.get("/nowhere")
        self.assertGreaterEqual(counted(), 1)

    async def test_async(self):
        await AsyncClient().get("/nowhere")
        self.assertGreaterEqual(counted(), 1)

    def test_overridden(self):
        with override_settings(BRIDGEKIT_TIMING_EXPORTERS=["%s"]):
            self.client.get("/nowhere")
            self.assertEqual(counted(), 1)
        self.client.get("/nowhere")
        self.assertEqual(counted(), 1)
"""
TWO_HANDLERS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
get_wsgi_application(), get_asgi_application(), get_wsgi_application()
from django.core.management import call_command
call_command("check")
"""


@pytest.mark.parametrize(
    "command",
    [
        ("manage.py", "check"),
        ("manage.py", "migrate"),
        ("manage.py", "test", "shop"),
        ("-c", TWO_HANDLERS),
    ],
    ids=["check", "migrate", "test", "two handlers"],
)
def test_the_prometheus_exporter_by_its_dotted_path(project: Path, command: tuple[str, ...]) -> None:
    """As the manual has it. Its metrics are in the global registry, which has each name once."""
    pytest.importorskip("prometheus_client")
    extended(
        project,
        f"MIDDLEWARE = [{TIMING!r}]\nBRIDGEKIT_TIMING_EXPORTERS = [{PROMETHEUS!r}]\n"
        "BRIDGEKIT_TIMING_SHOW = 'loopback'\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}\n",
    )
    (project / "shop" / "tests.py").write_text(TESTS % PROMETHEUS, "utf-8")
    done = run(project, *command)
    assert done.returncode == 0, done.stderr
    assert "Duplicated" not in done.stderr + done.stdout
