"""One call of a modelled function, as its model sees it."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from bridgekit._dataclass import dataclass
from bridgekit.check.middleware.evaluation.atoms import Const, Outcome, Unknown
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.values import Frame, Value
from bridgekit.middleware_chain.facts import Answer


@dataclass(frozen=True, slots=True)
class NativeCall:
    """The callee's dotted name, its arguments, and where it is called."""

    evaluator: Evaluator
    name: str
    arguments: tuple[Value, ...]
    keywords: Mapping[str, Value]
    node: ast.expr | None
    frame: Frame

    def argument(self, number: int, name: str = "") -> Value | None:
        """An argument by position, or by name; None if it is not given."""
        if number < len(self.arguments):
            return self.arguments[number]
        return self.keywords.get(name)

    def text(self, number: int, name: str = "") -> str | None:
        """An argument that is a plain string, or None."""
        value = self.argument(number, name)
        return value.value if isinstance(value, Const) and isinstance(value.value, str) else None

    def unknown(self, reason: str = "") -> Unknown:
        """An unknown result, blocked at this call."""
        return self.frame.unknown(
            reason or f"the result of {self.name}() is only known at run time", self.node
        )

    def decided(self, outcome: Outcome) -> Value:
        """A three-valued truth as a value."""
        if outcome.answer is Answer.UNKNOWN:
            return (
                Unknown(outcome.reason or "not decided", outcome.location)
                if outcome.location
                else self.unknown(outcome.reason)
            )
        return Const(outcome.answer is Answer.YES)
