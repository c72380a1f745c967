"""Method resolution order of classes that are read, by C3 (https://www.python.org/download/releases/2.3/mro/).

A base that cannot be read ends what is known: it may stand before every class that is not listed before it in the
``class`` statement, so the order is cut there and the reason kept.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from collections.abc import Sequence as Sequences
from itertools import islice, product

from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import Missing, Native, Unknown
from bridgekit.check.middleware.evaluation.interface import Evaluator, Linear
from bridgekit.check.middleware.evaluation.values import (
    Choice,
    ClassValue,
    FunctionValue,
    InstanceValue,
    Sequence,
    Value,
)
from bridgekit.check.python.linearization import c3

MAX_ALTERNATIVES = 8
MAX_BASES_DEPTH = 60


class MROs:
    """Computes and remembers the possible orders of each class: several if a base is a choice."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._known: dict[tuple[int, int], tuple[tuple[Linear, ...], ClassValue]] = {}
        self._open: list[ast.ClassDef] = []

    def of(self, cls: ClassValue) -> tuple[Linear, ...]:
        """The possible orders, the class itself first in each."""
        key = (id(cls.node), id(cls.frame))
        if cls.bases is not None:
            key = (id(cls), 0)
        known = self._known.get(key)
        if known is None:
            if cls.node in self._open or len(self._open) > MAX_BASES_DEPTH:
                reason = f"class {cls.node.name} inherits from itself"
                return (Linear((cls,), cls.frame.unknown(reason, cls.node)),)
            self._open.append(cls.node)
            try:
                orders = tuple(self._orders(cls))
            finally:
                self._open.pop()
            # The class is kept beside its orders: its id is the key, and must not be given to another one.
            known = (orders, cls)
            if self.evaluator.exhausted is None:
                self._known[key] = known
        return tuple(
            Linear((cls, *order.classes[1:]), order.blocked) if order.classes[0] is not cls else order
            for order in known[0]
        )

    def bases(self, cls: ClassValue) -> list[Value]:
        """The values of the base expressions, as they were when the statement ran."""
        if cls.bases is not None:
            return list(cls.bases)
        at = self._position(cls)
        values: list[Value] = []
        for node in cls.node.bases:
            if isinstance(node, ast.Starred):
                spread = self.evaluator.evaluate(node.value, cls.frame, at)
                if isinstance(spread, Sequence):
                    values.extend(self.evaluator.force(item) for item in spread.items)
                    continue
            value = self.evaluator.evaluate(node, cls.frame, at)
            if isinstance(value, Missing):
                reason = value.reason or f"base {ast.unparse(node)} is not defined"
                value = Unknown(reason, value.location or cls.frame.unknown("", node).location)
            values.append(value)
        return values

    @staticmethod
    def _position(cls: ClassValue) -> int | None:
        for binding in cls.frame.block.names.get(cls.node.name, ()):
            if binding.node is cls.node:
                return binding.index
        return None

    def _orders(self, cls: ClassValue) -> list[Linear]:
        bases = self.bases(cls)
        combinations = islice(product(*(list(options(base)) for base in bases)), MAX_ALTERNATIVES + 1)
        orders: list[Linear] = []
        for combination in combinations:
            if len(orders) >= MAX_ALTERNATIVES:
                why = next((base.why for base in bases if isinstance(base, Choice)), None)
                return [Linear((cls,), why or cls.frame.unknown("too many possible bases", cls.node))]
            orders.extend(self._order(cls, combination))
        return orders

    def _order(self, cls: ClassValue, bases: Sequences[Value]) -> list[Linear]:
        """The orders for one choice of bases; several if a base itself has several."""
        direct: list[ClassValue | Native] = []
        for base in bases:
            if isinstance(base, ClassValue | Native):
                direct.append(base)
            else:
                return [Linear((cls, *direct), self._not_a_class(cls, base))]
        parents = [list(self._linear(base)) for base in direct]
        return [self._merge(cls, direct, chosen) for chosen in islice(product(*parents), MAX_ALTERNATIVES)]

    def _linear(self, base: ClassValue | Native) -> Sequences[Linear]:
        return self.of(base) if isinstance(base, ClassValue) else (Linear((base,)),)

    def _merge(self, cls: ClassValue, direct: list[ClassValue | Native], chosen: Sequences[Linear]) -> Linear:
        blocked = next((linear.blocked for linear in chosen if linear.blocked is not None), None)
        if blocked is not None:
            return Linear((cls, *self._before_block(direct, chosen)), blocked)
        merged = c3([_own(linear.classes) for linear in chosen], _own(direct), _key)
        if merged is None:
            return Linear(
                (cls,), cls.frame.unknown(f"the bases of {cls.node.name} have no consistent order", cls.node)
            )
        return Linear((cls, *merged))

    @staticmethod
    def _before_block(
        direct: list[ClassValue | Native], chosen: Sequences[Linear]
    ) -> list[ClassValue | Native]:
        """What certainly comes before the unreadable class: bases listed before the one that leads to it."""
        if len(chosen) == 1:
            return list(chosen[0].classes)
        before: list[ClassValue | Native] = []
        for base, linear in zip(direct, chosen, strict=True):
            if linear.blocked is not None:
                return [*before, base] if base not in before else before
            before.append(base)
        return before

    @staticmethod
    def _not_a_class(cls: ClassValue, base: Value) -> Unknown:
        if isinstance(base, Unknown):
            return base
        if isinstance(base, FunctionValue | InstanceValue):
            return cls.frame.unknown(
                f"a base of {cls.node.name} is made by something that is not followed", cls.node
            )
        return cls.frame.unknown(f"a base of {cls.node.name} is not a class that can be read", cls.node)


def _own(classes: Sequences[ClassValue | Native]) -> list[ClassValue | Native]:
    """Without `object`, which is every class's last and looked at nowhere."""
    return [cls for cls in classes if _key(cls) != "builtins.object"]


def _key(cls: ClassValue | Native) -> Hashable:
    return cls.name if isinstance(cls, Native) else (id(cls.node), id(cls.frame))
