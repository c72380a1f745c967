"""Small questions about function bodies that several rules ask: which names they use, and what runs when they run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from bridgekit._dataclass import dataclass
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import children, walk

_SHOWN = 80
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
    waiting = list(children(node))
    while waiting:
        current = waiting.pop()
        yield current
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting.extend(children(current))


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
    for inner in walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value.isidentifier():
            yield inner.value


def handles_async(node: ast.AST) -> bool:
    """Whether a body shows any sign of dealing with coroutines; rules then keep silent rather than guess."""
    return any(isinstance(inner, (ast.Await, ast.AsyncFunctionDef)) for inner in walk(node)) or any(
        _ASYNC_WORDS.search(name) for name in identifiers(node)
    )


@lru_cache(maxsize=64)
def imported_names(module: SourceModule) -> Mapping[str, str]:
    """Local name to the dotted path that an ``import`` anywhere in the module binds to it.

    A name that two imports bind differently (``try: ... except ImportError: ...``) is left out: it is not known.
    """
    bound: dict[str, set[str]] = {}
    for node in walk(module.tree) if module.tree is not None else ():
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
