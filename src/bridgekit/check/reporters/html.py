"""The report for sharing: one self-contained HTML file, no JavaScript, every text escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape as escape_markup
from importlib.resources import files

from bridgekit._plural import plural
from bridgekit.check.findings.finding import Finding
from bridgekit.check.findings.report import Report, StackReport
from bridgekit.check.findings.subject import Subject
from bridgekit.check.findings.wording import best_proposal, left_out_text, named
from bridgekit.check.project.handler_served import serves_by_ours
from bridgekit.check.reporters._picture import Row, RowKind, draw
from bridgekit.check.reporters._plain import plain
from bridgekit.check.reporters._totals import (
    after_text,
    change_text,
    cost_of,
    legend_text,
    price_text,
    today_text,
    totals,
)
from bridgekit.middleware_chain.handler_plan import plan_handler
from bridgekit.middleware_chain.requests import ASYNC_VIEW, Server
from bridgekit.middleware_chain.simulate import Chain, simulate
from bridgekit.middleware_chain.threads import handler_threads, stock_threads

#: Nothing may be loaded or run: even an escape that failed could do no harm.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render(report: Report) -> str:
    """The whole page."""
    style = files("bridgekit.check.reporters").joinpath("_style.css").read_text("utf-8")
    count = len(report.findings)
    title = f"bridgekit check: {plural(count, 'finding')}"
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
    )
    parts = [head, *_header(report, title)]
    for stack in report.stacks:
        parts += _stack(report, stack)
    parts += _findings(report)
    parts.append("</main>\n</body>\n</html>\n")
    return "".join(parts)


def escape(text: str) -> str:
    """Markup and whatever does not print, as what they are."""
    return escape_markup(plain(text))


def _changed(subject: Subject) -> str:
    """The change of one line with its totals and its price."""
    return (
        "; ".join(
            part for part in (f"{change_text(subject)}: {after_text(subject)}", price_text(subject)) if part
        )
        + "."
    )


def _header(report: Report, title: str) -> Iterator[str]:
    how = "read from the loaded project" if report.live else "read from source, nothing was imported"
    yield f"<h1>{escape(title)}</h1>\n"
    yield f'<p class="soft">Django under {escape(report.server.upper())}, {how}.</p>\n'
    for note in (*filter(None, [report.headline]), *report.notes):
        yield f'<p class="soft">{escape(note)}</p>\n'


def _stack(report: Report, stack: StackReport) -> Iterator[str]:
    subject = stack.default
    yield f"<h2><code>{escape(stack.name)}</code></h2>\n"
    yield f'<p class="soft path">{escape(report.shown(stack.path))}</p>\n'
    if subject.variant.middleware is None:
        yield _blocked(report, subject)
    else:
        yield from _figures(subject)
        yield '<div class="stacks">\n'
        ours = serves_by_ours(subject.project) is not None
        yield from _drawn("With Django's handler" if ours else "Today", subject.chain)
        best = best_proposal(subject)
        if best is not None and change_text(subject):
            after = simulate([named(facts) for facts in best.stack], subject.chain.server)
            yield from _drawn("After", after, _changed(subject))
        yield "</div>\n"
    others, left_out = stack.switches()
    for other in others:
        yield from _variant(report, other, opened=subject.variant.middleware is None)
    if left_out:
        yield f'<p class="soft">{left_out_text(left_out)}.</p>\n'
    if stack.cut:
        yield f'<p class="soft">Further variants were not looked at: {escape(stack.cut)}</p>\n'


def _figures(subject: Subject) -> Iterator[str]:
    server, best = subject.chain.server, best_proposal(subject)
    ours = serves_by_ours(subject.project) is not None
    with_djangos, with_ours = (
        ("with Django's handler", "today") if ours else ("today", "with bridgekit's handler")
    )
    word = "thread hops" if server is Server.ASGI else "event loop hops"
    yield '<div class="figures">\n'
    yield _figure(
        str(cost_of(subject, ASYNC_VIEW).hops(server)), f"{word} a request, async view, {with_djangos}"
    )
    if best is not None and change_text(subject):
        yield _figure(str(best.after.hops(server)), "after one changed line", "after")
    if server is Server.ASGI:
        stack = subject.chain.facts
        yield _figure(str(plan_handler(stack).crossings(ASYNC_VIEW)), f"{word} a GET, {with_ours}", "after")
        theirs, kept = (str(of(stack).waiting.threads) for of in (stock_threads, handler_threads))
        yield _figure(theirs, f"thread for each waiting request, {with_djangos}")
        yield _figure(kept, f"thread, {with_ours}", "after" if kept != theirs else "")
    yield _figure(str(len(subject.chain.layers)), "middleware")
    yield "</div>\n"
    for label, text in totals(subject):
        yield f"<p>{escape(label[0].upper() + label[1:])}: {_dotted(text)}.</p>\n"
    yield f'<p class="soft">A{escape(legend_text(server)[1:])}.</p>\n'


def _figure(number: str, label: str, style: str = "") -> str:
    return f'<div class="figure"><b class="{style}">{escape(number)}</b><span class="soft">{escape(label)}</span></div>\n'


def _drawn(title: str, chain: Chain, how: str = "") -> Iterator[str]:
    yield f'<section class="stack">\n<h3>{escape(title)}</h3>\n'
    if how:
        yield f"<p>{_dotted(how)}</p>\n"
    yield "<ol>\n"
    for row in draw(chain):
        yield _row(row)
    yield "</ol>\n</section>\n"


def _row(row: Row) -> str:
    mode = f'<span class="mode {escape(row.mode)}">{escape(row.mode)}</span>' if row.mode else ""
    hops = f'<span class="hops">{escape(row.hops)}</span>'
    match row.kind:
        case RowKind.CROSSING:
            text = " · ".join(part for part in (row.label, row.hops, row.detail) if part)
            return f'<li class="crossing">{escape(text)}</li>\n'
        case RowKind.LAYER:
            detail = f'<span class="detail">{escape(row.detail)}</span>' if row.detail else ""
            name = f'<span><span class="path">{_dotted(row.label)}</span>{detail}</span>'
            return f'<li class="layer {escape(row.mode)}"><span class="number">{row.number}</span>{name}{hops}{mode}</li>\n'
        case _:
            label = f"{row.label}: {row.detail}" if row.detail else row.label
            return f'<li class="end"><span>{escape(label)}</span>{mode}</li>\n'


def _dotted(path: str) -> str:
    """A dotted path, or text with such, that may be broken after its dots: a telephone is narrower than many a path."""
    return escape(path).replace(".", ".<wbr>")


def _variant(report: Report, subject: Subject, *, opened: bool) -> Iterator[str]:
    """A variant folded up, or ``opened`` with its proposal where the default stack is not known."""
    name = f"If {subject.variant.name}"
    if subject.variant.middleware is None:
        yield f"<details><summary>{escape(name)}: not known</summary>\n{_blocked(report, subject)}</details>\n"
        return
    summary = f"{name}: {today_text(subject)}"
    yield f"<details{' open' if opened else ''}><summary>{escape(summary)}</summary>\n"
    yield from _drawn("The stack", subject.chain)
    if opened and change_text(subject):
        yield f"<p>{_dotted(_changed(subject))}</p>\n"
    yield "</details>\n"


def _blocked(report: Report, subject: Subject) -> str:
    items = "".join(
        f'<p>{escape(blocked.reason)}<br><span class="path soft">{escape(report.shown(str(blocked.location)))}</span></p>\n'
        for blocked in subject.variant.blocked
    )
    return f'<div class="blocked">\n<p>MIDDLEWARE is not known:</p>\n{items}</div>\n'


def _findings(report: Report) -> Iterator[str]:
    yield "<h2>Findings</h2>\n"
    if not report.findings:
        yield "<p>Nothing to report.</p>\n"
    for finding in report.findings:
        yield _finding(report, finding)
    hidden = [
        f"{len(found)} {what}"
        for found, what in ((report.silenced, "silenced by noqa"), (report.known, "in the baseline"))
        if found
    ]
    if hidden:
        yield f'<p class="soft">Not shown: {escape(", ".join(hidden))}.</p>\n'


def _finding(report: Report, finding: Finding) -> str:
    place = escape(report.shown(str(finding.location)))
    fix = f'<p class="fix">{_dotted(finding.fix)}</p>' if finding.fix else ""
    related = "".join(
        f'<p class="soft">{escape(other.text)}: <span class="path">{escape(report.shown(str(other.location)))}</span></p>'
        for other in finding.related
    )
    condition = report.condition_of(finding)
    where = f'<p class="soft">Only if {escape(condition)}</p>' if condition else ""
    return (
        f'<article class="finding {finding.severity.value}"><span class="code">{escape(finding.code)}</span>'
        f'<span class="path soft">{place}</span><p>{escape(finding.message)}</p>{fix}{related}{where}</article>\n'
    )
