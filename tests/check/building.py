"""Checked stacks from source written in the test."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bridgekit.check.findings.subject import Project, Subject
from bridgekit.check.fixes.stacks import build_subject
from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.modules.parsing import parse_file
from bridgekit.check.rules._modes import may_break
from bridgekit.check.settings.result import Blocked, Known, MiddlewareEntry, Variant
from bridgekit.middleware_chain.facts import Location
from bridgekit.middleware_chain.requests import Server


def build_stack(
    tmp_path: Path,
    source: str | bytes = "",
    middleware: Sequence[str] = ("M",),
    *,
    server: Server = Server.ASGI,
    settings: Mapping[str, object] | None = None,
    blocked: Sequence[Blocked] = (),
    entry_points: Mapping[str, str] | None = None,
    **project: object,
) -> Subject:
    """``source`` becomes ``app.py``, and each name in ``middleware`` an entry ``app.NAME`` of the settings."""
    pytest.importorskip("django")
    content = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
    (tmp_path / "app.py").write_bytes(content)
    settings_file = str(tmp_path / "settings.py")
    entries = tuple(
        MiddlewareEntry(name if "." in name else f"app.{name}", Location(settings_file, line, 5))
        for line, name in enumerate(middleware, start=1)
    )
    place = Location(settings_file, 20)
    variant = Variant(
        (),
        True,
        None if blocked else entries,
        tuple(blocked),
        {name: Known(value, place) for name, value in (settings or {}).items()},
    )
    modules = []
    for name, text in (entry_points or {}).items():
        (tmp_path / name).write_text(textwrap.dedent(text), "utf-8")
        modules.append(parse_file(str(tmp_path / name), name.removesuffix(".py")))
    described = Project(str(tmp_path), server, entry_points=tuple(modules), **project)  # type: ignore[arg-type]  # a test names the fields
    return build_subject(described, variant, SourceReader(ModuleFinder([tmp_path])).read, may_break)
