"""What the checker says of a small project."""

from __future__ import annotations

from pathlib import Path

from bridgekit.check.findings.finding import Finding
from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.middleware_chain.requests import Server
from tests.check.async_views.projects import write_project


def findings(code: str, title: str, text: str, root: Path) -> list[Finding]:
    """The findings of one rule, for the server that the title tells."""
    package = write_project(root, title, text)
    server = Server.WSGI if title.endswith("WSGI") else Server.ASGI
    options = Options(root, settings=(f"{package}.settings",), server=server, select=(code,))
    found = list(run(options).findings)
    assert not [each for each in found if "fault of bridgekit" in each.message], found
    return found
