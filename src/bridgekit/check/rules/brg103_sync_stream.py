"""BRG103: a stream of the other kind: a sync iterator served by ASGI, an asynchronous one by WSGI."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.calls import called_function
from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import FunctionNode, ReadFunction, dotted_name, resolved_name, walk_own
from bridgekit.check.findings.live_code import Setting, walk_live
from bridgekit.check.findings.reached import reached_functions
from bridgekit.check.findings.subject import Subject
from bridgekit.check.findings.visible_names import is_builtin, visible_imports
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.rules._views import routed_views
from bridgekit.check.rules._walks import setting_of
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.requests import Server

_STREAM = "django.http.StreamingHttpResponse"
_STREAMS = frozenset({_STREAM, "django.http.response.StreamingHttpResponse"})
_SYNC_MAKERS = frozenset({"map", "filter", "open", "zip", "wsgiref.util.FileWrapper", "itertools.chain"})


def check(subject: Subject) -> Iterator[Problem]:
    """Every view of a project with async ones: Django consumes such a stream whole before it sends the first byte."""
    is_asgi = subject.project.server is Server.ASGI
    setting = setting_of(subject)
    for view in routed_views(subject):
        for one in reached_functions(view.handlers, view.definition, depth=3, setting=setting):
            for node, is_async in _streams(one.function, view.definition, setting):
                if is_async == is_asgi:
                    continue
                kind, served = ("sync", "ASGI") if is_asgi else ("asynchronous", "WSGI")
                yield Problem(
                    f"{view.name}: StreamingHttpResponse of {_article(kind)} {kind} iterator under {served}: Django consumes it whole, "
                    "in memory, before the first byte is sent",
                    one.function.module.location_of(node),
                    "Give it an asynchronous generator: async def, and yield."
                    if is_asgi
                    else "Give it a plain generator under WSGI, or serve the project by ASGI.",
                    subject=f"{view.name}:{one.function.name}",
                )


def _article(kind: str) -> str:
    return "an" if kind[0] == "a" else "a"


def _streams(
    function: ReadFunction, definition: Definition, setting: Setting
) -> Iterator[tuple[ast.AST, bool]]:
    """Each stream whose iterator is certainly of one kind, with whether that is the asynchronous one."""
    imports = visible_imports(function)
    for node in walk_live(function, setting):
        given: ast.expr | None = None
        if isinstance(node, ast.Call) and resolved_name(node.func, imports) in _STREAMS:
            named = [keyword.value for keyword in node.keywords if keyword.arg == "streaming_content"]
            given = next(iter([*node.args[:1], *named]), None)
        elif isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Attribute) and target.attr == "streaming_content"
            for target in node.targets
        ):
            given = node.value
        kind = _kind(given, function, definition) if given is not None else None
        if kind is not None:
            yield node, kind


def _kind(node: ast.expr, function: ReadFunction, definition: Definition) -> bool | None:
    """Whether an expression gives an asynchronous iterator, True, or a sync one that makes its items one by one, False."""
    match node:
        case ast.Name():
            values = [
                part.value
                for part in walk_own(function.node)
                if isinstance(part, ast.Assign)
                and any(isinstance(target, ast.Name) and target.id == node.id for target in part.targets)
            ]
            kinds = {
                _kind(value, function, definition) for value in values if not isinstance(value, ast.Name)
            }
            return kinds.pop() if len(kinds) == 1 and len(values) == 1 else None
        case ast.GeneratorExp():
            is_async = any(generator.is_async for generator in node.generators) or any(
                isinstance(part, ast.Await) for part in ast.walk(node.elt)
            )
            return is_async
        case ast.Call():
            imports = visible_imports(function)
            name = resolved_name(node.func, imports)
            first = dotted_name(node.func).partition(".")[0]
            callee = called_function(node, function, definition)
            if callee is not None:
                return _generator_kind(callee)
            is_known = first in imports or is_builtin(first, function)
            return False if is_known and name in _SYNC_MAKERS else None
        case _:
            return None


def _generator_kind(function: ReadFunction) -> bool | None:
    node: FunctionNode = function.node
    if node.decorator_list or not any(isinstance(part, ast.Yield | ast.YieldFrom) for part in walk_own(node)):
        return None
    return isinstance(node, ast.AsyncFunctionDef)


RULE = Rule("BRG103", "sync-stream", Severity.WARNING, check)
