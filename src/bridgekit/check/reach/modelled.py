"""What the models of natives share: one call with all that belongs to it."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bridgekit._dataclass import dataclass
from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.values import UNKNOWN, Bound, Const, External, Frame, Native, Value


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call of a native."""

    interpreter: Interpreter
    function: Value
    arguments: list[Value]
    keywords: dict[str, Value]
    node: ast.AST
    frame: Frame

    def argument(self, number: int, name: str = "") -> Value:
        """One argument, by its place or name; unknown if it is not given."""
        if number < len(self.arguments):
            return self.arguments[number]
        return self.keywords.get(name, UNKNOWN)

    def text(self, number: int) -> str:
        """An argument that is a text; empty for any other."""
        value = self.argument(number)
        return value.value if isinstance(value, Const) and isinstance(value.value, str) else ""

    def again(
        self, function: Value, arguments: list[Value], keywords: dict[str, Value] | None = None
    ) -> Value:
        """Calls something else in its place."""
        return self.interpreter.call(function, arguments, keywords or {}, self.node, self.frame)


Model = Callable[[Call], Value]


def dotted(function: Value) -> str:
    """The name under which a native is reported: ``requests.Session.get`` for a method of what ``requests.Session`` gave."""
    if isinstance(function, Native):
        return function.name
    if isinstance(function, External):
        return function.kind
    if isinstance(function, Bound):
        return f"{dotted(function.receiver)}.{function.name}"
    return ""
