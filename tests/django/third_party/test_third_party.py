"""Real middleware of packages beside startproject's: what the checker prints is what requests cross, and answers are Django's."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.middleware_chain.facts import MiddlewareFacts
from bridgekit.middleware_chain.handler_plan import plan_handler
from bridgekit.middleware_chain.hops import count_hops
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind, Server
from tests.django.third_party.packages import PACKAGES, Package
from tests.django.third_party.project import write_project

ROOT = Path(__file__).parents[3]
URLS = {
    "/plain/": RequestKind(Mode.SYNC),
    "/plain-async/": RequestKind(Mode.ASYNC),
    "/template/": RequestKind(Mode.SYNC, Outcome.TEMPLATE),
    "/template-async/": RequestKind(Mode.ASYNC, Outcome.TEMPLATE),
    "/fails/": RequestKind(Mode.SYNC, Outcome.EXCEPTION),
    "/fails-async/": RequestKind(Mode.ASYNC, Outcome.EXCEPTION),
    "/gone-async/": RequestKind(Mode.ASYNC, Outcome.ERROR_STATUS),
    "/nowhere/": RequestKind(Mode.SYNC, Outcome.NOT_FOUND),
    "/stream-async/": RequestKind(Mode.ASYNC, Outcome.ASYNC_STREAM),
}
NEW_EACH_TIME = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|nonce-[\w+/=-]+|\d+\.\d+|[0-9a-f]{32}"
)
"""Identifiers and durations that packages make for each request."""


def answers_of(folder: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.django.third_party.serving", *URLS],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDEVMODE": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.rpartition("\n")[2])


def printed(stack: list[MiddlewareFacts], handler: str, kind: RequestKind) -> Range:
    if handler == "ours":
        return plan_handler(stack).crossings(kind)
    return count_hops(stack, Server.ASGI, kind).to_thread


def shown(answer: dict[str, Any]) -> object:
    text = json.dumps([answer["status"], answer["headers"], answer["body"]])
    return NEW_EACH_TIME.sub("...", text)


@pytest.mark.parametrize(
    "package", [None, *PACKAGES], ids=lambda package: package.path if package else "none"
)
def test_printed_is_counted_and_answers_are_django_s(tmp_path: Path, package: Package | None) -> None:
    if package is not None and importlib.util.find_spec(package.module) is None:
        pytest.skip(f"{package.module} is not installed")
    middleware = write_project(tmp_path, package)
    answers = answers_of(tmp_path)
    report = run(Options(path=tmp_path, settings=("shop.settings",), python=sys.executable))
    stack = list(report.stacks[0].default.chain.facts)
    assert [facts.dotted_path for facts in stack] == middleware
    wrong = []
    for url, kind in URLS.items():
        stock, ours = answers[url]["stock"], answers[url]["ours"]
        if shown(stock) != shown(ours):
            wrong.append(f"{url}: {shown(stock)}\n  {shown(ours)}")
        for handler, answer in answers[url].items():
            said = printed(stack, handler, kind)
            unread = package is not None and package.unread
            if said.is_exact is unread or not said.low <= answer["hops"] <= (said.high or math.inf):
                wrong.append(f"{url} {handler}: printed {said}, counted {answer['listed']}")
    assert not wrong, "\n".join(wrong)
