"""What a call in a function body means: functions, methods and classes that can be read, and receivers of signals."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator

from bridgekit.check.findings.flow import (
    FunctionNode,
    ReadFunction,
    dotted_name,
    imported_names,
    resolved_name,
    walk_own,
)
from bridgekit.check.findings.visible_names import hidden_names
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.parsing import SourceModule

_MAX_BASES = 5
_PLAIN = frozenset(
    ["classmethod", "contextlib.contextmanager", "django.dispatch.receiver", "functools.cache", "functools.lru_cache",
     "functools.wraps", "property", "staticmethod", "typing.override", "typing_extensions.override"]
)  # fmt: skip
"""Decorators under which a call runs the body in the caller's thread; others, like ``sync_to_async``, may not."""
_NOT_ENTERED = frozenset({"django", "asgiref", *sys.stdlib_module_names})
"""What these do is known by name, where a rule needs it."""


def called_function(node: ast.Call, function: ReadFunction, definition: Definition) -> ReadFunction | None:
    """What ``self.name(...)``, a plain name of the module or one that it imports calls; None for anything else, for Django's
    own, and for what stands behind a decorator that may send it to a thread."""
    found = _called(node, function, definition)
    return found if found is not None and _runs_as_written(found) else None


def _called(node: ast.Call, function: ReadFunction, definition: Definition) -> ReadFunction | None:
    name = dotted_name(node.func)
    receiver, _, method_name = name.rpartition(".")
    if receiver == "self" and is_of(function, definition):
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
    if name.partition(".")[0] in hidden_names(function):
        return None
    found = named_statement(name, function.module, definition)
    if found is None:
        return None
    statement, module = found
    return ReadFunction(statement, module) if isinstance(statement, FunctionNode) else None


def is_of(function: ReadFunction, definition: Definition) -> bool:
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
        path = "" if is_of(function, definition) else function.owner
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
    if node.id in hidden_names(function):
        return None
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
    if not name or name.partition(".")[0] in hidden_names(function):
        return None
    found = named_statement(name, function.module, definition)
    return (found[0], found[1]) if found is not None and isinstance(found[0], ast.ClassDef) else None


def named_statement(
    name: str, module: SourceModule, definition: Definition
) -> tuple[ast.stmt, SourceModule] | None:
    """The ``def`` or ``class`` at the top of a module that a name means there, through one import at most."""
    imports = imported_names(module)
    first, dot, rest = name.partition(".")
    if first in imports:
        origin, _, last = f"{imports[first]}{dot}{rest}".rpartition(".")
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
