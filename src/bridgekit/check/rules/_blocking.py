"""Expressions that block, as one function's source shows them: calls, queries, the lazy user and the session."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridgekit.check.findings.flow import ReadFunction, dotted_name, imported_names, resolved_name, walk_own
from bridgekit.check.rules._queries import Queries

__all__ = ["BLOCKING_CALLS", "Blocked", "Situation", "blocking"]

_CLIENT = "an asynchronous HTTP client"
BLOCKING_CALLS = {
    "time.sleep": "await asyncio.sleep(...)",
    "urllib.request.urlopen": _CLIENT,
    "subprocess.run": "asyncio.create_subprocess_exec",
    "subprocess.call": "asyncio.create_subprocess_exec",
    "subprocess.check_call": "asyncio.create_subprocess_exec",
    "subprocess.check_output": "asyncio.create_subprocess_exec",
    "os.system": "asyncio.create_subprocess_shell",
    "socket.create_connection": "asyncio.open_connection",
    **{
        f"{library}.{verb}": _CLIENT
        for library in ("requests", "httpx")
        for verb in ("get", "post", "put", "patch", "delete", "head", "options", "request")
    },
}
_QUERYING_CALLS = {
    "django.shortcuts.get_object_or_404": "await aget_object_or_404(...)",
    "django.shortcuts.get_list_or_404": "await aget_list_or_404(...)",
    "django.contrib.auth.authenticate": "await aauthenticate(...)",
    "django.contrib.auth.login": "await alogin(...)",
    "django.contrib.auth.logout": "await alogout(...)",
    "django.contrib.auth.get_user": "await aget_user(...)",
    "django.contrib.auth.update_session_auth_hash": "await aupdate_session_auth_hash(...)",
    "django.db.connection.cursor": "sync_to_async around the whole query",
}
"""Functions of Django's that query the database at once, with their twins."""
_ATOMIC = "django.db.transaction.atomic"
_SITE = "django.contrib.sites.shortcuts.get_current_site"
_CACHE_VERBS = frozenset(
    ["get", "set", "add", "delete", "get_many", "set_many", "delete_many", "incr", "decr", "touch", "has_key", "clear",
     "get_or_set"]
)  # fmt: skip
_READS_WHOLE = frozenset(
    {"str", "bool", "repr", "format", "len", "list", "dict", "tuple", "set", "sorted", "hash"}
)


@dataclass(frozen=True, slots=True)
class Blocked:
    """A place that blocks: the expression, what it is, and what to use instead."""

    node: ast.AST
    what: str
    instead: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What the settings and the middleware make of reading these."""

    session_queries: bool
    user_queries: bool
    cache_queries: bool
    sites_queries: bool


def blocking(
    function: ReadFunction, situation: Situation, users: frozenset[str] = frozenset()
) -> Iterator[Blocked]:
    """Each blocking expression in the order of lines. ``users`` are parameters that are handed ``request.user``."""
    imports = imported_names(function.module)
    lazy = {"request.user", *users, *_names_of_user(function)} if situation.user_queries else set()
    nodes = sorted(walk_own(function.node), key=lambda node: getattr(node, "lineno", 0))
    awaited = {id(node.value) for node in nodes if isinstance(node, ast.Await)}
    queries = Queries(function)
    for node in nodes:
        if isinstance(node, ast.Call) and id(node) not in awaited:
            yield from _call(node, resolved_name(node.func, imports), situation)
        yield from (Blocked(node, what, instead) for what, instead in queries.of(node, awaited))
        if isinstance(node, ast.With):
            yield from _atomic(node, imports)
        if _reads_user(node, lazy):
            attribute = f".{node.attr}" if isinstance(node, ast.Attribute) else ""
            yield Blocked(node, f"request.user{attribute}", "await request.auser()")
        if situation.session_queries and _reads_session(node):
            yield Blocked(
                node, "request.session access", "the session's asynchronous methods (aget, aset, ...)"
            )


def _call(node: ast.Call, name: str, situation: Situation) -> Iterator[Blocked]:
    if name in BLOCKING_CALLS:
        yield Blocked(node, f"blocking call {name}()", BLOCKING_CALLS[name])
    elif name in _QUERYING_CALLS:
        yield Blocked(node, f"synchronous query by {name}()", _QUERYING_CALLS[name])
    elif name == _SITE and situation.sites_queries:
        yield Blocked(node, f"synchronous query by {name}()", "the site's domain from the settings")
    elif situation.cache_queries and name.rpartition(".")[0] == "django.core.cache.cache":
        verb = name.rpartition(".")[2]
        if verb in _CACHE_VERBS:
            yield Blocked(node, f"cache.{verb}() of a cache in the database", f"await cache.a{verb}(...)")


def _atomic(node: ast.With, imports: Mapping[str, str]) -> Iterator[Blocked]:
    for item in node.items:
        made = item.context_expr
        named = made.func if isinstance(made, ast.Call) else made
        if resolved_name(named, imports) == _ATOMIC:
            yield Blocked(made, "transaction.atomic()", "sync_to_async around the whole transaction")


def _names_of_user(function: ReadFunction) -> set[str]:
    """Local names that are bound to ``request.user`` and to nothing else."""
    bound: dict[str, set[bool]] = {}
    for node in walk_own(function.node):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    bound.setdefault(target.id, set()).add(dotted_name(node.value) == "request.user")
    return {name for name, lazy in bound.items() if lazy == {True}}


def _reads_user(node: ast.AST, lazy: set[str]) -> bool:
    """An attribute of the lazy user, its truth, its text, or a comparison with it (django/utils/functional.py, LazyObject)."""

    def is_user(part: ast.AST | None) -> bool:
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
        case ast.Call():
            return dotted_name(node.func) in _READS_WHOLE and any(map(is_user, node.args))
        case ast.BinOp(op=ast.Mod()):
            parts = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return any(map(is_user, parts))
        case _:
            return False


def _reads_session(node: ast.AST) -> bool:
    """Items, membership, iteration and the methods that load the session's data."""

    def is_session(part: ast.AST) -> bool:
        return dotted_name(part) == "request.session"

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
