"""What a decorator makes of an async view: another coroutine function, or a sync function that hands its coroutine on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import FunctionNode, ReadFunction, handles_async, walk_own
from bridgekit.check.findings.routed_view import Applied
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk
from bridgekit.check.views.lookup import Load, absolute, defined


class Effect(Enum):
    """What becomes of a coroutine function."""

    KEEPS = "keeps"
    HIDES = "hides"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """``copies``: the sync function has the attributes of what it wraps, among them the mark that Django gives to the
    views of async classes. ``inner`` is its source, where it was read."""

    effect: Effect
    copies: bool = True
    inner: ReadFunction | None = None
    view: str = ""
    """The name by which ``inner`` calls what it wraps."""


_KEEPS, _UNKNOWN = Judgement(Effect.KEEPS), Judgement(Effect.UNKNOWN)
_KEEP_SINCE = {
    "django.views.decorators.csp.": (6, 0),
    "django.views.decorators.": (5, 0),
    "django.contrib.auth.decorators.": (5, 1),
    "django.contrib.admin.views.decorators.staff_member_required": (5, 1),
}
"""Release notes of Django 5.0 and 5.1: "the following decorators now support wrapping asynchronous view functions"."""
_KEEP = frozenset(
    {
        "adrf.decorators.api_view",
        "django.contrib.auth.decorators.login_not_required",
        "django.db.transaction.non_atomic_requests",
    }
)
_HIDE = frozenset(
    {
        "django.db.transaction.atomic",
        "django.utils.timezone.override",
        "django.utils.translation.override",
        "functools.cache",
        "functools.lru_cache",
        "rest_framework.decorators.api_view",
    }
)
"""Sync wrappers, whatever they are given: `contextlib.ContextDecorator` and the like look at no coroutine function."""
_ITERATES = frozenset({"contextlib.contextmanager"})
_CONTEXT_DECORATOR = "contextlib.ContextDecorator"
_WRAPS, _UPDATE = "functools.wraps", "functools.update_wrapper"


def judge(applied: Applied, load: Load, django: tuple[int, ...]) -> Judgement:
    """What a decorator makes of a coroutine function, by Django's version or by its own source; unknown for all else."""
    name = applied.name
    if name in _KEEP:
        return _KEEPS
    if name in _HIDE:
        return Judgement(Effect.HIDES)
    for prefix, since in _KEEP_SINCE.items():
        if name.startswith(prefix):
            return _KEEPS if django >= since else Judgement(Effect.HIDES)
    if not name:
        return _UNKNOWN
    path = absolute(applied.node.func if isinstance(applied.node, ast.Call) else applied.node, applied.module)
    found = defined(path, load) if path else None
    if found is None or handles_async(found[0]):
        return _UNKNOWN
    statement, module = found
    is_called = isinstance(applied.node, ast.Call)
    if isinstance(statement, ast.ClassDef):
        return _class(statement, module, is_called=is_called)
    if not isinstance(statement, ast.FunctionDef):
        return _UNKNOWN
    above = [absolute(decorator, module) for decorator in statement.decorator_list]
    if above:
        return Judgement(Effect.HIDES) if is_called and _ITERATES.issuperset(above) else _UNKNOWN
    return _factory(statement, module) if is_called else _decorator(statement, module)


def _returned(node: FunctionNode) -> list[ast.expr]:
    return [part.value for part in walk_own(node) if isinstance(part, ast.Return) and part.value is not None]


def _nested(node: FunctionNode) -> dict[str, ast.FunctionDef]:
    return {part.name: part for part in walk_own(node) if isinstance(part, ast.FunctionDef)}


def _factory(node: ast.FunctionDef, module: SourceModule) -> Judgement:
    """``def named(argument): def decorator(view): ...; return decorator``."""
    nested = _nested(node)
    named = {_called_or_named(value) for value in _returned(node)}
    if len(named) != 1 or not named <= nested.keys():
        return _UNKNOWN
    return _decorator(nested[named.pop()], module)


def _called_or_named(value: ast.expr) -> str:
    """``decorator``, and ``decorator(view)`` as those have it that can be used with and without arguments."""
    named = value.func if isinstance(value, ast.Call) else value
    return named.id if isinstance(named, ast.Name) else ""


def _decorator(node: ast.FunctionDef, module: SourceModule) -> Judgement:
    """``def decorator(view): def inner(request): return view(request); return inner``."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    returned = _returned(node)
    if not arguments or not returned:
        return _UNKNOWN
    view, nested = arguments[0].arg, _nested(node)
    if all(isinstance(value, ast.Name) and value.id == view for value in returned):
        return _KEEPS
    if len(returned) > 1:
        return _factory(node, module)
    name, copies = _inner(returned[0], module)
    inner = nested.get(name)
    if inner is None:
        return _UNKNOWN
    above = [
        absolute(decorator.func if isinstance(decorator, ast.Call) else decorator, module)
        for decorator in inner.decorator_list
    ]
    if any(each != _WRAPS for each in above) or not _hands_on(inner, view):
        return _UNKNOWN
    copies = copies or bool(above) or _updates(node, module)
    return Judgement(Effect.HIDES, copies, ReadFunction(inner, module), view)


def _inner(value: ast.expr, module: SourceModule) -> tuple[str, bool]:
    """The function that is returned, and whether it is given the attributes of the view on the way."""
    if isinstance(value, ast.Name):
        return value.id, False
    if isinstance(value, ast.Call) and value.args and isinstance(value.args[0], ast.Name):
        made = value.func
        if isinstance(made, ast.Call) and absolute(made.func, module) == _WRAPS:
            return value.args[0].id, True
        if absolute(made, module) == _UPDATE:
            return value.args[0].id, True
    return "", False


def _updates(node: ast.FunctionDef, module: SourceModule) -> bool:
    return any(
        isinstance(part, ast.Call) and absolute(part.func, module) == _UPDATE for part in walk_own(node)
    )


def _hands_on(inner: FunctionNode, view: str) -> bool:
    """Whether a sync function returns what the view returns, just as it is: the call itself, or a name bound to nothing else."""
    calls = {id(node) for node in walk_own(inner) if isinstance(node, ast.Call) and _is_call_of(node, view)}
    results = _names_of(inner, calls)
    if not calls or any(isinstance(node, ast.Yield | ast.YieldFrom) for node in walk_own(inner)):
        return False
    hands_on = False
    for value in _returned(inner):
        if id(value) in calls or (isinstance(value, ast.Name) and value.id in results):
            hands_on = True
        elif any(
            id(part) in calls or (isinstance(part, ast.Name) and part.id in results) for part in walk(value)
        ):
            return False
    return hands_on and not _passed_on(inner, calls, results)


def _is_call_of(node: ast.Call, view: str) -> bool:
    called = node.func
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        return f"{called.value.id}.{called.attr}" == view
    return isinstance(called, ast.Name) and called.id == view


def _names_of(inner: FunctionNode, calls: set[int]) -> set[str]:
    bound: dict[str, set[bool]] = {}
    for node in walk_own(inner):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    bound.setdefault(target.id, set()).add(id(node.value) in calls)
    return {name for name, known in bound.items() if known == {True}}


def _passed_on(inner: FunctionNode, calls: set[int], results: set[str]) -> bool:
    """Whether another function is given the coroutine: it may well await it."""
    return any(
        id(argument) in calls or (isinstance(argument, ast.Name) and argument.id in results)
        for node in walk_own(inner)
        if isinstance(node, ast.Call)
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]
    )


def _class(node: ast.ClassDef, module: SourceModule, *, is_called: bool) -> Judgement:
    """Context managers that are decorators, and classes whose instances stand in the place of the view."""
    bases = [absolute(base, module) for base in node.bases]
    if is_called:
        return Judgement(Effect.HIDES) if bases == [_CONTEXT_DECORATOR] else _UNKNOWN
    if bases or node.decorator_list:
        return _UNKNOWN
    methods = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
    made, called = methods.get("__init__"), methods.get("__call__")
    if made is None or called is None or len(made.args.args) < 2:
        return _UNKNOWN
    for attribute in _kept_as(made, made.args.args[1].arg):
        if _hands_on(called, f"self.{attribute}"):
            return Judgement(Effect.HIDES, copies=False)
    return _UNKNOWN


def _kept_as(made: ast.FunctionDef, view: str) -> Iterator[str]:
    for node in walk_own(made):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id == view:
            for target in node.targets:
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    yield target.attr
