"""BRG023: state on django.db.connection that is set for one thread's connection and looked for on another's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Related, Severity
from bridgekit.check.findings.flow import ReadFunction, own_functions, resolved_name, walk_own
from bridgekit.check.findings.reached import Reached, reached_functions, reached_on_loop
from bridgekit.check.findings.routed_view import RoutedView
from bridgekit.check.findings.subject import Subject
from bridgekit.check.findings.visible_names import visible_imports
from bridgekit.check.rules._views import async_views
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Location

_CONNECTION, _CONNECTIONS = "django.db.connection", "django.db.connections"
_SETTERS = frozenset(
    ["set_rollback", "set_schema", "set_schema_to_public", "set_tenant", "set_autocommit", "execute_wrapper"]
)
_FIX = "Keep it in a contextvars.ContextVar or on the request; what belongs to queries, set in sync code that runs in their thread."


def check(subject: Subject) -> Iterator[Problem]:
    """Each thread has a connection of its own (django/db/utils.py, ConnectionHandler.thread_critical), and the loop's is that of
    all requests at once, while no query runs on it."""
    for checked, definition in subject.read_middleware():
        on_loop = reached_on_loop(definition) if checked.accepts_async else []
        for one in on_loop:
            for name, node in _set(one.function):
                place = one.function.module.location_of(node)
                way = f", by {' > '.join(one.path)}" if len(one.path) > 1 else ""
                yield Problem(
                    f"{checked.dotted_path}: connection.{name} is set on the event loop{way}, where the connection is that of all "
                    "requests: no query of this one meets it, and another request may",
                    subject.shown_at(checked, place),
                    _FIX,
                    subject=f"{checked.dotted_path}:connection.{name}",
                )
        if checked.accepts_async and on_loop:
            continue
        for one in reached_functions(own_functions(definition), definition):
            for name, node in _set(one.function):
                found = _read_on_loop(name, subject)
                if found is not None and name not in _SETTERS:
                    view, by, place = found
                    way = f", by {' > '.join(by.path)}" if len(by.path) > 1 else ""
                    yield Problem(
                        f"{checked.dotted_path} sets connection.{name} in a thread, and the async view {view.name} reads it on the "
                        f"event loop{way}: that is another connection, and it is not there",
                        subject.shown_at(checked, one.function.module.location_of(node)),
                        _FIX,
                        subject=f"{checked.dotted_path}:connection.{name}",
                        related=(Related(place, f"reads connection.{name}"),),
                    )


def _is_connection(node: ast.expr, function: ReadFunction) -> bool:
    """``connection``, or ``connections["default"]``."""
    imports = visible_imports(function)
    if isinstance(node, ast.Subscript):
        return resolved_name(node.value, imports) == _CONNECTIONS
    return resolved_name(node, imports) == _CONNECTION


def _set(function: ReadFunction) -> Iterator[tuple[str, ast.AST]]:
    """Attributes that are set, and Django's and its backends' own methods that do nothing else."""
    for node in walk_own(function.node):
        match node:
            case ast.Attribute(ctx=ast.Store()) if _is_connection(node.value, function):
                yield node.attr, node
            case ast.Call(func=ast.Name(id="setattr"), args=[owner, ast.Constant(value=str(name)), _]) if (
                _is_connection(owner, function)
            ):
                yield name, node
            case ast.Call(func=ast.Attribute(attr=name) as method) if name in _SETTERS and _is_connection(
                method.value, function
            ):
                yield name, node


def _read(name: str, function: ReadFunction) -> ast.AST | None:
    for node in walk_own(function.node):
        match node:
            case ast.Attribute(ctx=ast.Load()) if node.attr == name and _is_connection(node.value, function):
                return node
            case ast.Call(
                func=ast.Name(id="getattr" | "hasattr"), args=[owner, ast.Constant(value=str(read)), *_]
            ) if read == name and _is_connection(owner, function):
                return node
    return None


def _read_on_loop(name: str, subject: Subject) -> tuple[RoutedView, Reached, Location] | None:
    for view in async_views(subject):
        handlers = [handler for handler in view.handlers if handler.is_async]
        for one in reached_functions(handlers, view.definition, depth=5):
            node = _read(name, one.function)
            if node is not None:
                return view, one, one.function.module.location_of(node)
    return None


RULE = Rule("BRG023", "connection-state", Severity.WARNING, check)
