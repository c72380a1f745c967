"""The functions whose source belongs to what a function does, by the names that it calls: for what is asked of source text alone.

What is done with values, and where, is followed by `bridgekit.check.reach`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from bridgekit.check.findings.calls import called_class, called_function, is_of, sent_to
from bridgekit.check.findings.flow import ReadFunction, dotted_name, resolved_name, walk_own
from bridgekit.check.findings.live_code import walk_live
from bridgekit.check.findings.visible_names import is_builtin, visible_imports
from bridgekit.check.middleware.definition import Definition

MAX_REACHED = 200
"""Functions that are followed from one middleware: the largest seen calls some sixty."""
_EXHAUST = frozenset({"all", "any", "dict", "list", "max", "min", "next", "set", "sorted", "sum", "tuple"})


def called_functions(
    start: Iterable[ReadFunction], definition: Definition, *, depth: int = 3
) -> list[ReadFunction]:
    """``start`` and what it calls by ``self.name(...)`` or by a plain name of its module, ``depth`` calls deep.

    Only calls are followed: a method handed to ``sync_to_async`` is not one; nor are calls that do not run. No more than
    `MAX_REACHED` are given, those with the shortest way first.
    """
    seen: dict[int, ReadFunction] = {}
    waiting = [(function, 0) for function in start]
    while waiting and len(seen) < MAX_REACHED:
        function, deep = waiting.pop(0)
        if id(function.node) in seen:
            continue
        seen[id(function.node)] = function
        if deep < depth:
            waiting += [(callee, deep + 1) for callee in _callees(function, definition)]
    return list(seen.values())


def _callees(function: ReadFunction, definition: Definition) -> Iterator[ReadFunction]:
    iterated = set(map(id, _iterated(function)))
    streamed = set(map(id, _streamed(function)))
    for node in walk_live(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield from _property(node, function, definition)
        if isinstance(node, ast.Call):
            callee = called_function(node, function, definition)
            runs = id(node) in iterated or (id(node) in streamed and callee is not None and callee.is_async)
            if callee is not None and (_is_generator(callee) <= runs):
                yield callee
            yield from sent_to(node, function.module, definition.load)
        if isinstance(node, ast.With):
            for item in node.items:
                yield from _entered(item.context_expr, function, definition)


def _property(node: ast.Attribute, function: ReadFunction, definition: Definition) -> Iterator[ReadFunction]:
    """``self.total`` of a property: reading it runs it."""
    method = definition.methods.get(node.attr) if dotted_name(node.value) == "self" else None
    if method is None or not is_of(function, definition) or method.owner.startswith("django."):
        return
    above = [dotted_name(decorator).rpartition(".")[2] for decorator in method.node.decorator_list]
    if len(above) == 1 and above[0] in ("property", "cached_property"):
        yield ReadFunction(method.node, method.module, method.owner)


def _streamed(function: ReadFunction) -> Iterator[ast.expr]:
    """What Django iterates over on the loop, if it is asynchronous."""
    imports = visible_imports(function)
    for node in walk_own(function.node):
        if isinstance(node, ast.Call) and resolved_name(node.func, imports).startswith("django.http."):
            yield from (given for given in [*node.args[:1], *(keyword.value for keyword in node.keywords)])


def _is_generator(function: ReadFunction) -> bool:
    """Whether a call only makes a generator: its body runs where somebody iterates."""
    yields = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in walk_own(function.node))
    return yields and not function.node.decorator_list


def _iterated(function: ReadFunction) -> Iterator[ast.expr]:
    """What the function itself iterates over."""
    for node in walk_own(function.node):
        match node:
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                yield node.iter
            case ast.YieldFrom():
                yield node.value
            case ast.Call(func=ast.Name(id=name)) if name in _EXHAUST and is_builtin(name, function):
                yield from node.args


def _entered(node: ast.expr, function: ReadFunction, definition: Definition) -> Iterator[ReadFunction]:
    """``__enter__`` and ``__exit__`` of the class that a ``with`` makes an instance of."""
    found = called_class(node, function, definition) if isinstance(node, ast.Call) else None
    if found is None:
        return
    cls, module = found
    for statement in cls.body:
        if isinstance(statement, ast.FunctionDef) and statement.name in ("__init__", "__enter__", "__exit__"):
            yield ReadFunction(statement, module, f"{module.name}.{cls.name}")
