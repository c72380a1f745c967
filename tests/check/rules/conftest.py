"""Rules are tried on middleware written in the test: source in, findings of one rule out."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from bridgekit.check.engine import run_rules
from bridgekit.check.finding import Finding
from bridgekit.check.modules import ModuleFinder
from bridgekit.check.parsing import parse_file
from bridgekit.check.rules import rule_by_code
from bridgekit.check.settings.result import Blocked, Known, MiddlewareEntry, Variant
from bridgekit.check.source import SourceReader
from bridgekit.check.stacks import build_subject
from bridgekit.check.subject import Project, Subject
from bridgekit.middleware_chain.facts import Location
from bridgekit.middleware_chain.requests import Server

CheckRule = Callable[..., list[Finding]]


@pytest.fixture
def subject_of(tmp_path: Path) -> Callable[..., Subject]:
    """A checked stack: ``source`` becomes ``app.py``, and each name in ``middleware`` an entry ``app.NAME``."""

    def build(
        source: str = "",
        middleware: Sequence[str] = ("M",),
        *,
        server: Server = Server.ASGI,
        settings: Mapping[str, object] | None = None,
        blocked: Sequence[Blocked] = (),
        entry_points: Mapping[str, str] | None = None,
        **project: object,
    ) -> Subject:
        pytest.importorskip("django")
        (tmp_path / "app.py").write_text(textwrap.dedent(source), "utf-8")
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
        return build_subject(described, variant, SourceReader(ModuleFinder([tmp_path])).read)

    return build


@pytest.fixture
def check_rule(subject_of: Callable[..., Subject]) -> CheckRule:
    """The findings of one rule over `subject_of`'s stack."""

    def check(code: str, *args: object, **kwargs: object) -> list[Finding]:
        rule = rule_by_code(code)
        assert rule is not None
        return run_rules([rule], [subject_of(*args, **kwargs)])

    return check


@pytest.fixture
def lines_of(check_rule: CheckRule) -> CheckRule:
    """File name and line of each finding, for tests that care about nothing else."""

    def lines(*args: object, **kwargs: object) -> list[tuple[str, int]]:
        return [(Path(f.location.path).name, f.location.line) for f in check_rule(*args, **kwargs)]

    return lines
