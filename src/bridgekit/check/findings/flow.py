"""Small questions about function bodies that several rules ask: what is called, what is awaited, what runs where."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.modules.parsing import SourceModule

__all__ = [
    "FunctionNode",
    "Reached",
    "ReadFunction",
    "called_class",
    "called_function",
    "called_functions",
    "dotted_name",
    "functions_on_loop",
    "handles_async",
    "identifiers",
    "imported_names",
    "named_statement",
    "own_functions",
    "reached_functions",
    "reached_on_loop",
    "resolved_name",
    "sent_to",
    "source_text",
    "walk_own",
]

MAX_REACHED = 200
"""Functions that are followed from one middleware: the largest seen calls some sixty."""

_SHOWN = 80
_MAX_BASES = 5
_EXHAUST = frozenset({"all", "any", "dict", "list", "max", "min", "next", "set", "sorted", "sum", "tuple"})
_PLAIN = frozenset(
    ["classmethod", "contextlib.contextmanager", "django.dispatch.receiver", "functools.cache", "functools.lru_cache",
     "functools.wraps", "property", "staticmethod", "typing.override", "typing_extensions.override"]
)  # fmt: skip
"""Decorators under which a call runs the body in the caller's thread; others, like ``sync_to_async``, may not."""
_NOT_ENTERED = frozenset({"django", "asgiref", *sys.stdlib_module_names})
"""What these do is known by name, where a rule needs it."""
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

#: Names by which code that deals with coroutines or asynchronous iterators gives itself away.
_ASYNC_WORDS = re.compile(r"async|await|corou|acall|aiter", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class ReadFunction:
    """A function body with the module whose names it sees, and the class that owns it (empty for plain functions)."""

    node: FunctionNode
    module: SourceModule
    owner: str = ""

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.node.name

    @property
    def is_async(self) -> bool:
        """Whether it is written ``async def``."""
        return isinstance(self.node, ast.AsyncFunctionDef)


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs when ``node``'s body runs: nested functions, lambdas and classes are not entered."""
    waiting = list(ast.iter_child_nodes(node))
    while waiting:
        current = waiting.pop()
        yield current
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(current))


def dotted_name(node: ast.AST) -> str:
    """``a.b.c`` for names and attributes of names; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def identifiers(node: ast.AST) -> Iterator[str]:
    """Every name, attribute and short text in a body, nested functions included."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value.isidentifier():
            yield inner.value


def handles_async(node: ast.AST) -> bool:
    """Whether a body shows any sign of dealing with coroutines; rules then keep silent rather than guess."""
    return any(isinstance(inner, (ast.Await, ast.AsyncFunctionDef)) for inner in ast.walk(node)) or any(
        _ASYNC_WORDS.search(name) for name in identifiers(node)
    )


@lru_cache(maxsize=64)
def imported_names(module: SourceModule) -> Mapping[str, str]:
    """Local name to the dotted path that an ``import`` anywhere in the module binds to it.

    A name that two imports bind differently (``try: ... except ImportError: ...``) is left out: it is not known.
    """
    bound: dict[str, set[str]] = {}
    for node in ast.walk(module.tree) if module.tree is not None else ():
        if isinstance(node, ast.Import):
            for alias in node.names:
                target = alias.name if alias.asname else alias.name.partition(".")[0]
                bound.setdefault(alias.asname or target, set()).add(target)
        elif isinstance(node, ast.ImportFrom):
            source = module.resolve_relative(node.level, node.module) or ""
            for alias in node.names:
                bound.setdefault(alias.asname or alias.name, set()).add(f"{source}.{alias.name}")
    # Remembered for the last modules asked about: several rules ask about the same one, and it walks a whole tree.
    return MappingProxyType({name: next(iter(t)) for name, t in bound.items() if len(t) == 1})


def resolved_name(node: ast.AST, imports: Mapping[str, str]) -> str:
    """The dotted path that a name or attribute means, imports followed; empty for anything else."""
    first, _, rest = dotted_name(node).partition(".")
    target = imports.get(first, first)
    return f"{target}.{rest}" if rest else target


def source_text(node: ast.AST) -> str:
    """An expression as source, for messages; shortened, and named only as such if it is nested too deeply to be written."""
    try:
        text = ast.unparse(node)
    except RecursionError:
        return "(an expression)"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def own_functions(definition: Definition) -> list[ReadFunction]:
    """The functions of a middleware that its author or its packages wrote: all but Django's and Python's own."""
    found = [
        ReadFunction(method.node, method.module, method.owner)
        for method in definition.methods.values()
        if not method.owner.startswith("django.")
    ]
    if definition.kind is DefinitionKind.FUNCTION and definition.module is not None:
        # Inner functions are part of the factory's body as well; whoever walks with walk_own sees each once.
        found += [ReadFunction(node, definition.module) for node in definition.inner]
        if isinstance(definition.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(ReadFunction(definition.node, definition.module))
    return list({id(function.node): function for function in found}.values())


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
    start: Iterable[ReadFunction], definition: Definition, *, depth: int = 3, awaited: bool = True
) -> list[Reached]:
    """As `called_functions`, with the shortest way to each, and no more than `MAX_REACHED` of them."""
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
                for callee in _callees(reached.function, definition)
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


def _callees(function: ReadFunction, definition: Definition) -> Iterator[ReadFunction]:
    iterated = set(map(id, _iterated(function)))
    streamed = set(map(id, _streamed(function)))
    for node in walk_own(function.node):
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
    if method is None or not _is_of(function, definition) or method.owner.startswith("django."):
        return
    above = [dotted_name(decorator).rpartition(".")[2] for decorator in method.node.decorator_list]
    if len(above) == 1 and above[0] in ("property", "cached_property"):
        yield ReadFunction(method.node, method.module, method.owner)


def _streamed(function: ReadFunction) -> Iterator[ast.expr]:
    """What Django iterates over on the loop, if it is asynchronous."""
    imports = imported_names(function.module)
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
            case ast.Call(func=ast.Name(id=name)) if name in _EXHAUST:
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


def called_function(node: ast.Call, function: ReadFunction, definition: Definition) -> ReadFunction | None:
    """What ``self.name(...)``, a plain name of the module or one that it imports calls; None for anything else, for Django's
    own, and for what stands behind a decorator that may send it to a thread."""
    found = _called(node, function, definition)
    return found if found is not None and _runs_as_written(found) else None


def _called(node: ast.Call, function: ReadFunction, definition: Definition) -> ReadFunction | None:
    name = dotted_name(node.func)
    receiver, _, method_name = name.rpartition(".")
    if receiver == "self" and _is_of(function, definition):
        method = definition.methods.get(method_name)
        if method is not None:
            own = not method.owner.startswith("django.")
            return ReadFunction(method.node, method.module, method.owner) if own else None
    if isinstance(node.func, ast.Attribute):
        cls = _class_of(node.func.value, function, definition)
        if cls is not None:
            return _method(*cls, node.func.attr, definition)
    if not name:
        return None
    nested = next(
        (part for part in walk_own(function.node) if isinstance(part, FunctionNode) and part.name == name),
        None,
    )
    if nested is not None:
        return ReadFunction(nested, function.module, function.owner)
    found = named_statement(name, function.module, definition)
    if found is None:
        return None
    statement, module = found
    return ReadFunction(statement, module) if isinstance(statement, FunctionNode) else None


def _is_of(function: ReadFunction, definition: Definition) -> bool:
    """Whether ``self`` in the function is the definition's own object, not one of a class that it uses."""
    owners = {method.owner for method in definition.methods.values()}
    return not function.owner or function.owner in owners or function.owner in definition.mro


def _runs_as_written(function: ReadFunction) -> bool:
    imports = imported_names(function.module)
    return all(
        resolved_name(decorator.func if isinstance(decorator, ast.Call) else decorator, imports) in _PLAIN
        for decorator in function.node.decorator_list
    )


def _class_of(
    node: ast.expr, function: ReadFunction, definition: Definition
) -> tuple[ast.ClassDef, SourceModule] | None:
    """The class whose method is called: of ``Name``, of ``Name(...)``, of a name bound to nothing else, of another class's self."""
    if isinstance(node, ast.Call):
        return called_class(node, function, definition)
    if not isinstance(node, ast.Name):
        return None
    if node.id == "self":
        path = "" if _is_of(function, definition) else function.owner
        return _named_class(path.rpartition(".")[2], function, definition) if path else None
    bound = [
        part.value
        for part in walk_own(function.node)
        if isinstance(part, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == node.id for target in part.targets)
    ]
    if bound:
        made = bound[0] if len(bound) == 1 else None
        return called_class(made, function, definition) if isinstance(made, ast.Call) else None
    return _named_class(node.id, function, definition)


def _named_class(
    name: str, function: ReadFunction, definition: Definition
) -> tuple[ast.ClassDef, SourceModule] | None:
    found = named_statement(name, function.module, definition)
    return (found[0], found[1]) if found is not None and isinstance(found[0], ast.ClassDef) else None


def _method(
    cls: ast.ClassDef, module: SourceModule, name: str, definition: Definition
) -> ReadFunction | None:
    """The method that a class of the project defines itself, or its first base that can be read."""
    for _ in range(_MAX_BASES):
        for statement in cls.body:
            if isinstance(statement, FunctionNode) and statement.name == name:
                return ReadFunction(statement, module, f"{module.name}.{cls.name}")
        base = dotted_name(cls.bases[0]) if len(cls.bases) == 1 else ""
        found = named_statement(base, module, definition) if base else None
        if found is None or not isinstance(found[0], ast.ClassDef):
            return None
        cls, module = found[0], found[1]
    return None


def sent_to(
    node: ast.Call, sender: SourceModule, load: Callable[[str], SourceModule]
) -> Iterator[ReadFunction]:
    """The receivers that ``SIGNAL.send(...)`` calls, as far as the module that makes the signal connects them itself."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in ("send", "send_robust"):
        return
    path = dotted_name(node.func.value)
    imports = imported_names(sender)
    if not path:
        return
    imported = path.partition(".")[0] in imports
    origin, _, signal = resolved_name(node.func.value, imports).rpartition(".")
    if origin.partition(".")[0] in _NOT_ENTERED or (not imported and origin):
        return
    module = load(origin) if imported else sender
    for statement in module.tree.body if module.tree is not None else ():
        if isinstance(statement, ast.FunctionDef) and any(
            isinstance(decorator, ast.Call)
            and decorator.args
            and resolved_name(decorator.func, imported_names(module)) == "django.dispatch.receiver"
            and dotted_name(decorator.args[0]) == signal
            for decorator in statement.decorator_list
        ):
            yield ReadFunction(statement, module)


def called_class(
    node: ast.Call, function: ReadFunction, definition: Definition
) -> tuple[ast.ClassDef, SourceModule] | None:
    """The class that a call makes an instance of, if its name is one of the module or one that it imports."""
    name = dotted_name(node.func)
    found = named_statement(name, function.module, definition) if name else None
    return (found[0], found[1]) if found is not None and isinstance(found[0], ast.ClassDef) else None


def named_statement(
    name: str, module: SourceModule, definition: Definition
) -> tuple[ast.stmt, SourceModule] | None:
    """The ``def`` or ``class`` at the top of a module that a name means there, through one import at most."""
    imports = imported_names(module)
    if name.partition(".")[0] in imports:
        origin, _, last = resolved_name(ast.parse(name, mode="eval").body, imports).rpartition(".")
        if not origin or origin.partition(".")[0] in _NOT_ENTERED:
            return None
        module, name = definition.load(origin), last
    for statement in module.tree.body if module.tree is not None else ():
        if (
            isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and statement.name == name
        ):
            return statement, module
    return None
