"""What in a piece of code can matter to the number of hops, by its syntax and its imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from bridgekit.check.middleware.evaluation.syntax import root_name
from bridgekit.check.middleware.evaluation.values import Frame
from bridgekit.check.python.tree import children, walk


def is_async(frame: Frame) -> bool:
    """Whether the frame runs an ``async def``."""
    return frame.function is not None and isinstance(frame.function.node, ast.AsyncFunctionDef)


def last_name(func: ast.expr) -> str:
    """The name that a callee ends in."""
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def is_far(func: ast.expr) -> bool:
    """Whether a callee is a method of something that an attribute holds: ``self.client.get``."""
    return isinstance(func, ast.Attribute) and isinstance(func.value, ast.Attribute | ast.Subscript)


def leads_away(func: ast.expr, frame: Frame) -> bool:
    """Whether a call that is not awaited starts at an imported name that is no part of asgiref."""
    name = root_name(func)
    if not name:
        return False
    scope: Frame | None = frame
    while scope is not None:
        if name in scope.arguments:
            return False
        for binding in scope.block.names.get(name, ()):
            if isinstance(binding.node, ast.ImportFrom):
                return not (binding.node.module or "").startswith(("asgiref", "channels"))
            return isinstance(binding.node, ast.Import) and not name.startswith("asgiref")
        scope = scope.closest()
    # A builtin: what it gives is plain, unless it leads back to the middleware, as super() and getattr() do.
    return isinstance(func, ast.Name)


def first_parameter(frame: Frame) -> str:
    """What a method calls the object that it belongs to; empty for a function that is no method."""
    if frame.function is None or frame.function.owner is None:
        return ""
    spec = frame.function.node.args
    return next((each.arg for each in (*spec.posonlyargs, *spec.args)), "")


def is_elsewhere(call: ast.Call, frame: Frame) -> bool:
    """Whether what a call gives, if nobody awaits it, is no business of the middleware: it leads away, and takes neither the middleware
    itself with it (``MiddlewareMixin.__call__(self, request)``) nor ``get_response``."""
    if not (is_far(call.func) or leads_away(call.func, frame)):
        return False
    itself = set()
    scope: Frame | None = frame
    while scope is not None:
        itself.add(first_parameter(scope))
        scope = scope.closest()
    return not any(
        last_name(argument).endswith("get_response")
        or (isinstance(argument, ast.Name) and argument.id in itself)
        for argument in call.args
    )


_HANDS_ON = frozenset(
    [
        "add",
        "append",
        "create_task",
        "ensure_future",
        "put",
        "put_nowait",
        "run_coroutine_threadsafe",
        "spawn",
        "start_soon",
    ]
)
"""Names of functions that take an awaitable to run it, or keep it for somebody who does."""


def discarded_calls(function: ast.AST) -> frozenset[ast.Call]:
    """Calls in a function whose results nobody awaits there or hands out of it: what they return makes no hop.

    A result is let go as a statement of its own, as a context manager, where only its truth is asked, or in a name that no
    ``await``, ``return``, nested function or starter of tasks mentions.
    """
    kept = {
        name.id
        for node in walk(function)
        if node is not function and _keeps(node)
        for name in walk(node)
        if isinstance(name, ast.Name)
    }
    found = set()
    for node in walk(function):
        match node:
            case ast.Expr(value=ast.Call() as call) | ast.withitem(context_expr=ast.Call() as call):
                found.add(call)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call) if name not in kept:
                found.add(call)
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
                found.update(_asked(test))
    return frozenset(found)


def _asked(test: ast.expr) -> Iterator[ast.Call]:
    """The calls of which a test asks nothing but whether they are true."""
    match test:
        case ast.Call():
            yield test
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _asked(operand)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _asked(value)


def _keeps(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return last_name(node.func) in _HANDS_ON
    if isinstance(node, ast.Assign):  # another name for it
        return isinstance(node.value, ast.Name | ast.Tuple | ast.List | ast.IfExp | ast.BoolOp)
    return isinstance(
        node,
        ast.Await
        | ast.Return
        | ast.Yield
        | ast.Lambda
        | ast.FunctionDef
        | ast.AsyncFunctionDef
        | ast.AsyncFor,
    )


def own_calls(function: ast.AST) -> Iterator[ast.Call]:
    """The calls that a function makes itself, when it runs."""
    pending = children(function)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            yield node
        pending += children(node)


def may_hop(body: Sequence[ast.stmt], *, awaits: bool) -> bool:
    """Whether it may matter to the number of hops that these statements run.

    In an async function: whatever awaits, returns or raises. In a plain one: a returned call, which may be an awaitable.
    """
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                return True
            case ast.Return() | ast.Raise() if awaits:
                return True
            case ast.Return(value=ast.Call() | ast.IfExp() | ast.BoolOp() | ast.Name()):
                return True
            case ast.Call() if last_name(node.func).endswith("get_response"):
                return True
        pending.extend(children(node))
    return False
