"""What of a function body may run: nothing behind a constant, ``TYPE_CHECKING``, a ``return`` or a ``raise``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import FunctionNode, ReadFunction, resolved_name, walk_own
from bridgekit.check.findings.visible_names import visible_imports

_NEVER = frozenset({"typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"})
_DEPTH = 20
"""Conditions in conditions that are looked into."""


class _Truth(Enum):
    """What a condition is."""

    YES = "yes"
    NO = "no"
    EITHER = "either"
    """The request or a setting decides: both branches run some time."""

    @classmethod
    def of(cls, value: object) -> _Truth:
        return cls.YES if value else cls.NO


_OPPOSITE = {_Truth.YES: _Truth.NO, _Truth.NO: _Truth.YES}


def walk_live(function: ReadFunction) -> Iterator[ast.AST]:
    """As `walk_own`, without what certainly does not run."""
    live = _Live(function)
    waiting = live.children(function.node)
    while waiting:
        current = waiting.pop()
        yield current
        if not isinstance(current, FunctionNode | ast.Lambda | ast.ClassDef):
            waiting.extend(live.children(current))


@dataclass(frozen=True, slots=True)
class _Live:
    function: ReadFunction

    def children(self, node: ast.AST) -> list[ast.AST]:
        """The parts of a node that may run."""
        match node:
            case ast.If() | ast.While():
                truth = self.truth(node.test)
                body = self._block(node.body) if truth in (_Truth.YES, _Truth.EITHER) else []
                orelse = self._block(node.orelse) if truth in (_Truth.NO, _Truth.EITHER) else []
                return [node.test, *body, *orelse]
            case ast.IfExp():
                truth = self.truth(node.test)
                body = [node.body] if truth in (_Truth.YES, _Truth.EITHER) else []
                orelse = [node.orelse] if truth in (_Truth.NO, _Truth.EITHER) else []
                return [node.test, *body, *orelse]
            case ast.BoolOp():
                return [*self._operands(node)]
        parts: list[ast.AST] = []
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                parts += self._block(value)
            elif isinstance(value, list):
                parts += [part for part in value if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST):
                parts.append(value)
        return parts

    def _operands(self, node: ast.BoolOp) -> Iterator[ast.expr]:
        """Up to the one that decides."""
        goes_on = _Truth.YES if isinstance(node.op, ast.And) else _Truth.NO
        for operand in node.values:
            yield operand
            if self.truth(operand) not in (goes_on, _Truth.EITHER):
                return

    def _block(self, statements: list[ast.stmt]) -> list[ast.AST]:
        """Up to the statement after which nothing follows."""
        found: list[ast.AST] = []
        for statement in statements:
            found.append(statement)
            if self._ends(statement):
                break
        return found

    def _ends(self, statement: ast.stmt, depth: int = _DEPTH) -> bool:
        """Whether nothing after it runs."""

        def any_ends(block: list[ast.stmt]) -> bool:
            return depth > 0 and any(self._ends(part, depth - 1) for part in block)

        match statement:
            case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
                return True
            case ast.If():
                ends = {_Truth.YES: any_ends(statement.body), _Truth.NO: any_ends(statement.orelse)}
                truth = self.truth(statement.test)
                return ends[truth] if truth in ends else all(ends.values())
            case ast.While():
                leaves = any(isinstance(part, ast.Break) for part in walk_own(statement))
                return self.truth(statement.test) is _Truth.YES and not leaves
            case _:
                return False

    def truth(self, test: ast.expr, depth: int = _DEPTH) -> _Truth:
        """Of a condition."""
        match test:
            case ast.Constant():
                return _Truth.of(test.value)
            case ast.UnaryOp(op=ast.Not()) if depth:
                truth = self.truth(test.operand, depth - 1)
                return _OPPOSITE.get(truth, truth)
            case ast.BoolOp() if depth:
                decides, other = (
                    (_Truth.NO, _Truth.YES) if isinstance(test.op, ast.And) else (_Truth.YES, _Truth.NO)
                )
                found = {self.truth(value, depth - 1) for value in test.values}
                if decides in found:
                    return decides
                return other if found == {other} else _Truth.EITHER
        name = resolved_name(test, visible_imports(self.function))
        return _Truth.NO if name in _NEVER else _Truth.EITHER
