"""The patterns of ``match``."""

from __future__ import annotations

import ast

from bridgekit.check.python.tree import walk
from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.server_questions import is_instance, is_request
from bridgekit.check.reach.values import UNKNOWN, Const, Frame, Value


def fits(interpreter: Interpreter, pattern: ast.pattern, subject: Value, frame: Frame) -> bool | None:
    """Whether a pattern fits; None where the source leaves it open."""
    match pattern:
        case ast.MatchAs(pattern=None):
            return True
        case ast.MatchAs(pattern=inner) if inner is not None:
            return fits(interpreter, inner, subject, frame)
        case ast.MatchOr(patterns=patterns):
            found = [fits(interpreter, inner, subject, frame) for inner in patterns]
            return True if True in found else None if None in found else False
        case ast.MatchValue(value=value) if isinstance(subject, Const):
            expected = interpreter.evaluate(value, frame)
            return expected.value == subject.value if isinstance(expected, Const) else None
        case ast.MatchSingleton(value=single) if isinstance(subject, Const):
            return subject.value is single
        case ast.MatchClass(cls=cls, patterns=[], kwd_patterns=[]) if is_request(subject):
            return is_instance([interpreter.evaluate(cls, frame)], interpreter.asgi)
        case _:
            return None


def capture(interpreter: Interpreter, pattern: ast.pattern, subject: Value, frame: Frame) -> None:
    """Binds the names of a pattern."""
    whole = isinstance(pattern, ast.MatchAs) and pattern.name
    for inner in walk(pattern):
        if isinstance(inner, ast.MatchAs | ast.MatchStar) and inner.name:
            frame.names[inner.name] = UNKNOWN
        if isinstance(inner, ast.MatchClass):
            for name, part in zip(inner.kwd_attrs, inner.kwd_patterns, strict=True):
                value = interpreter.attribute(subject, name, pattern, frame)
                if isinstance(part, ast.MatchAs) and part.name:
                    frame.names[part.name] = value
    if whole and isinstance(pattern, ast.MatchAs) and pattern.name:
        frame.names[pattern.name] = subject
