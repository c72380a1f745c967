"""The text report, as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridgekit.check.findings.report import Report, StackReport
from bridgekit.check.reporters.text import render
from bridgekit.check.settings.result import Unknown
from bridgekit.middleware_chain.facts import Location
from bridgekit.middleware_chain.requests import Server
from tests.check.building import build_stack
from tests.check.reporters.conftest import SOURCE
from tests.middleware_chain.kinds import STARTPROJECT


def test_the_stack_is_a_picture_with_totals_before_and_after(tmp_path: Path) -> None:
    """Modes, hops, crossings, what is held, and the line that saves most."""
    subject = build_stack(tmp_path, SOURCE, ["Stamp", "audit", "Stamp", "Stamp"])
    stack = StackReport("shop.settings", str(tmp_path / "settings.py"), [subject])
    assert render(Report(str(tmp_path), Server.ASGI, [stack], [])) == (
        "shop.settings (settings.py), MIDDLEWARE under ASGI, from source\n"
        "\n"
        "      ┬ ASGI server     async\n"
        "      ╞══ sync_to_async          1 hop\n"
        "    1 ├ app.Stamp       sync                   blocks the thread\n"
        "    2 ├ app.audit       sync                   blocks the thread, sync-only\n"
        "      ╞══ async_to_sync\n"
        "    3 ├ app.Stamp       async   2 hops         process_request and process_response in a thread\n"
        "    4 ├ app.Stamp       async   2 hops         process_request and process_response in a thread\n"
        "      ╰ view                                   a sync view costs 1 hop more\n"
        "\n"
        "  today:    7 hops with an async view, 8 with a sync view; 1 thread for each waiting request (blocked by app.audit) and each open stream (idle)\n"
        "  one line: Place bridgekit.django.middleware.SingleHopMiddleware (a sync-only pass-through) last in MIDDLEWARE\n"
        "  after:    3 hops with an async view, 4 with a sync view; 1 thread for each waiting request (blocked by bridgekit.django.middleware.SingleHopMiddleware) and each open stream (idle)\n"
        "  handler:  1 hop with an async view, 1 with a sync view; 1 thread for each waiting request (blocked by app.audit: it has code "
        "of its own around get_response and runs in a thread), none for an open stream; released if app.audit is async or leaves the list "
        "and BRIDGEKIT_THREADS_RELEASED_BY has app.Stamp, which must leave nothing in the thread then\n"
        "\n"
        "a hop is one call of sync_to_async: a switch to a thread and back, some tens of microseconds;"
        " 2 in each total are Django's own, around the stack\n"
        "\n"
        "Found nothing to report.\n"
    )


def test_a_variant_is_told_by_its_difference(report: Report) -> None:
    """Ten variants of one list stay readable."""
    text = render(report)
    assert (
        "    - app.audit\n    - app.Broken\n    - missing.Middleware\n    8 hops with an async view" in text
    )
    assert "  if STAGE=prod:\n  MIDDLEWARE is not known:\n    settings.py:3:1: open() reads a file\n" in text


def test_a_finding_is_path_line_column_code_message_and_fix(report: Report) -> None:
    """The form that editors and people parse."""
    assert "\napp.py:11:9 BRG003 app.Broken claims async_capable" in render(report)
    assert "\n    fix: Set async_capable = False on the class" in render(report)


def test_control_characters_never_reach_the_terminal(report: Report) -> None:
    """Text from other people's files cannot colour or move anything."""
    text = render(report)
    assert "\x1b" not in text
    assert "\\x1b[31m" in text


def test_what_is_hidden_is_counted(report: Report) -> None:
    """Silence is said."""
    last = render(report).splitlines()[-1]
    assert "findings (1 silenced by noqa, 1 in the baseline). `bridgekit explain BRG" in last


def test_live_reports_say_so(report: Report) -> None:
    """The reader has to know where the facts come from."""
    assert "MIDDLEWARE under ASGI, as loaded" in render(replace(report, live=True))


def test_what_a_hop_is_depends_on_the_server(tmp_path: Path) -> None:
    """Said once, below the pictures, for who reads a report for the first time."""
    subject = build_stack(tmp_path, SOURCE, ["Stamp"], server=Server.WSGI)
    stack = StackReport("shop.settings", str(tmp_path / "settings.py"), [subject, subject])
    text = render(Report(str(tmp_path), Server.WSGI, [stack, stack], []))
    assert text.count("a hop is one call of async_to_sync") == 1
    assert "today: 1 hop with an async view, 0 with a sync view; the server's thread is held" in text


def test_after_says_what_is_certain_where_totals_are_not_known(tmp_path: Path) -> None:
    """A range before and after says little: the saving itself is certain."""
    subject = build_stack(tmp_path, SOURCE, ["missing.Middleware", *["Stamp"] * 4])
    stack = StackReport("shop.settings", str(tmp_path / "settings.py"), [subject])
    text = render(Report(str(tmp_path), Server.ASGI, [stack], []))
    (after,) = [line for line in text.splitlines() if line.startswith("  after:")]
    assert "or more with a sync view, at least " in after
    assert "hops fewer; 1 thread for each waiting request" in after


def test_a_project_on_our_handler_is_told_its_totals_first(tmp_path: Path) -> None:
    """What holds today; the line that saves hops under Django's handler is not proposed."""
    served = {
        "asgi.py": "from bridgekit.django import get_asgi_application\napplication = get_asgi_application()\n"
    }
    subject = build_stack(tmp_path, SOURCE, ["Stamp", "Stamp"], entry_points=served)
    stack = StackReport("shop.settings", str(tmp_path / "settings.py"), [subject])
    text = render(Report(str(tmp_path), Server.ASGI, [stack], []))
    assert "from source, as Django's handler would run it\n" in text
    today, stock = (
        line.strip() for line in text.splitlines() if line.startswith(("  today:", "  Django's:"))
    )
    assert today.startswith("today:    2 hops with an async view, 1 with a sync view; 1 thread")
    assert today.endswith("(bridgekit's handler, asgi.py:2)")
    assert stock.startswith("Django's: 6 hops with an async view, 7 with a sync view")
    assert "one line:" not in text


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {},
            "0 hops with an async view, 1 with a sync view (2 and 1 for a POST, at most that where the session or messages change); no",
        ),
        (
            {"CSRF_USE_SESSIONS": Unknown("open() reads a file", Location("settings.py", 3))},
            "0 to 2 hops with an async view, 1 with a sync view (2 and 1 for a POST, at most that where the session or messages change;"
            " not known: CSRF_USE_SESSIONS: open() reads a file (settings.py:3:1)); no",
        ),
        ({"CSRF_USE_SESSIONS": True}, "2 hops with an async view, 1 with a sync view; no"),
    ],
)
def test_the_handlers_total_says_for_which_requests_it_holds(
    tmp_path: Path, settings: dict[str, object], said: str
) -> None:
    """Django's own layers need no thread where they wait for nothing; where that is not known, what decides it is named."""
    subject = build_stack(tmp_path, "", STARTPROJECT, settings=settings)
    stack = StackReport("shop.settings", str(tmp_path / "settings.py"), [subject])
    text = render(Report(str(tmp_path), Server.ASGI, [stack], []))
    (handler,) = [line for line in text.splitlines() if line.startswith("  handler:")]
    assert handler == f"  handler:  {said} thread for a waiting request or an open stream"
