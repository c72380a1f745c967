"""The report for people at a terminal: the stack as a picture, its totals, then one line for each finding."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.finding import Finding
from bridgekit.check.report import Report, StackReport
from bridgekit.check.reporters._picture import Row, RowKind, draw
from bridgekit.check.reporters._plain import plain
from bridgekit.check.reporters._totals import after_text, change_text, held_text, legend_text, totals_text
from bridgekit.check.subject import Subject

__all__ = ["render"]


def render(report: Report) -> str:
    """The whole report; ends with a newline."""
    lines: list[str] = []
    for stack in report.stacks:
        lines += [*_stack(report, stack), ""]
    if any(subject.variant.middleware for stack in report.stacks for subject in stack.subjects):
        lines += [f"{legend_text(report.server)}", ""]
    said: set[str] = set()
    for finding in report.findings:
        lines += _finding(report, finding, said)
    if report.findings:
        lines.append("")
    lines += [f"note: {plain(note)}" for note in report.notes]
    lines.append(_summary(report))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _stack(report: Report, stack: StackReport) -> Iterator[str]:
    subject = stack.default
    how = "as loaded" if report.live else "from source"
    place = f" ({plain(report.shown(stack.path))})" if stack.path else ""
    yield f"{plain(stack.name)}{place}, MIDDLEWARE under {report.server.upper()}, {how}"
    yield ""
    yield from _variant(report, subject)
    for other in stack.subjects[1:]:
        yield ""
        yield f"  if {plain(other.variant.name)}:"
        yield from _changes(report, subject, other)
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
    change = change_text(subject)
    yield f"  {'today:':<{9 if change else 6}} {totals_text(subject)}; {held_text(subject)}"
    if change:
        yield f"  one line: {plain(change)}"
        yield f"  after:    {after_text(subject)}"


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
    yield f"    {totals_text(other)}; {held_text(other)}"


def _finding(report: Report, finding: Finding, said: set[str]) -> Iterator[str]:
    """Seven mixins have one fix: the second time it is only referred to."""
    location = plain(report.shown(str(finding.location)))
    where = ""
    if finding.variants and "default" not in finding.variants:
        where = f" (if {plain(' or '.join(finding.variants))})"
    yield f"{location} {finding.code} {plain(finding.message)}{where}"
    for related in finding.related:
        yield f"    see {plain(report.shown(str(related.location)))}: {plain(related.text)}"
    if finding.fix:
        yield f"    fix: {'as above' if finding.fix in said else plain(finding.fix)}"
        said.add(finding.fix)


def _summary(report: Report) -> str:
    count = len(report.findings)
    said = f"Found {count} finding{'' if count == 1 else 's'}" if count else "Found nothing to report"
    hidden = []
    if report.silenced:
        hidden.append(f"{len(report.silenced)} silenced by noqa")
    if report.known:
        hidden.append(f"{len(report.known)} in the baseline")
    remark = f" ({', '.join(hidden)})" if hidden else ""
    page = f" `bridgekit explain {report.findings[0].code}` prints a rule's page." if count else ""
    return f"{said}{remark}.{page}"
