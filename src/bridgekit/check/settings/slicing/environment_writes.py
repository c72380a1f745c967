"""Which environment variables statements may set or delete: by their text, so on the safe side."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

from bridgekit.check.python.tree import walk
from bridgekit.check.settings.slicing.effects import EVERYTHING

_OF_ONE_NAME = frozenset(("setdefault", "pop", "__setitem__", "__delitem__"))
_OF_MANY = frozenset(("update", "clear", "popitem", "__ior__"))
_FILE_READERS = frozenset(("load_dotenv", "read_dotenv", "read_env", "read_envfile"))


def variables_written(statements: Iterable[ast.AST]) -> frozenset[str]:
    """Names of variables; `EVERYTHING` where a name is not a literal."""
    return frozenset(name for statement in statements for name in _written_by(statement))


@lru_cache(maxsize=2_000)
def _written_by(statement: ast.AST) -> frozenset[str]:
    found: set[str] = set()
    for node in walk(statement):
        if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) and _is_environ(node.value):
            found.add(_literal(node.slice))
        elif (isinstance(node, ast.AugAssign) and _is_environ(node.target)) or (
            isinstance(node, ast.Call) and _name(node.func) in _FILE_READERS
        ):
            found.add(EVERYTHING)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _OF_ONE_NAME | _OF_MANY
            and _is_environ(node.func.value)
        ):
            is_one = node.func.attr in _OF_ONE_NAME and bool(node.args)
            found.add(_literal(node.args[0]) if is_one else EVERYTHING)
    return frozenset(found)


def _is_environ(node: ast.AST) -> bool:
    """``os.environ``, or a name that says that it is."""
    return _name(node).lower() == "environ"


def _name(node: ast.AST) -> str:
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _literal(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else EVERYTHING
