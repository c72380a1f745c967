"""BRG004: touches streaming_content without looking at is_async, so asynchronous iterators break."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import identifiers, own_functions, walk_own
from bridgekit.check.findings.reached import called_functions
from bridgekit.check.findings.subject import Subject
from bridgekit.check.python.tree import walk
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.requests import Server

_STREAM_WORDS = re.compile(
    r"is_async|asyncgen|aiter|async_?iter|async_?gen|sync_to_async|async_to_sync", re.IGNORECASE
)

_SHOW = frozenset(
    {"critical", "debug", "error", "exception", "info", "log", "print", "repr", "str", "type", "warning"}
)


def check(subject: Subject) -> Iterator[Problem]:
    """Any middleware, sync-only ones too: under ASGI they are handed asynchronous streams as well."""
    if subject.project.server is not Server.ASGI:
        return
    for checked, definition in subject.read_middleware():
        functions = called_functions(own_functions(definition), definition)
        touched = [
            (function, node)
            for function in functions
            for node in walk_own(function.node)
            if isinstance(node, ast.Attribute) and node.attr == "streaming_content"
            if id(node) not in _printed(function.node)
        ]
        # One look at is_async anywhere (`response.is_async`, isasyncgen, aiter) means that the author knows.
        if not touched or any(handles_stream(function.node) for function in functions):
            continue
        function, node = min(touched, key=lambda pair: (pair[0].module.path, getattr(pair[1], "lineno", 0)))
        place = function.module.location_of(node)
        yield Problem(
            f"{checked.dotted_path} touches response.streaming_content without looking at response.is_async: "
            "a response over an asynchronous iterator breaks",
            subject.shown_at(checked, place),
            "Branch on response.is_async and wrap the iterator with `async for` there (as django.middleware.gzip does).",
            subject=checked.dotted_path,
        )


def _printed(function: ast.AST) -> set[int]:
    """What is only made a text of, or logged: no iterator is begun by that."""
    found: set[int] = set()
    for node in walk(function):
        if isinstance(node, ast.FormattedValue):
            found.add(id(node.value))
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in _SHOW:
                found.update(id(argument) for argument in node.args)
    return found


def handles_stream(node: ast.AST) -> bool:
    """Whether the function shows that it knows asynchronous iterators."""
    return any(
        isinstance(inner, (ast.AsyncFor, ast.comprehension)) and _is_async(inner) for inner in walk(node)
    ) or any(_STREAM_WORDS.search(name) for name in identifiers(node))


def _is_async(node: ast.AsyncFor | ast.comprehension) -> bool:
    return isinstance(node, ast.AsyncFor) or bool(node.is_async)


RULE = Rule("BRG004", "streaming-content", Severity.ERROR, check)
