"""Which handler an entry point makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.project.handler_served import serves_by_ours
from bridgekit.middleware_chain.requests import Server
from tests.check.building import build_stack

OURS = "from bridgekit.django import get_asgi_application\napplication = get_asgi_application()\n"
DJANGOS = "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n"
BOTH = """
import bridgekit.django, django.core.asgi
ours, application = bridgekit.django.get_asgi_application(), django.core.asgi.get_asgi_application()
"""
ROUTED = """
from bridgekit.django import get_asgi_application as make
from channels.routing import ProtocolTypeRouter
application = ProtocolTypeRouter({"http": make()})
"""


@pytest.mark.parametrize(
    ("source", "line"), [(OURS, 2), (DJANGOS, None), (BOTH, None), (ROUTED, 4), ("", None), ("def :", None)]
)
def test_ours_is_seen_where_it_alone_is_made(tmp_path: Path, source: str, line: int | None) -> None:
    subject = build_stack(tmp_path, "", [], entry_points={"asgi.py": source})
    found = serves_by_ours(subject.project)
    assert (found and found.line) == line


def test_a_wsgi_project_has_no_asgi_handler(tmp_path: Path) -> None:
    subject = build_stack(tmp_path, "", [], entry_points={"asgi.py": OURS}, server=Server.WSGI)
    assert serves_by_ours(subject.project) is None
