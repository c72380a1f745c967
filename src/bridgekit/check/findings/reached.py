"""What a function certainly reaches by its calls, and the way to it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.calls import called_class, called_function, is_of, sent_to
from bridgekit.check.findings.flow import (
    ReadFunction,
    dotted_name,
    handles_async,
    own_functions,
    resolved_name,
    walk_own,
)
from bridgekit.check.findings.live_code import Setting, walk_live
from bridgekit.check.findings.visible_names import is_builtin, visible_imports
from bridgekit.check.middleware.definition import Definition, DefinitionKind

MAX_REACHED = 200
"""Functions that are followed from one middleware: the largest seen calls some sixty."""
_EXHAUST = frozenset({"all", "any", "dict", "list", "max", "min", "next", "set", "sorted", "sum", "tuple"})


def called_functions(
    start: Iterable[ReadFunction], definition: Definition, *, depth: int = 3, awaited: bool = True
) -> list[ReadFunction]:
    """``start`` and what it calls by ``self.name(...)`` or by a plain name of its module, ``depth`` calls deep.

    Only calls are followed: a method handed to ``sync_to_async`` is not one. With ``awaited`` false, functions written
    ``async def`` are not entered.
    """
    return [one.function for one in reached_functions(start, definition, depth=depth, awaited=awaited)]


@dataclass(frozen=True, slots=True)
class Reached:
    """A function that certainly is called from another, and through which, outermost first and itself last."""

    function: ReadFunction
    path: tuple[str, ...]


def reached_functions(
    start: Iterable[ReadFunction],
    definition: Definition,
    *,
    depth: int = 3,
    awaited: bool = True,
    setting: Setting | None = None,
) -> list[Reached]:
    """As `called_functions`, with the shortest way to each, and no more than `MAX_REACHED` of them.

    Calls that do not run are not followed, nor, given ``setting``, those that a setting which is not known decides about.
    """
    seen: dict[int, Reached] = {}
    waiting = [Reached(function, (function.name,)) for function in start]
    while waiting and len(seen) < MAX_REACHED:
        reached = waiting.pop(0)
        if id(reached.function.node) in seen:
            continue
        seen[id(reached.function.node)] = reached
        if len(reached.path) <= depth:
            waiting += [
                Reached(callee, (*reached.path, callee.name))
                for callee in _callees(reached.function, definition, setting)
                if awaited or not callee.is_async
            ]
    return list(seen.values())


def functions_on_loop(definition: Definition) -> list[ReadFunction]:
    """What certainly runs on the event loop in async mode: ``async def`` entry points and all that they call directly."""
    return [one.function for one in reached_on_loop(definition)]


def reached_on_loop(definition: Definition) -> list[Reached]:
    """As `functions_on_loop`, with the way to each."""
    starts = [
        function
        for function in own_functions(definition)
        if function.is_async or _is_undispatched_call(function, definition)
    ]
    return reached_functions(starts, definition, depth=4)


def _is_undispatched_call(function: ReadFunction, definition: Definition) -> bool:
    """Whether it is a sync ``__call__`` that Django calls in async mode too, because it never dispatches on it.

    The usual way there is a parent that became async-capable: the child's ``__call__`` then hides its ``__acall__``, and calls
    hooks on the event loop that the parent would have sent to a thread.
    """
    return (
        function.name == "__call__"
        and bool(function.owner)
        and definition.kind is DefinitionKind.CLASS
        and not any(handles_async(each.node) for each in called_functions([function], definition))
    )


def _callees(
    function: ReadFunction, definition: Definition, setting: Setting | None
) -> Iterator[ReadFunction]:
    iterated = set(map(id, _iterated(function)))
    streamed = set(map(id, _streamed(function)))
    for node in walk_live(function, setting):
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
