"""Expressions that block, as one function's source shows them: calls, queries, the lazy user and the session."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from bridgekit.check.findings.calls import called_function
from bridgekit.check.findings.flow import ReadFunction, dotted_name, resolved_name, walk_own
from bridgekit.check.findings.live_code import Setting, walk_live
from bridgekit.check.findings.reached import Reached
from bridgekit.check.findings.visible_names import visible_imports
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.rules._blocking_calls import BLOCKING_CALLS, CACHE_VERBS, QUERYING_CALLS, SITE
from bridgekit.check.rules._queries import Queries

__all__ = ["Blocked", "Kind", "Situation", "blocking", "handed_users"]

_ATOMIC = "django.db.transaction.atomic"
_READS_WHOLE = frozenset(
    ["bool", "dict", "format", "getattr", "hasattr", "hash", "isinstance", "len", "list", "print", "repr", "set", "sorted",
     "str", "tuple"]
)  # fmt: skip


class Kind(Enum):
    """What happens there on the event loop."""

    CALL = "call"
    """It blocks, and nothing else tells."""
    QUERY = "query"
    """Django raises SynchronousOnlyOperation, as for the other two."""
    USER = "user"
    SESSION = "session"
    """These two are lazy: once they were read in a thread, they query no more."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A place that blocks: the expression, what it is, and what to use instead."""

    node: ast.AST
    what: str
    instead: str
    kind: Kind = Kind.QUERY


@dataclass(frozen=True, slots=True)
class Situation:
    """What the settings and the middleware make of reading these."""

    session_queries: bool
    user_queries: bool
    cache_queries: bool
    sites_queries: bool
    requests: frozenset[str] = frozenset({"request", "self.request"})
    """By which names the request is known."""
    setting: Setting | None = None
    """What is known of settings, for code that one of them switches off."""


def blocking(
    function: ReadFunction, situation: Situation, users: frozenset[str] = frozenset()
) -> Iterator[Blocked]:
    """Each blocking expression in the order of lines. ``users`` are parameters that are handed ``request.user``."""
    imports = visible_imports(function)
    of_requests = {f"{request}.user" for request in situation.requests}
    lazy = of_requests | users | _names_bound_to(function, of_requests) if situation.user_queries else set()
    of_sessions = {f"{request}.session" for request in situation.requests}
    sessions = of_sessions | _names_bound_to(function, of_sessions)
    nodes = sorted(walk_live(function, situation.setting), key=lambda node: getattr(node, "lineno", 0))
    awaited = {id(node.value) for node in nodes if isinstance(node, ast.Await)}
    queries = Queries(function)
    for node in nodes:
        if (
            isinstance(node, ast.Call)
            and id(node) not in awaited
            and dotted_name(node.func).partition(".")[0] in imports
        ):
            yield from _call(node, resolved_name(node.func, imports), situation)
        yield from (Blocked(node, what, instead) for what, instead in queries.of(node, awaited))
        if isinstance(node, ast.With):
            yield from _atomic(node, imports)
        if _reads_user(node, lazy) or any(dotted_name(each) in lazy for each in queries.filtered_by(node)):
            attribute = f".{node.attr}" if isinstance(node, ast.Attribute) else ""
            yield Blocked(node, f"request.user{attribute}", "await request.auser()", Kind.USER)
        if situation.session_queries and _reads_session(node, sessions):
            twins = "the session's asynchronous methods (aget, aset, ...)"
            yield Blocked(node, "request.session access", twins, Kind.SESSION)


def handed_users(
    reached: list[Reached], definition: Definition, requests: frozenset[str] = frozenset({"request"})
) -> dict[int, frozenset[str]]:
    """For functions by identity, the parameters that are handed ``request.user`` as it is."""
    users = {f"{request}.user" for request in requests}
    handed: dict[int, frozenset[str]] = {}
    for one in reached:
        for node in walk_own(one.function.node):
            if not isinstance(node, ast.Call):
                continue
            given = [number for number, part in enumerate(node.args) if dotted_name(part) in users]
            callee = called_function(node, one.function, definition) if given else None
            if callee is not None:
                parameters = [argument.arg for argument in callee.node.args.args]
                shift = int(bool(parameters) and parameters[0] == "self")
                names = {parameters[number + shift] for number in given if number + shift < len(parameters)}
                handed[id(callee.node)] = handed.get(id(callee.node), frozenset()) | names
    return handed


def _call(node: ast.Call, name: str, situation: Situation) -> Iterator[Blocked]:
    if name in BLOCKING_CALLS:
        yield Blocked(node, f"blocking call {name}()", BLOCKING_CALLS[name], Kind.CALL)
    elif name in QUERYING_CALLS:
        yield Blocked(node, f"synchronous query by {name}()", QUERYING_CALLS[name])
    elif name == SITE and situation.sites_queries:
        yield Blocked(node, f"synchronous query by {name}()", "the site's domain from the settings")
    elif situation.cache_queries and name.rpartition(".")[0] == "django.core.cache.cache":
        verb = name.rpartition(".")[2]
        if verb in CACHE_VERBS:
            yield Blocked(node, f"cache.{verb}() of a cache in the database", f"await cache.a{verb}(...)")


def _atomic(node: ast.With, imports: Mapping[str, str]) -> Iterator[Blocked]:
    for item in node.items:
        made = item.context_expr
        named = made.func if isinstance(made, ast.Call) else made
        if resolved_name(named, imports) == _ATOMIC:
            yield Blocked(made, "transaction.atomic()", "sync_to_async around the whole transaction")


def _names_bound_to(function: ReadFunction, meant: set[str]) -> set[str]:
    """Local names that are bound to ``request.user``, or to what else is meant, and to nothing else."""
    bound: dict[str, set[bool]] = {}
    for node in walk_own(function.node):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            targets = [node.target]
        for target in targets:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) else None
            if isinstance(target, ast.Name) and value is not None:
                bound.setdefault(target.id, set()).add(dotted_name(value) in meant)
    return {name for name, known in bound.items() if known == {True}}


def _reads_user(node: ast.AST, lazy: set[str]) -> bool:
    """An attribute of the lazy user, its truth, its text, or a comparison with it (django/utils/functional.py, LazyObject)."""

    def is_user(part: ast.AST | None) -> bool:
        if isinstance(part, ast.NamedExpr):
            part = part.value
        return part is not None and bool(lazy) and dotted_name(part) in lazy

    match node:
        case ast.Attribute():
            return isinstance(node.ctx, ast.Load) and is_user(node.value)
        case ast.If() | ast.IfExp() | ast.While() | ast.Assert():
            return is_user(node.test)
        case ast.BoolOp():
            return any(map(is_user, node.values[:-1]))
        case ast.UnaryOp(op=ast.Not()):
            return is_user(node.operand)
        case ast.FormattedValue():
            return is_user(node.value)
        case ast.Compare():
            identity = all(isinstance(operator, ast.Is | ast.IsNot) for operator in node.ops)
            return not identity and any(map(is_user, [node.left, *node.comparators]))
        case ast.Call(func=ast.Attribute(attr="format", value=ast.Constant())):
            return any(map(is_user, [*node.args, *(keyword.value for keyword in node.keywords)]))
        case ast.Call():
            return dotted_name(node.func) in _READS_WHOLE and any(map(is_user, node.args))
        case ast.BinOp(op=ast.Mod()):
            parts = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return any(map(is_user, parts))
        case _:
            return False


def _reads_session(node: ast.AST, sessions: set[str]) -> bool:
    """Items, membership, iteration and the methods that load the session's data."""

    def is_session(part: ast.AST) -> bool:
        return dotted_name(part) in sessions

    match node:
        case ast.Subscript():
            return is_session(node.value)
        case ast.Compare():
            within = any(isinstance(operator, ast.In | ast.NotIn) for operator in node.ops)
            return within and any(map(is_session, node.comparators))
        case ast.For():
            return is_session(node.iter)
        case ast.comprehension():
            return is_session(node.iter) and not node.is_async
        case ast.Call(func=ast.Attribute() as method):
            return is_session(method.value) and method.attr in {
                "get", "pop", "setdefault", "update", "keys", "items", "values", "flush", "save", "cycle_key", "has_key",
            }  # fmt: skip
        case ast.Call():
            return dotted_name(node.func) in ("list", "dict", "tuple") and any(map(is_session, node.args))
        case _:
            return False
