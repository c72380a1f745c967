"""Paths that are not to be measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bridgekit._arguments import check_text, shown


def compile_exclusion(patterns: Iterable[str]) -> Callable[[str], bool] | None:
    """A test for paths, or None if nothing is excluded.

    A pattern is a whole path (``/healthz``) or, with a star at its end, the beginning of one (``/static/*``). Anything
    else is a `ValueError`: a pattern that never matches would be noticed too late. `TypeError` for what is no list of texts.
    """
    if isinstance(patterns, str):
        raise TypeError(f"exclude is a list of paths: write exclude=[{patterns!r}]")
    given: object = patterns
    if not isinstance(given, Iterable) or isinstance(given, bytes | Mapping):
        raise TypeError(f"exclude must be a list of paths, not {shown(patterns)}")
    exact: set[str] = set()
    prefixes: list[str] = []
    for pattern in patterns:
        check_text("a path to exclude", pattern)
        if not pattern.startswith("/") or "*" in pattern[:-1]:
            raise ValueError(
                f"{pattern!r} excludes nothing: write a whole path ('/healthz') or its beginning with a star ('/static/*')"
            )
        if pattern.endswith("*"):
            prefixes.append(pattern[:-1])
        else:
            exact.add(pattern)
    if not exact and not prefixes:
        return None
    starts = tuple(prefixes)
    return lambda path: path in exact or path.startswith(starts)
