"""Loops that copy names with one beginning: ``for name in dir(config): if name.startswith("LDAP_"): globals()[name] = ...``.

Which names there are may be unknown; that ``MIDDLEWARE`` is none of them is not.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.python.tree import walk
from bridgekit.check.settings.interpreter.data import Namespace, Opaque
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import Frame

_NAMESPACES = ("globals", "locals", "vars")


def forget_prefixed(interpreter: Interpreter, node: ast.For, cause: Opaque, frame: Frame) -> bool:
    """Whether the loop binds only names of the module that begin as it says: those are unknown from here on."""
    namespace = frame.names
    prefixes = _prefixes(node)
    if not prefixes or frame.kind != "module" or not isinstance(namespace, Namespace):
        return False
    if not all(prefix.rstrip("_") for prefix in prefixes) or "MIDDLEWARE".startswith(prefixes):
        return False
    for name in list(namespace):
        if isinstance(name, str) and name.startswith(prefixes):
            namespace[name] = cause.derive(f".{name}")
            namespace.bound[name] = cause.location
    namespace.unseen = cause
    return True


def _prefixes(node: ast.For) -> tuple[str, ...]:
    """What every name begins with that the loop binds; nothing if the loop does anything else."""
    name = _loop_name(node.target)
    if not name or node.orelse:
        return ()
    body: Sequence[ast.stmt] = node.body
    first = body[0]
    if isinstance(first, ast.If) and not first.orelse and len(body) == 1:
        found = _beginning(first.test, name)
        body = first.body
    elif isinstance(first, ast.If) and not first.orelse and isinstance(first.body[0], ast.Continue):
        test = first.test
        negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        found = _beginning(test.operand, name) if negated and isinstance(test, ast.UnaryOp) else ()
        body = body[1:]
    else:
        return ()
    return found if found and body and all(_copies(statement, name) for statement in body) else ()


def _loop_name(target: ast.expr) -> str:
    """``name`` in ``for name in`` and in ``for name, value in``."""
    if isinstance(target, ast.Tuple) and all(isinstance(one, ast.Name) for one in target.elts):
        target = target.elts[0]
    return target.id if isinstance(target, ast.Name) else ""


def _beginning(test: ast.expr, name: str) -> tuple[str, ...]:
    """The texts in ``name.startswith(...)``, by itself or as one condition of several that must all hold."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return next((found for one in test.values if (found := _beginning(one, name))), ())
    match test:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=owner), attr="startswith"), args=[given], keywords=[]
        ) if owner == name:
            texts = given.elts if isinstance(given, ast.Tuple) else [given]
            values = [one.value for one in texts if isinstance(one, ast.Constant)]
            plain = tuple(value for value in values if isinstance(value, str))
            return plain if len(plain) == len(texts) else ()
    return ()


def _copies(statement: ast.stmt, name: str) -> bool:
    """``globals()[name] = value``, the value made without calls but ``getattr`` and the like."""
    match statement:
        case ast.Assign(
            targets=[ast.Subscript(value=ast.Call(func=ast.Name(id=scope), args=[]), slice=ast.Name(id=key))],
            value=value,
        ):
            calls = [node.func for node in walk(value) if isinstance(node, ast.Call)]
            side_effect_free = all(
                isinstance(call, ast.Name) and call.id in _SIDE_EFFECT_FREE for call in calls
            )
            return scope in _NAMESPACES and key == name and side_effect_free
    return False


_SIDE_EFFECT_FREE = frozenset(("bool", "float", "getattr", "int", "list", "str", "tuple"))
