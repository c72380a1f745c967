"""``match`` patterns: values, alternatives, captures and sequences of them; other patterns are undecided."""

from __future__ import annotations

import ast

from bridgekit.check.python.plain import is_plain
from bridgekit.check.python.scopes import names_bound_by
from bridgekit.check.python.tree import walk
from bridgekit.check.settings.interpreter.compare import compare
from bridgekit.check.settings.interpreter.data import DictValue, ListValue, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.truth import truth
from bridgekit.check.settings.interpreter.values import Frame, NativeFunction


def matches_pattern(
    interpreter: Interpreter,
    pattern: ast.pattern,
    subject: Value,
    bindings: dict[str, Value],
    frame: Frame,
    asked: ast.expr,
) -> bool:
    """Whether ``subject`` matches; names that the pattern captures go to ``bindings``."""
    if isinstance(pattern, ast.MatchValue):
        answer = compare(
            interpreter, ast.Eq(), subject, interpreter.evaluate(pattern.value, frame), pattern.value, frame
        )
        return truth(interpreter, answer, pattern.value, frame)
    if isinstance(pattern, ast.MatchSingleton):
        return truth(
            interpreter, compare(interpreter, ast.Is(), subject, pattern.value, asked, frame), asked, frame
        )
    if isinstance(pattern, ast.MatchOr):
        return any(
            matches_pattern(interpreter, one, subject, bindings, frame, asked) for one in pattern.patterns
        )
    if isinstance(pattern, ast.MatchAs):
        if pattern.pattern is not None and not matches_pattern(
            interpreter, pattern.pattern, subject, bindings, frame, asked
        ):
            return False
        if pattern.name:
            bindings[pattern.name] = subject
        return True
    plain = interpreter.read(unwrap(subject)[0])
    if isinstance(pattern, ast.MatchSequence) and is_plain(plain):
        if not isinstance(plain, ListValue | tuple):
            return isinstance(plain, range) and _matches_sequence(
                interpreter, pattern, list(plain), bindings, frame, asked
            )
        return _matches_sequence(interpreter, pattern, list(plain), bindings, frame, asked)
    if isinstance(pattern, ast.MatchSequence) and isinstance(plain, ListValue | tuple):
        return _matches_sequence(interpreter, pattern, list(plain), bindings, frame, asked)
    if isinstance(pattern, ast.MatchMapping) and is_plain(plain):
        return isinstance(plain, DictValue) and _matches_mapping(
            interpreter, pattern, plain, bindings, frame, asked
        )
    if isinstance(pattern, ast.MatchClass) and is_plain(plain):
        known = _matches_type(interpreter, pattern, subject, bindings, frame, asked)
        if known is not None:
            return known
    cause = interpreter.opaque("this kind of match pattern is not interpreted", pattern, frame)
    interpreter.hand_over([plain], cause)
    # Whatever it would capture is not known, should it match.
    for name in names_in_pattern(pattern):
        bindings[name] = cause.derive(f".{name}")
    return truth(interpreter, cause, asked, frame)


def names_in_pattern(pattern: ast.pattern) -> list[str]:
    """The names that a pattern captures."""
    return [name for part in walk(pattern) for name in names_bound_by(part)]


def _matches_mapping(
    interpreter: Interpreter,
    pattern: ast.MatchMapping,
    subject: DictValue,
    bindings: dict[str, Value],
    frame: Frame,
    asked: ast.expr,
) -> bool:
    keys = [interpreter.evaluate(key, frame) for key in pattern.keys]
    # Keys that are equal raise ValueError, where the subject is long enough (language reference, section 8.6.4.6).
    if not all(is_plain(key) for key in keys) or len(set(keys)) < len(keys):
        return truth(
            interpreter,
            interpreter.opaque("the key of a match pattern is not known", pattern, frame),
            asked,
            frame,
        )
    for key, inner in zip(keys, pattern.patterns, strict=True):
        if key not in subject or not matches_pattern(
            interpreter, inner, subject[key], bindings, frame, asked
        ):
            return False
    if pattern.rest:
        bindings[pattern.rest] = DictValue({key: value for key, value in subject.items() if key not in keys})
    return True


_SELF_MATCHING = (bool, bytes, dict, float, frozenset, int, list, set, str, tuple)


def _matches_type(
    interpreter: Interpreter,
    pattern: ast.MatchClass,
    subject: Value,
    bindings: dict[str, Value],
    frame: Frame,
    asked: ast.expr,
) -> bool | None:
    """``case int(x)``, for the types of plain data; None for others."""
    kind = interpreter.evaluate(pattern.cls, frame)
    if not isinstance(kind, NativeFunction) or kind.kind not in _SELF_MATCHING or pattern.kwd_attrs:
        return None
    if not isinstance(unwrap(subject)[0], kind.kind):
        return False
    if len(pattern.patterns) > 1:
        return None  # TypeError: these types take one
    return all(matches_pattern(interpreter, one, subject, bindings, frame, asked) for one in pattern.patterns)


def _matches_sequence(
    interpreter: Interpreter,
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
            matches_pattern(interpreter, one, item, bindings, frame, asked) for one, item in pairs
        )
    if len(items) < count - 1:
        return False
    at, after = stars[0], count - stars[0] - 1
    star = pattern.patterns[at]
    if isinstance(star, ast.MatchStar) and star.name:
        bindings[star.name] = ListValue(items[at : len(items) - after])
    head = zip(pattern.patterns[:at], items[:at], strict=True)
    tail = zip(pattern.patterns[at + 1 :], items[len(items) - after :], strict=True)
    return all(
        matches_pattern(interpreter, one, item, bindings, frame, asked) for one, item in (*head, *tail)
    )
