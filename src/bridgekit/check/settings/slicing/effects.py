"""Which names a statement may change, and which it reads: by its text, so on the safe side.

Used for two things only: to leave alone what cannot change MIDDLEWARE (`slices`), and to forget what a loop may have
changed whose rounds cannot be known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache

from bridgekit.check.python.changes import CHANGING_METHODS
from bridgekit.check.python.scopes import local_names, names_bound_by
from bridgekit.check.python.tree import children, walk

_ENVIRONMENT_WRITERS = frozenset(
    ["setdefault", "update", "putenv", "read_env", "read_envfile", "load_dotenv", "read_dotenv"]
)

EVERYTHING = "*"
"""In place of a name: anything may be bound (an import with a star, ``exec``, ``globals()``)."""

_CONTAINERS = frozenset(("dict", "list", "set"))
"""Types whose methods change their first argument: ``list.append(MIDDLEWARE, ...)``."""

_FRAMES = frozenset(("f_back", "f_globals", "f_locals", "__globals__"))
"""Attributes of frames and functions that lead to the names of a module."""

_WHOLE_NAMESPACE = frozenset(
    ("globals", "locals", "vars", "exec", "eval", "setattr", "delattr", "include", "execfile")
)


def names_changed_by(statement: ast.stmt, side_effect_free: frozenset[str] = frozenset()) -> frozenset[str]:
    """Names that the statement (with everything in it) may bind, or whose value it may change in place.

    A call may change whatever it is given, the receiver of a method, and what the called function changes: the
    function's name stands for that, as ``name()``. ``side_effect_free`` are names whose calls change nothing.
    """
    return names_bound_in(statement) | names_mutated_in(statement, side_effect_free)


_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@lru_cache(maxsize=2_000)
def names_affected(function: _Function) -> frozenset[str]:
    """Names outside a function whose values its body may change, or hands to something that may; ``name()`` for what it calls.

    A local name may stand for what one outside does (``stack = MIDDLEWARE``): a change under the one is a change under the other.
    """
    body: list[ast.stmt] = (
        [ast.Expr(function.body)] if isinstance(function, ast.Lambda) else list(function.body)
    )
    return affected_by(body) - local_names(function)


@lru_cache(maxsize=2_000)
def names_handed_out(function: _Function) -> frozenset[str]:
    """Names outside a function whose values it may return, yield or raise: whoever calls it can change them."""
    body: list[ast.stmt] = (
        [ast.Return(function.body)] if isinstance(function, ast.Lambda) else list(function.body)
    )
    given = (
        node.value
        for statement in body
        for node in walk(statement)
        if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) and node.value is not None
    )
    return _with_aliases({name for value in given for name in _parts(value)}, body) - local_names(function)


def _parts(value: ast.expr) -> Iterator[str]:
    """The names whose objects an expression may give, or something that holds them."""
    match value:
        case ast.Name(id=name):
            yield name
        case ast.Attribute() | ast.Subscript():
            yield from _root(value)
        case ast.Compare() | ast.Constant() | ast.JoinedStr() | ast.UnaryOp():
            return
        case ast.Call(func=function, args=arguments, keywords=keywords):
            yield from _root(function)
            for argument in (*arguments, *(keyword.value for keyword in keywords)):
                yield from _parts(argument)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _parts(body)
            yield from _parts(orelse)
        case ast.Lambda():
            yield from names_in(value)
        case _:
            for part in children(value):
                if isinstance(part, ast.expr):
                    yield from _parts(part)
                elif isinstance(part, ast.comprehension):
                    yield from _parts(part.iter)


def affected_by(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """As `names_changed_by`, and every name whose object may be bound to a changed name by these statements themselves."""
    body = list(statements)
    return _with_aliases({name for statement in body for name in names_changed_by(statement)}, body)


def _with_aliases(affected: set[str], body: list[ast.stmt]) -> frozenset[str]:
    bindings = [binding for statement in body for binding in _bindings(statement)]
    growing = True
    while growing:
        growing = False
        for targets, sources in bindings:
            if not targets.isdisjoint(affected) and not sources <= affected:
                affected |= sources
                growing = True
    return frozenset(affected)


def _bindings(statement: ast.stmt) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """For each binding in a statement the names that it binds and those that stand in what they are bound to."""
    for node in walk(statement):
        targets: list[ast.AST] = []
        source: ast.expr | None = None
        if isinstance(node, ast.Assign):
            targets, source = list(node.targets), node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            targets, source = [node.target], node.value
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            targets, source = [node.target], node.iter
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            targets, source = [node.optional_vars], node.context_expr
        elif isinstance(node, ast.Match):
            targets, source = [case.pattern for case in node.cases], node.subject
        if source is not None:
            bound = {name for target in targets for part in walk(target) for name in names_bound_by(part)}
            roots = {name for target in targets for name in _root_names(target)}
            yield frozenset(bound | roots), frozenset(names_in(source))


def _root_names(target: ast.AST) -> Iterator[str]:
    if isinstance(target, ast.Attribute | ast.Subscript):
        yield from _root(target)


@lru_cache(maxsize=2_000)
def names_rebound(function: _Function) -> dict[str, bool]:
    """Names that a function declares ``global`` (True) or ``nonlocal`` (False): it may bind them anew."""
    found: dict[str, bool] = {}
    for node in walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal):
            found.update(dict.fromkeys(node.names, isinstance(node, ast.Global)))
    return found


def nodes_apart(statement: ast.stmt) -> tuple[list[ast.AST], list[ast.stmt]]:
    """The nodes of a statement itself, and the statements that stand in it."""
    nodes: list[ast.AST] = [statement]
    nested: list[ast.stmt] = []
    for node in nodes:
        for child in children(node):
            (nested if isinstance(child, ast.stmt) else nodes).append(child)  # type: ignore[arg-type]  # separated here
    return nodes, nested


def names_bound_in(statement: ast.stmt) -> frozenset[str]:
    """Names that the statement (with everything in it) may bind."""
    return names_bound_by_any(walk(statement))


def names_bound_by_any(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Names that these nodes, taken one by one, bind."""
    names: set[str] = set()
    for node in nodes:
        names.update(names_bound_by(node))
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            names.add(EVERYTHING)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            names.update(node.names)
    return frozenset(names)


def names_mutated_in(statement: ast.stmt, side_effect_free: frozenset[str]) -> frozenset[str]:
    """Names whose value the statement may change in place, as `names_changed_by` says it."""
    return names_mutated_by_any(walk(statement), side_effect_free)


def names_mutated_by_any(nodes: Iterable[ast.AST], side_effect_free: frozenset[str]) -> frozenset[str]:
    """Names whose value these nodes, taken one by one, may change in place."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            names.update(_root(node))
        elif isinstance(node, ast.AugAssign):
            names.update(_root(node.target))
        elif isinstance(node, ast.Call):
            names.update(_changed_by_call(node, side_effect_free))
    return frozenset(names)


def _changed_by_call(node: ast.Call, side_effect_free: frozenset[str]) -> Iterator[str]:
    function = node.func
    if isinstance(function, ast.Name):
        if function.id in _WHOLE_NAMESPACE:
            yield EVERYTHING
        if function.id in side_effect_free:
            yield from _called_back(node)
            return
        yield f"{function.id}()"
    elif isinstance(function, ast.Attribute):
        root = next(_root(function), "")
        if function.attr in ("include", "setattr", "get_objects", "get_referrers"):
            yield EVERYTHING
        if any(isinstance(part, ast.Attribute) and part.attr in _FRAMES for part in walk(function)):
            yield EVERYTHING
        if root in side_effect_free and root not in _CONTAINERS:
            yield from _called_back(node)
            return
        yield root
        yield f"{function.attr}()"
    for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        if isinstance(inner, ast.Name):
            yield inner.id
            if inner.id == "__name__":
                yield EVERYTHING
        elif isinstance(inner, ast.Attribute | ast.Subscript):
            yield from _root(inner)


def _called_back(node: ast.Call) -> Iterator[str]:
    """``map(MIDDLEWARE.append, MORE)``: the objects whose methods, and the functions, that even a side-effect free callee may call."""
    for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
        if isinstance(argument, ast.Attribute):
            yield f"{argument.attr}()"
            if argument.attr in CHANGING_METHODS:
                yield from _root(argument)
        elif isinstance(argument, ast.Name):
            yield f"{argument.id}()"


def _root(node: ast.expr) -> Iterator[str]:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


@lru_cache(maxsize=20_000)
def names_read_by(statement: ast.stmt) -> frozenset[str]:
    """Names that the statement may read, attributes by their last part too."""
    return frozenset(names_in(statement))


def names_in(tree: ast.AST) -> set[str]:
    """Names that stand in the tree, attributes by their last part too."""
    names: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.name for alias in node.names)
    return names


@lru_cache(maxsize=20_000)
def may_end_settings(statement: ast.stmt) -> bool:
    """Whether the settings may end here, or change the environment that others read."""
    for node in walk(statement):
        if isinstance(node, ast.Raise | ast.Assert):
            return True
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Store)
            and "environ" in _last(node.value)
        ):
            return True
        if isinstance(node, ast.Call) and _last(node.func) in _ENVIRONMENT_WRITERS:
            return True
    return False


def _last(node: ast.expr) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
