"""Where a function queries the database by Django's ORM, and not through its asynchronous twins."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.flow import ReadFunction, dotted_name, resolved_name, walk_own
from bridgekit.check.findings.visible_names import hidden_names, is_builtin, visible_imports

__all__ = ["INTO_THREAD", "Queries"]

_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_AT_ONCE = frozenset(
    [
        "aggregate", "bulk_create", "bulk_update", "count", "create", "delete", "earliest", "exists", "first", "get",
        "get_or_create", "in_bulk", "last", "latest", "update", "update_or_create",
    ]
)  # fmt: skip
"""Methods of a manager or query set that send a query at once; each has a twin that starts with ``a``."""
_OF_MANAGERS = frozenset(
    ["get_current", "get_for_model", "get_for_models", "get_for_id", "get_by_natural_key", "create_user"]
)
"""Methods of Django's own managers that query, and have no such twin."""
_LAZY = frozenset(
    [
        "all", "filter", "exclude", "order_by", "reverse", "distinct", "values", "values_list", "dates", "datetimes",
        "select_related", "prefetch_related", "annotate", "alias", "only", "defer", "using", "union", "intersection",
        "difference", "select_for_update", "raw", "extra",
    ]
)  # fmt: skip
"""Methods that give another query set, which queries where it is iterated over."""
_ITERATE = frozenset(
    {"list", "tuple", "set", "sorted", "len", "bool", "sum", "max", "min", "any", "all", "dict", "next"}
)
_OF_RELATED = frozenset(
    ["aggregate", "all", "annotate", "bulk_create", "distinct", "exclude", "exists", "filter", "first", "get_or_create", "last",
     "order_by", "select_related", "values_list"]
)  # fmt: skip
_FETCH = frozenset(["aget", "afirst", "alast", "acreate", "aearliest", "alatest"])
_OTHER_RESULTS = frozenset(["prefetch_related", "values", "values_list", "raw", "dates", "datetimes"])
INTO_THREAD = frozenset(
    {"sync_to_async", "database_sync_to_async", "to_thread", "run_in_executor", "run_sync"}
)
"""Functions that hand what they are given to a thread."""
_OF_INSTANCES = frozenset({"save", "delete", "refresh_from_db", "full_clean"})


class Queries:
    """The query sets and model instances that one function knows by name, and what queries with them."""

    def __init__(self, function: ReadFunction) -> None:
        self.function = function
        self.imports = visible_imports(function)
        self.models = {
            node.name
            for node in (function.module.tree.body if function.module.tree is not None else ())
            if isinstance(node, ast.ClassDef)
            and any(resolved_name(base, self.imports) == "django.db.models.Model" for base in node.bases)
        } - hidden_names(function)
        bound = _bindings(function)
        self.sets: set[str] = set()
        self.instances: set[str] = set()
        self.sets = {name for name, values in bound.items() if values and all(map(self._is_set, values))}
        self.sets -= _fetched_before(function)
        self.instances = {
            name for name, values in bound.items() if values and all(map(self._is_instance, values))
        }

    def of(self, node: ast.AST, awaited: set[int]) -> Iterator[tuple[str, str]]:
        """What the node itself queries, and what to use instead."""
        match node:
            case ast.Call() if id(node) not in awaited:
                yield from self._call(node)
            case ast.For() if self._is_set(node.iter):
                yield "iteration over a query set", "async for"
            case ast.comprehension() if not node.is_async and self._is_set(node.iter):
                yield "iteration over a query set", "async for"
            case ast.Subscript(ctx=ast.Load()) if self._is_set(node.value) and not self._is_set(node):
                yield "an item of a query set", "await ... .afirst()"
            case ast.Starred() if self._is_set(node.value):
                yield "iteration over a query set", "async for"
            case ast.UnaryOp(op=ast.Not()) if self._is_set(node.operand):
                yield "the truth of a query set", "await ... .aexists()"
            case ast.If() | ast.IfExp() | ast.While() if self._is_set(node.test):
                yield "the truth of a query set", "await ... .aexists()"
            case ast.Compare() if any(
                isinstance(operator, ast.In | ast.NotIn) for operator in node.ops
            ) and any(map(self._is_set, node.comparators)):
                yield "membership in a query set", "await ... .acontains(...)"

    def filtered_by(self, node: ast.AST) -> list[ast.expr]:
        """What a query set is filtered by, which is read at once though the query is not sent (Query.resolve_lookup_value)."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return []
        owner = node.func.value
        if node.func.attr not in ("filter", "exclude") or not (
            self._is_manager(owner) or self._is_set(owner)
        ):
            return []
        return [*node.args, *(keyword.value for keyword in node.keywords)]

    def _call(self, node: ast.Call) -> Iterator[tuple[str, str]]:
        called = dotted_name(node.func)
        if called in _ITERATE and is_builtin(called, self.function) and any(map(self._is_set, node.args)):
            yield "iteration over a query set", "async for"
        if not isinstance(node.func, ast.Attribute):
            return
        verb, owner = node.func.attr, node.func.value
        if verb == "join" and isinstance(owner, ast.Constant) and any(map(self._is_set, node.args)):
            yield "iteration over a query set", "async for"
        related = verb in _OF_RELATED or (verb == "count" and not node.args)
        if related and verb in _AT_ONCE and self._is_related(owner):
            yield f"synchronous query .{verb}()", f"await ... .a{verb}()"
        if verb in _AT_ONCE and (self._is_manager(owner) or self._is_set(owner)):
            yield f"synchronous query .{verb}()", f"await ... .a{verb}()"
        elif verb in _OF_MANAGERS and self._is_manager(owner):
            yield f"synchronous query .{verb}()", "sync_to_async"
        elif verb in _OF_INSTANCES and self._is_instance(owner):
            yield f"synchronous query .{verb}()", f"await ... .a{verb}()"

    def _is_manager(self, node: ast.expr) -> bool:
        """``Model.objects``: of what is written like a class, or named as one; ``shelf.objects`` may be anything."""
        if not isinstance(node, ast.Attribute) or node.attr not in _MANAGERS:
            return False
        owner = node.value.func if isinstance(node.value, ast.Call) else node.value
        last = dotted_name(owner).rpartition(".")[2]
        return node.attr != "objects" or last[:1].isupper() or last.endswith(("model", "cls", "klass"))

    def _is_set(self, node: ast.AST) -> bool:
        """``Model.objects.filter(...)...``, or a name that is bound to nothing else."""
        if isinstance(node, ast.Name):
            return node.id in self.sets
        if isinstance(node, ast.NamedExpr):
            return self._is_set(node.value)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and node.slice.step is None:
            return self._is_set(node.value)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        owner = node.func.value
        if node.func.attr in _LAZY and (self._is_manager(owner) or self._is_set(owner)):
            return True
        return node.func.attr in _LAZY & _OF_RELATED and self._is_related(owner)

    def _is_related(self, node: ast.expr) -> bool:
        """``order.items`` of an instance that was fetched: asked by methods alone that neither a dictionary nor a list has."""
        return (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in self.instances
            and node.attr not in _MANAGERS
        )

    def _is_instance(self, node: ast.AST) -> bool:
        """``Model(...)`` of a class that certainly is a model, or a name that is bound to nothing else."""
        if isinstance(node, ast.Name):
            return node.id in self.instances
        if isinstance(node, ast.NamedExpr):
            return self._is_instance(node.value)
        if isinstance(node, ast.Await):
            return self._is_fetched(node.value)
        if not isinstance(node, ast.Call):
            return False
        name = resolved_name(node.func, self.imports)
        return name in self.models or (".models." in name and name.rpartition(".")[2][:1].isupper())

    def _is_fetched(self, node: ast.expr) -> bool:
        """``X.objects....aget(...)`` and ``request.auser()``; not where related objects or plain values were fetched as well."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        if node.func.attr == "auser":
            return True
        chain = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
        owner = node.func.value
        return (
            node.func.attr in _FETCH
            and not chain & _OTHER_RESULTS
            and (self._is_manager(owner) or self._is_set(owner))
        )


def _fetched_before(function: ReadFunction) -> set[str]:
    """Names that are iterated over asynchronously, or handed to a thread: a query set keeps what it has fetched, and does not
    query again (django/db/models/query.py, QuerySet._fetch_all)."""
    given: list[ast.expr] = []
    for node in walk_own(function.node):
        match node:
            case ast.AsyncFor():
                given.append(node.iter)
            case ast.comprehension() if node.is_async:
                given.append(node.iter)
            case ast.Call():
                called = node.func.func if isinstance(node.func, ast.Call) else node.func
                if dotted_name(called).rpartition(".")[2] in INTO_THREAD:
                    given += node.args
    return {part.id for one in given for part in ast.walk(one) if isinstance(part, ast.Name)}


def _bindings(function: ReadFunction) -> dict[str, list[ast.expr]]:
    """What each local name is bound to; a name that anything but an assignment binds is bound to what is not known."""
    bound: dict[str, list[ast.expr]] = {}
    for node in walk_own(function.node):
        match node:
            case ast.Assign():
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        bound.setdefault(target.id, []).append(node.value)
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.NamedExpr(target=ast.Name(id=name)):
                bound.setdefault(name, []).extend([] if node.value is None else [node.value])
            case ast.For(target=ast.Name(id=name)) | ast.AsyncFor(target=ast.Name(id=name)):
                bound.setdefault(name, []).append(ast.Constant(None))
    return bound
