"""What an entry point serves beside Django."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.modules.parsing import parse_file
from bridgekit.check.project.entry_points import adapted_applications
from bridgekit.middleware_chain.requests import Server


def beside(tmp_path: Path, source: str, server: Server = Server.ASGI) -> list[tuple[str, int]]:
    file = tmp_path / f"{server.value}.py"
    file.write_text(source, "utf-8")
    found = adapted_applications(parse_file(str(file)), server)
    return [(application.text, application.location.line) for application in found]


MOUNTED = """
from bridgekit import WSGIToASGI
from django.core.asgi import get_asgi_application
from shop.legacy import legacy
from starlette.applications import Starlette
from starlette.routing import Mount
application = Starlette(routes=[Mount("/legacy", WSGIToASGI(legacy)), Mount("/", get_asgi_application())])
"""


def test_a_mounted_application_is_named_with_its_line(tmp_path: Path) -> None:
    """It is no layer of Django's stack, and no hop of it."""
    assert beside(tmp_path, MOUNTED) == [("WSGIToASGI(legacy)", 7)]


def test_the_other_servers_entry_point_has_the_other_adapters(tmp_path: Path) -> None:
    """wsgi.py is of interest under WSGI only."""
    source = (
        "import bridgekit\nfrom shop.live import live\nlive = bridgekit.ASGIToWSGI(live, lifespan=False)\n"
    )
    assert beside(tmp_path, source, Server.WSGI) == [("bridgekit.ASGIToWSGI(live, lifespan=False)", 3)]
    assert beside(tmp_path, source) == []


@pytest.mark.parametrize(
    "source",
    [
        "from bridgekit import WSGIToASGI\nfrom django.core.wsgi import get_wsgi_application\n"
        "application = WSGIToASGI(get_wsgi_application())\n",
        "from bridgekit import WSGIToASGI\nfrom django.core.wsgi import get_wsgi_application\n"
        "django = get_wsgi_application()\napplication = WSGIToASGI(django)\n",
        "from shop import WSGIToASGI, legacy\napplication = WSGIToASGI(legacy)\n",
        "from bridgekit import WSGIToASGI\nadapter = WSGIToASGI\n",
        "def (:\n",
    ],
)
def test_django_itself_and_strange_names_are_not_beside_it(tmp_path: Path, source: str) -> None:
    """Django behind an adapter is what BRG016 looks at; another package's class of this name may be anything."""
    assert beside(tmp_path, source) == []
