"""The HTML report: one file, nothing loaded, nothing run, everything escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bridgekit.check.findings.report import Report, StackReport
from bridgekit.check.reporters.html import render
from bridgekit.middleware_chain.requests import Server
from tests.check.building import build_stack
from tests.check.reporters.conftest import SOURCE

VOID = {"meta", "br", "wbr"}


class Reader(HTMLParser):
    """Checks nesting; keeps tags, attributes and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_nothing_is_loaded_and_nothing_runs(report: Report) -> None:
    """No script, no link, no image, no handler; and a policy that would forbid them."""
    reader = read(render(report))
    assert reader.tags & {"script", "link", "img", "iframe", "object", "base", "form"} == set()
    assert reader.attributes <= {"lang", "charset", "name", "content", "http-equiv", "class"}
    assert "default-src 'none'" in render(report)
    assert "url(" not in render(report)


def test_hostile_text_is_shown_as_text(report: Report) -> None:
    """Conditions, notes, messages and related places come from other people's files."""
    assert read(render(report)).text.count("</script><img src=x onerror=alert(1)>") >= 4


def test_today_and_the_proposal_stand_side_by_side(tmp_path: Path) -> None:
    """Both stacks are drawn by the model, with their totals; what is placed has the name that is written."""
    subject = build_stack(tmp_path, SOURCE, ["Stamp", "audit", "Stamp", "Stamp"])
    stack = StackReport("shop.settings", str(tmp_path / "settings.py"), [subject])
    text = read(render(Report(str(tmp_path), Server.ASGI, [stack], []))).text
    today, after = text.split("\nAfter\n")
    assert "Today: 7 hops with an async view, 8 with a sync view" in today
    assert "A hop is one call of sync_to_async: a switch to a thread and back" in today
    assert (
        "last in MIDDLEWARE: 3 hops with an async view, 4 with a sync view; 1 thread for each waiting request"
        in after
    )
    assert after.count("bridgekit.django.middleware.SingleHopMiddleware") == 3


def test_what_does_not_print_is_shown_as_an_escape(report: Report) -> None:
    """Characters that turn the direction of reading would show another name than is written."""
    finding = replace(report.findings[0], message="a\u202eb\x1b[31m")
    assert "a\\x202eb\\x1b[31m" in read(render(replace(report, findings=[finding]))).text


def test_an_empty_report_is_a_page_too(empty_report: Report) -> None:
    """Nothing to report is said."""
    assert "Nothing to report." in read(render(empty_report)).text


def test_every_total_says_who_keeps_a_thread_and_what_lets_it_go(tmp_path: Path) -> None:
    """Today, with the line, with the handler."""
    subject = build_stack(tmp_path, SOURCE, ["Stamp", "audit", "Stamp", "Stamp"])
    stack = StackReport("shop.settings", str(tmp_path / "settings.py"), [subject])
    text = render(Report(str(tmp_path), Server.ASGI, [stack], []))
    marked = text.partition("<p>Handler: ")[2].partition("</p>")[0]
    assert "app.<wbr>audit" in marked  # a long path is broken at its dots, not in a word
    handler = marked.replace("<wbr>", "")
    assert "<p>Today: " in text
    assert "<p>After: " in text
    assert "(blocked by app.audit: it has code of its own around get_response" in handler
    assert "released if app.audit is async or leaves the list" in handler


@pytest.mark.parametrize(("names", "kept", "mark"), [([], "0", "after"), (["Stamp", "audit"], "1", "")])
def test_a_figure_is_marked_as_better_only_where_it_is(
    tmp_path: Path, names: list[str], kept: str, mark: str
) -> None:
    """A layer with code of its own around ``get_response`` keeps its thread under either handler."""
    stack = StackReport(
        "shop.settings", str(tmp_path / "settings.py"), [build_stack(tmp_path, SOURCE, names)]
    )
    page = render(Report(str(tmp_path), Server.ASGI, [stack], []))
    figures = re.findall(r'<b class="(\w*)">(\d+)</b><span class="soft">(thread[ ,][^<]*)</span>', page)
    assert ("", "1", "thread for each waiting request, today") in figures
    assert (mark, kept, "thread, with bridgekit&#x27;s handler") in figures
