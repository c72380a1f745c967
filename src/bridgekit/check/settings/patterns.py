"""``match`` patterns: values, alternatives, captures and sequences of them; other patterns are undecided."""

from __future__ import annotations

import ast

from bridgekit.check.settings.compare import compare
from bridgekit.check.settings.frames import Frame
from bridgekit.check.settings.machine import Machine
from bridgekit.check.settings.operators import unwrap
from bridgekit.check.settings.truth import truth
from bridgekit.check.settings.values import ListValue, Value

__all__ = ["matches_pattern"]


def matches_pattern(
    m: Machine,
    pattern: ast.pattern,
    subject: Value,
    bindings: dict[str, Value],
    frame: Frame,
    asked: ast.expr,
) -> bool:
    """Whether ``subject`` matches; names that the pattern captures go to ``bindings``."""
    if isinstance(pattern, ast.MatchValue):
        answer = compare(m, ast.Eq(), subject, m.evaluate(pattern.value, frame), pattern.value, frame)
        return truth(m, answer, pattern.value, frame)
    if isinstance(pattern, ast.MatchSingleton):
        return truth(m, compare(m, ast.Is(), subject, pattern.value, asked, frame), asked, frame)
    if isinstance(pattern, ast.MatchOr):
        return any(matches_pattern(m, one, subject, bindings, frame, asked) for one in pattern.patterns)
    if isinstance(pattern, ast.MatchAs):
        if pattern.pattern is not None and not matches_pattern(
            m, pattern.pattern, subject, bindings, frame, asked
        ):
            return False
        if pattern.name:
            bindings[pattern.name] = subject
        return True
    plain = m.read(unwrap(subject)[0])
    if isinstance(pattern, ast.MatchSequence) and isinstance(plain, ListValue | tuple):
        return _matches_sequence(m, pattern, list(plain), bindings, frame, asked)
    return truth(m, m.opaque("this kind of match pattern is not interpreted", pattern, frame), asked, frame)


def _matches_sequence(
    m: Machine,
    pattern: ast.MatchSequence,
    items: list[Value],
    bindings: dict[str, Value],
    frame: Frame,
    asked: ast.expr,
) -> bool:
    stars = [position for position, one in enumerate(pattern.patterns) if isinstance(one, ast.MatchStar)]
    count = len(pattern.patterns)
    if not stars:
        pairs = list(zip(pattern.patterns, items, strict=False))
        return len(items) == count and all(
            matches_pattern(m, one, item, bindings, frame, asked) for one, item in pairs
        )
    if len(items) < count - 1:
        return False
    at, after = stars[0], count - stars[0] - 1
    star = pattern.patterns[at]
    if isinstance(star, ast.MatchStar) and star.name:
        bindings[star.name] = ListValue(items[at : len(items) - after])
    head = zip(pattern.patterns[:at], items[:at], strict=True)
    tail = zip(pattern.patterns[at + 1 :], items[len(items) - after :], strict=True)
    return all(matches_pattern(m, one, item, bindings, frame, asked) for one, item in (*head, *tail))
