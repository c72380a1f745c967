"""Dotted names to values: modules of the project and its packages are read, Python's, Django's and the known ones' are names."""

from __future__ import annotations

import ast
import sys

from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.values import UNKNOWN, Class, Frame, Module, Namespace, Native, Value

_BY_NAME = frozenset(
    [
        "a2wsgi", "asgiref", "bridgekit", "channels", "debug_toolbar", "httpx", "opentelemetry", "requests", "sentry_sdk",
        "starlette", "structlog", "urllib3", "whitenoise", *sys.stdlib_module_names,
    ]
)  # fmt: skip
"""What these do is known by name, where a rule needs it."""


def resolve(interpreter: Interpreter, path: str) -> Value:
    """What stands at a dotted path."""
    first = path.partition(".")[0]
    if first in _BY_NAME or (first == "django" and not _is_read(path)):
        return Native(path)
    namespace = interpreter.namespace(path)
    if namespace is not None:
        return Module(namespace)
    origin, _, name = path.rpartition(".")
    if not origin:
        return Native(path)
    owner = resolve(interpreter, origin)
    if isinstance(owner, Module):
        return owner.namespace.look_up(name, interpreter.module_value) or Native(path)
    if isinstance(owner, Native):
        return Native(f"{owner.name}.{name}")
    if isinstance(owner, Class):
        return interpreter.attribute(owner, name, ast.Pass(), Frame(owner.namespace))
    return UNKNOWN


def _is_read(path: str) -> bool:
    """Of Django, what stands in MIDDLEWARE or below it: its hooks run in threads or on the loop as its source says."""
    return path.startswith(("django.utils.deprecation", "django.middleware")) or (
        path.startswith("django.contrib.") and ".middleware" in path
    )


def module_value(interpreter: Interpreter, name: str, statement: ast.stmt, namespace: Namespace) -> Value:
    """What a statement at the top of a module binds to a name."""
    frame = Frame(namespace)
    with interpreter.quiet():
        match statement:
            case ast.Import(names=aliases):
                for alias in aliases:
                    if (alias.asname or alias.name.partition(".")[0]) == name:
                        return resolve(interpreter, alias.name if alias.asname else name)
            case ast.ImportFrom(names=aliases):
                source = namespace.module.resolve_relative(statement.level, statement.module)
                for alias in aliases:
                    if (alias.asname or alias.name) == name and source:
                        return resolve(interpreter, f"{source}.{alias.name}")
            case _:
                interpreter.execute([statement], frame)
                return frame.names.get(name, UNKNOWN)
    return UNKNOWN
