"""The report for people at a terminal: the stack as a picture, its totals, then one line for each finding."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit._plural import plural
from bridgekit.check.findings.finding import Finding, Group
from bridgekit.check.findings.report import Report, StackReport
from bridgekit.check.findings.subject import Subject
from bridgekit.check.findings.wording import left_out_text
from bridgekit.check.project.handler_served import serves_by_ours
from bridgekit.check.reporters._picture import Row, RowKind, draw
from bridgekit.check.reporters._plain import plain
from bridgekit.check.reporters._totals import legend_text, today_text, totals
from bridgekit.check.rules.registry import group_of

_PICTURES = 2
"""Where the default is not known, as many of its possible stacks are drawn in full: the answers to one question."""

_HEADINGS = {Group.MISTAKE: "What breaks or may break:", Group.COST: "What works and costs:"}


def render(report: Report) -> str:
    """The whole report; ends with a newline."""
    lines: list[str] = [f"{plain(report.headline)}", ""] if report.headline else []
    for stack in report.stacks:
        lines += [*_stack(report, stack), ""]
    if any(subject.variant.middleware for stack in report.stacks for subject in stack.subjects):
        lines += [f"{legend_text(report.server)}", ""]
    lines += _findings(report)
    lines += [f"note: {plain(note)}" for note in report.notes]
    lines.append(_summary(report))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def render_findings(report: Report) -> str:
    """``--quiet``: the findings alone; empty without any."""
    lines = [plain(report.headline)] if report.headline else []
    lines += _findings(report)
    return "".join(f"{line.rstrip()}\n" for line in lines).rstrip("\n") + "\n" * bool(lines)


def _stack(report: Report, stack: StackReport) -> Iterator[str]:
    subject = stack.default
    how = "as loaded" if report.live else "from source"
    if serves_by_ours(subject.project) is not None:
        how += ", as Django's handler would run it"
    place = f" ({plain(report.shown(stack.path))})" if stack.path else ""
    yield f"{plain(stack.name)}{place}, MIDDLEWARE under {report.server.upper()}, {how}"
    yield ""
    yield from _variant(report, subject)
    unknown = subject.variant.middleware is None
    others, left_out = stack.switches()
    for number, other in enumerate(others):
        yield ""
        yield f"  if {plain(other.variant.name)}:"
        if unknown and number < _PICTURES:
            yield from _variant(report, other)
        else:
            yield from _changes(report, others[0] if unknown else subject, other)
    if left_out:
        yield ""
        yield f"  {left_out_text(left_out)}"
    if stack.cut:
        yield f"  further variants were not looked at: {plain(stack.cut)}"
    for note in stack.notes:
        yield f"  note: {plain(note.text)} ({plain(report.shown(str(note.location)))})"


def _variant(report: Report, subject: Subject) -> Iterator[str]:
    if subject.variant.middleware is None:
        yield from _blocked(report, subject)
        return
    rows = list(draw(subject.chain))
    width = max(len(row.label) for row in rows)
    for row in rows:
        yield "  " + _row(row, width)
    yield ""
    found = totals(subject)
    width = max(len(label) for label, _ in found) + 1
    for label, text in found:
        yield f"  {label + ':':<{width}} {plain(text)}"


def _row(row: Row, width: int) -> str:
    if row.kind is RowKind.CROSSING:
        line = f"{'':>3} ╞══ {row.label} ".ljust(width + 8, "═")
        return f"{line} {'':<7} {row.hops:<14} {row.detail}"
    mark = {RowKind.SERVER: "┬", RowKind.VIEW: "╰"}.get(row.kind, "├")
    number = str(row.number) if row.number else ""
    label, detail = plain(row.label), plain(row.detail)
    return f"{number:>3} {mark} {label:<{width + 2}} {row.mode:<7} {row.hops:<14} {detail}"


def _blocked(report: Report, subject: Subject) -> Iterator[str]:
    yield "  MIDDLEWARE is not known:"
    for blocked in subject.variant.blocked:
        yield f"    {plain(report.shown(str(blocked.location)))}: {plain(blocked.reason)}"


def _changes(report: Report, default: Subject, other: Subject) -> Iterator[str]:
    """A variant by its difference from the default one, so that ten variants stay readable."""
    if other.variant.middleware is None:
        yield from _blocked(report, other)
        return
    here = [facts.dotted_path for facts in other.chain.facts]
    there = [facts.dotted_path for facts in default.chain.facts]
    added = [path for path in here if path not in there]
    gone = [path for path in there if path not in here]
    for sign, paths in (("+", added), ("-", gone)):
        for path in paths:
            place = f" at position {here.index(path) + 1}" if sign == "+" else ""
            yield f"    {sign} {plain(path)}{place}"
    if not added and not gone:
        yield "    the same middleware" + ("" if here == there else " in another order")
    yield f"    {plain(today_text(other))}"


def _findings(report: Report) -> Iterator[str]:
    """What breaks before what costs; the headings only where there is both."""
    groups = {group: [f for f in report.findings if group_of(f.code) is group] for group in Group}
    headed = all(groups.values())
    for group, findings in groups.items():
        if headed:
            yield _HEADINGS[group]
        above = ""
        for finding in findings:
            yield from _finding(report, finding, above)
            above = finding.fix
        if findings:
            yield ""


def _finding(report: Report, finding: Finding, above: str) -> Iterator[str]:
    """Seven mixins have one fix: it is only referred to right below itself."""
    location = plain(report.shown(str(finding.location)))
    condition = report.condition_of(finding)
    where = f" (if {plain(condition)})" if condition else ""
    yield f"{location} {finding.code} {plain(finding.message)}{where}"
    for related in finding.related:
        yield f"    see {plain(report.shown(str(related.location)))}: {plain(related.text)}"
    if finding.fix:
        yield f"    fix: {'as above' if finding.fix == above else plain(finding.fix)}"


def _summary(report: Report) -> str:
    count = len(report.findings)
    summary = f"Found {plural(count, 'finding')}" if count else "Found nothing to report"
    hidden = []
    if report.silenced:
        hidden.append(f"{len(report.silenced)} silenced by noqa")
    if report.known:
        hidden.append(f"{len(report.known)} in the baseline")
    remark = f" ({', '.join(hidden)})" if hidden else ""
    page = f" `bridgekit explain {report.findings[0].code}` prints a rule's page." if count else ""
    return f"{summary}{remark}.{page}"
