"""BRG006: request state in a threading.local that code on the event loop writes or reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache

from bridgekit.check.findings.finding import Problem, Related, Severity
from bridgekit.check.findings.flow import (
    ReadFunction,
    called_functions,
    dotted_name,
    functions_on_loop,
    imported_names,
    own_functions,
    reached_functions,
    resolved_name,
    walk_own,
)
from bridgekit.check.findings.subject import AsyncView, CheckedMiddleware, Subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.rules._signals import STARTED, receivers_in
from bridgekit.check.rules.rule import Rule
from bridgekit.check.settings.result import Known
from bridgekit.middleware_chain.requests import Server

_THREADS = frozenset(
    {"threading.get_ident", "threading.current_thread", "threading.get_native_id", "_thread.get_ident"}
)
_LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
_FIX = "Use a contextvars.ContextVar, or asgiref.local.Local."


def check(subject: Subject) -> Iterator[Problem]:
    """A module-level ``threading.local()`` that the middleware fills, where the event loop's thread meets it (ASGI).

    In threads alone it holds: all sync code of one request runs in one thread (asgiref.sync.ThreadSensitiveContext).
    """
    if subject.project.server is not Server.ASGI:
        return
    for checked, definition in subject.read_middleware():
        problem = _written_on_loop(checked, definition, subject) or _read_by_view(
            checked, definition, subject
        )
        if problem is not None:
            yield problem


def _written_on_loop(checked: CheckedMiddleware, definition: Definition, subject: Subject) -> Problem | None:
    """The middleware's own code on the loop fills it: the loop's thread, and so the state, is that of all requests."""
    if not checked.accepts_async:
        return None
    for function in functions_on_loop(definition):
        for name in _filled(function):
            place = function.module.location_of(function.node)
            return Problem(
                f"{checked.dotted_path} keeps request state in {name}, {_kind(name, function.module)}, and sets it in {function.name}, "
                "which runs on the event loop in async mode: all requests share that thread, and see each other's state",
                subject.shown_at(checked, place),
                _FIX,
                subject=checked.dotted_path,
            )
    return None


def _read_by_view(checked: CheckedMiddleware, definition: Definition, subject: Subject) -> Problem | None:
    """An async view reads what the middleware, or a receiver beside it, filled in another thread."""
    writers = called_functions(own_functions(definition), definition)
    if definition.module is not None:
        writers += [function for signal, function in receivers_in(definition.module) if signal == STARTED]
    for function in writers:
        for name in _filled(function):
            found = _reader(name, function.module, definition, subject)
            if found is not None:
                view, how = found
                place = function.module.location_of(function.node)
                return Problem(
                    f"{checked.dotted_path} keeps request state in {name}, {_kind(name, function.module)}, which the async view "
                    f"{view.function.name} reads{how}: on the event loop's thread it is not there",
                    subject.shown_at(checked, place),
                    _FIX,
                    subject=checked.dotted_path,
                    related=(Related(view.location, "async view"),),
                )
    return None


def _reader(
    name: str, module: SourceModule, definition: Definition, subject: Subject
) -> tuple[AsyncView, str] | None:
    """An async view that reaches the state, and the way: by calls, or by logging through a filter of the settings."""
    views = subject.project.async_views()
    for view in views:
        for one in reached_functions([view.function], definition, depth=4, awaited=True):
            if _loads(one.function, name, module):
                return view, f", by {' > '.join(one.path)}" if len(one.path) > 1 else ""
    for label, function in _log_filters(subject, definition):
        if _loads(function, name, module):
            logging = next((view for view in views if _logs(view)), None)
            if logging is not None:
                return logging, f", by what it logs through {label}"
    return None


def _log_filters(subject: Subject, definition: Definition) -> Iterator[tuple[str, ReadFunction]]:
    """``filter`` and ``format`` of the project's classes that LOGGING names by ``()``."""
    config = subject.variant.value("LOGGING")
    settings = config.value if isinstance(config, Known) and isinstance(config.value, dict) else {}
    for section, method in (("filters", "filter"), ("formatters", "format")):
        entries = settings.get(section)
        for entry in entries.values() if isinstance(entries, dict) else ():
            path = entry.get("()") if isinstance(entry, dict) else None
            origin, _, last = path.rpartition(".") if isinstance(path, str) else ("", "", "")
            module = definition.load(origin) if origin else None
            for node in module.tree.body if module is not None and module.tree is not None else ():
                if isinstance(node, ast.ClassDef) and node.name == last and module is not None:
                    for inner in node.body:
                        if isinstance(inner, ast.FunctionDef) and inner.name == method:
                            yield last, ReadFunction(inner, module)


def _logs(view: AsyncView) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _LOG_METHODS
        and "log" in dotted_name(node.func.value).lower()
        for node in walk_own(view.function.node)
    )


def _filled(function: ReadFunction) -> list[str]:
    """Thread-locals that the function sets attributes of, and dictionaries that it keys by the thread, in modules that know no
    context variables.

    Who keeps context variables as well tells threads from requests.
    """
    written = _written(function)
    if not written or {"contextvars.ContextVar", "contextvars"} & set(
        imported_names(function.module).values()
    ):
        return []
    return sorted(written)


def _loads(function: ReadFunction, name: str, module: SourceModule) -> bool:
    """Whether the function reads the state of a module, under its name there or as it imports it."""
    imports = imported_names(function.module)

    def is_state(node: ast.AST) -> bool:
        if function.module.path == module.path:
            return dotted_name(node) == name
        return bool(module.name) and resolved_name(node, imports) == f"{module.name}.{name}"

    for node in walk_own(function.node):
        if (
            isinstance(node, ast.Attribute | ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and is_state(node.value)
        ):
            return True
        asks = isinstance(node, ast.Call) and dotted_name(node.func) in ("getattr", "hasattr") and node.args
        if asks and isinstance(node, ast.Call) and is_state(node.args[0]):
            return True
    return False


def _kind(name: str, module: SourceModule) -> str:
    return "a threading.local" if name in thread_locals(module) else "a dictionary keyed by the thread"


@lru_cache(maxsize=64)
def thread_locals(module: SourceModule) -> frozenset[str]:
    """Module-level names bound to ``threading.local()``, or to an instance of a subclass of it."""
    if module.tree is None:
        return frozenset()
    imports = imported_names(module)
    kinds = {"threading.local"} | {
        node.name
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        and any(resolved_name(b, imports) == "threading.local" for b in node.bases)
    }
    return frozenset(
        target.id
        for node in module.tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and resolved_name(node.value.func, imports) in kinds
        for target in node.targets
        if isinstance(target, ast.Name)
    )


def _written(function: ReadFunction) -> set[str]:
    """Names of the module's thread-locals whose attributes the function sets, and of dictionaries whose items it sets by the
    number of its thread."""
    module = function.module
    locals_, imports = thread_locals(module), imported_names(module)
    names = set()
    for node in walk_own(function.node):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(dotted_name(node.value))
        elif isinstance(node, ast.Call) and dotted_name(node.func) == "setattr" and node.args:
            names.add(dotted_name(node.args[0]))
    found = names & locals_
    for node in walk_own(function.node):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Store)
            and _is_thread(node.slice, imports)
        ):
            found.add(dotted_name(node.value))
    return found - {""}


def _is_thread(node: ast.expr, imports: Mapping[str, str]) -> bool:
    """``threading.get_ident()``, ``threading.current_thread()`` and its ``ident``."""
    if isinstance(node, ast.Attribute) and node.attr in ("ident", "native_id", "name"):
        node = node.value
    return isinstance(node, ast.Call) and resolved_name(node.func, imports) in _THREADS


RULE = Rule("BRG006", "thread-local", Severity.WARNING, check)
