"""Rules are tried on middleware written in the test: source in, findings of one rule out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bridgekit.check.findings.finding import Finding
from bridgekit.check.rules.engine import run_rules
from bridgekit.check.rules.registry import rule_by_code
from tests.check.building import build_stack

CheckRule = Callable[..., list[Finding]]


@pytest.fixture
def check_rule(tmp_path: Path) -> CheckRule:
    """The findings of one rule over the stack that the other arguments describe."""
    subject_of = partial(build_stack, tmp_path)

    def check(code: str, *args: Any, **kwargs: Any) -> list[Finding]:
        rule = rule_by_code(code)
        assert rule is not None
        return run_rules([rule], [subject_of(*args, **kwargs)])

    return check
