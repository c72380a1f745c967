"""When the order of two middleware certainly does not matter."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from bridgekit.check.fixes.reorderable import reorderable
from bridgekit.check.rules.engine import run_rules
from bridgekit.check.rules.registry import rule_by_code
from tests.check.building import build_stack


def function(name: str, body: str, *, is_async: bool = False) -> str:
    lines = textwrap.indent(textwrap.dedent(body).strip(), "        ")
    if is_async:
        lines = lines.replace("get_response(", "await get_response(")
    head = f"{'async ' if is_async else ''}def middleware(request):"
    flags = f"\n{name}.sync_capable = False\n{name}.async_capable = True\n" if is_async else ""
    return f"def {name}(get_response):\n    {head}\n{lines}\n    return middleware\n{flags}"


HEADER = 'response = get_response(request)\nresponse["X-One"] = "1"\nreturn response'


def order_does_not_matter(tmp_path: Path, one: str, other: str) -> bool:
    source = "import time\nfrom django.http import HttpResponse\n" + function("M", one) + function("N", other)
    first, second = build_stack(tmp_path, source, ["M", "N"]).middleware
    assert reorderable(first.definition, second.definition) == reorderable(
        second.definition, first.definition
    )
    return reorderable(first.definition, second.definition)


@pytest.mark.parametrize(
    "other",
    [
        'response = get_response(request)\nresponse["X-Two"] = request.path\nreturn response',
        'response = get_response(request)\nresponse.headers.setdefault("X-Two", "2")\nreturn response',
        "request.two = 2\nreturn get_response(request)",
        'if request.path.startswith("/two"):\n    request.two = 2\nreturn get_response(request)',
    ],
)
def test_different_headers_and_attributes_commute(tmp_path: Path, other: str) -> None:
    """Neither can see the other."""
    assert order_does_not_matter(tmp_path, HEADER, other)


@pytest.mark.parametrize(
    "other",
    [
        'response = get_response(request)\nresponse["x-one"] = "2"\nreturn response',
        'response = get_response(request)\nif response.has_header("X-One"):\n    response["X-Two"] = "2"\nreturn response',
        'if request.path == "/":\n    return HttpResponse("early")\nreturn get_response(request)',
        'response = get_response(request)\nif response.status_code == 404:\n    return HttpResponse("other")\nreturn response',
        'started = time.monotonic()\nresponse = get_response(request)\nresponse["T"] = str(time.monotonic() - started)\nreturn response',
        "response = get_response(request)\nfor name in response.headers:\n    pass\nreturn response",
        "audit(request)\nreturn get_response(request)",
        'response = get_response(request)\nresponse[request.path] = "1"\nreturn response',
    ],
)
def test_whatever_could_notice_the_other_does_not_commute(tmp_path: Path, other: str) -> None:
    """The same header, an early answer, a clock, or anything that is not understood."""
    assert not order_does_not_matter(tmp_path, HEADER, other)


def test_one_that_reads_what_the_other_sets_does_not_commute(tmp_path: Path) -> None:
    """Request attributes are a channel."""
    assert not order_does_not_matter(
        tmp_path,
        'request.path = "/other"\nreturn get_response(request)',
        'response = get_response(request)\nresponse["X-Path"] = request.path\nreturn response',
    )


def test_a_better_order_is_proposed_only_where_it_is_safe(tmp_path: Path) -> None:
    """Sync, async, sync becomes sync, sync, async when the last two reorderable."""
    pytest.importorskip("django")
    rule = rule_by_code("BRG011")
    assert rule is not None
    one = function("S", 'response = get_response(request)\nresponse["X-S"] = "1"\nreturn response')
    two = function(
        "A", 'response = get_response(request)\nresponse["X-A"] = "1"\nreturn response', is_async=True
    )
    three = function("T", 'response = get_response(request)\nresponse["X-T"] = "1"\nreturn response')
    findings = run_rules([rule], [build_stack(tmp_path, one + two + three, ["S", "A", "T"])])
    fixes = {finding.subject: finding.fix for finding in findings}
    assert fixes["app.A:order"] == "Let app.A and app.T change places: 4 hops become 3."
    clashing = three.replace("X-T", "X-A")
    findings = run_rules(
        [rule], [build_stack(tmp_path, one.replace("X-S", "X-A") + two + clashing, ["S", "A", "T"])]
    )
    assert [finding.subject for finding in findings] == ["app.A"]
