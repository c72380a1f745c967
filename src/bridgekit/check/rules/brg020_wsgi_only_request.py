"""BRG020: reads request.environ, which a request under ASGI does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import dotted_name, identifiers, own_functions, walk_own
from bridgekit.check.findings.reached import called_functions
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.requests import Server


def check(subject: Subject) -> Iterator[Problem]:
    """ASGI only: django.core.handlers.asgi.ASGIRequest has META, but no environ."""
    if subject.project.server is not Server.ASGI:
        return
    for checked, definition in subject.read_middleware():
        for function in called_functions(own_functions(definition), definition):
            node = None if _is_guarded(function.node) else _environ_of_request(function.node)
            if node is not None:
                place = function.module.location_of(node)
                yield Problem(
                    f"{checked.dotted_path} reads request.environ: under ASGI that raises AttributeError",
                    subject.shown_at(checked, place),
                    "Use request.META, which both servers' requests have.",
                    subject=checked.dotted_path,
                )
                break


def _environ_of_request(function: ast.AST) -> ast.AST | None:
    """The first read of ``request.environ`` by that name."""
    found = [
        node
        for node in walk_own(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and dotted_name(node) == "request.environ"
    ]
    return min(found, key=lambda node: node.lineno, default=None)


def _is_guarded(function: ast.AST) -> bool:
    """Whether the function asks first (``hasattr``), looks at the kind of request, or catches the error."""
    words = set(identifiers(function))
    return bool(words & {"hasattr", "WSGIRequest", "ASGIRequest"}) or any(
        isinstance(node, ast.Try) for node in walk_own(function)
    )


RULE = Rule("BRG020", "wsgi-only-request", Severity.ERROR, check)
