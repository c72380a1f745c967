"""Middleware that Django cannot call, whichever mode it runs in: factories without a product, and hooks that are None."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import (
    ReadFunction,
    identifiers,
    imported_names,
    own_functions,
    resolved_name,
    walk_own,
)
from bridgekit.check.findings.visible_names import visible_imports
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.rules.brg008_mixin_init import MIXIN
from bridgekit.middleware_chain.facts import HOOKS, Answer, Location

_MARKS = frozenset(
    f"django.utils.decorators.{mode}_middleware" for mode in ("sync_only", "async_only", "sync_and_async")
)
"""Decorators that set two flags and return the factory itself."""
_MARKERS = frozenset({"asgiref.sync.markcoroutinefunction", "inspect.markcoroutinefunction"})
_MIXIN_HOOKS = ("process_request", "process_response")
_WHEN = {
    "process_exception": "every exception of a view is answered by a TypeError",
    "process_template_response": "every TemplateResponse fails with TypeError",
}


@dataclass(frozen=True, slots=True)
class Unusable:
    """What is wrong with one, as the rest of a sentence, and the remedy."""

    text: str
    place: Location | None
    fix: str


def unusable(definition: Definition) -> Iterator[Unusable]:
    """What certainly cannot be called (django/core/handlers/base.py, load_middleware)."""
    if definition.kind is DefinitionKind.CLASS:
        yield from _absent_hooks(definition)
        yield from _mark_without_room(definition)
    elif definition.kind is DefinitionKind.FUNCTION and _is_as_written(definition):
        yield from _without_product(definition)


def awaited_by_nobody(definition: Definition) -> Iterator[tuple[str, Location | None]]:
    """``process_request`` and ``process_response`` that are async, in a class that MiddlewareMixin itself calls in both modes.

    By ``async def``, or as the value of an attribute: ``process_request = sync_to_async(...)`` gives a coroutine as well.
    """
    if not _is_run_by_mixin(definition):
        return
    for name in _MIXIN_HOOKS:
        hook = definition.facts.hooks.get(name)
        if hook is None or {hook.exists.answer, hook.is_async.answer} != {Answer.YES}:
            continue
        if name in definition.methods:
            yield name, definition.methods[name].location
        elif name in definition.attributes:
            yield name, hook.location or definition.location


def _is_run_by_mixin(definition: Definition) -> bool:
    """Whether neither ``__call__`` nor ``__acall__`` is anybody else's."""
    callers = [definition.methods.get(name) for name in ("__call__", "__acall__")]
    return definition.mro_complete.answer is Answer.YES and all(
        method is not None and method.owner == MIXIN for method in callers
    )


def _absent_hooks(definition: Definition) -> Iterator[Unusable]:
    """``hasattr`` finds a hook that is None, and Django calls it."""
    if definition.mro_complete.answer is not Answer.YES:
        return
    for name in HOOKS:
        value = definition.attributes.get(name)
        if not isinstance(value, ast.Constant) or value.value is not None:
            continue
        if name in _MIXIN_HOOKS and not _is_run_by_mixin(definition):
            continue
        if any(name in identifiers(function.node) for function in own_functions(definition)):
            continue  # It may be given a value.
        consequence = _WHEN.get(name, "every request fails with TypeError")
        yield Unusable(
            f"sets {name} to None: Django asks for it by hasattr and calls it, and {consequence}",
            definition.location,
            f"Override {name} by a method that returns what it is given to pass on, or take it out of the parent.",
        )


def _mark_without_room(definition: Definition) -> Iterator[Unusable]:
    """An ``__init__`` that always marks an instance whose class has ``__slots__`` and no base with room for the mark."""
    slots, init = definition.attributes.get("__slots__"), definition.methods.get("__init__")
    alone = definition.mro_complete.answer is Answer.YES and len(definition.mro) == 1
    names = slots.elts if isinstance(slots, ast.Tuple | ast.List) else [slots]
    texts = [each.value for each in names if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if not alone or init is None or len(texts) < len(names) or "__setattr__" in definition.methods:
        return
    if any(text == "__dict__" or text.startswith("_is_coroutine") for text in texts):
        return
    imports = visible_imports(ReadFunction(init.node, init.module, init.owner))
    for statement in init.node.body:
        match statement:
            case ast.Expr(value=ast.Call(func=called, args=[ast.Name(id="self")])) if (
                resolved_name(called, imports) in _MARKERS
            ):
                yield Unusable(
                    "marks an instance that has __slots__ and no room for the mark: AttributeError at start-up",
                    init.module.location_of(statement),
                    "Take __slots__ out, or add __dict__ to it.",
                )
                return
            case ast.Return() | ast.Raise():
                return


def _is_as_written(definition: Definition) -> bool:
    """Whether the path names the ``def`` itself, with no decorator that may replace it."""
    node, module = definition.node, definition.module
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or module is None or module.tree is None:
        return False
    imports = imported_names(module)
    named = f"{module.name}.{node.name}" == definition.dotted_path and node in module.tree.body
    return named and all(resolved_name(each, imports) in _MARKS for each in node.decorator_list)


def _without_product(definition: Definition) -> Iterator[Unusable]:
    node = definition.node
    assert node is not None
    own = list(walk_own(node))
    if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in own):
        return
    if isinstance(node, ast.AsyncFunctionDef):
        yield Unusable(
            "is an async def factory: calling it gives a coroutine, which is not a middleware, and every request fails with TypeError",
            definition.location,
            "Write `def`, and return the async def function in it.",
        )
        return
    gives = any(
        isinstance(part, ast.Return)
        and not (part.value is None or (isinstance(part.value, ast.Constant) and part.value.value is None))
        for part in own
    )
    if not gives and not any(isinstance(part, ast.Raise) for part in own):
        yield Unusable(
            "returns None: Django raises ImproperlyConfigured at start-up",
            definition.location,
            "Return the middleware, or raise MiddlewareNotUsed.",
        )
