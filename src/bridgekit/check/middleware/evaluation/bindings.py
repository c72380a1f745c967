"""Index the statements of one block (module, class or function body): which of them bind a name, and under what guards.

Nothing is evaluated here. Statements get consecutive numbers in source order; an expression that belongs to statement
*n* sees the bindings numbered below *n*.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from bridgekit.check.middleware.evaluation.block import (
    AttributeSet,
    Binding,
    Block,
    Call,
    Effect,
    Guard,
    Guards,
    Raise,
    Return,
    StarImport,
    TryNode,
)
from bridgekit.check.python.tree import children, walk

_COMPREHENSION = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def index_block(body: Sequence[ast.stmt]) -> Block:
    """Index a list of statements."""
    indexer = _Indexer()
    indexer.statements(body, ())
    indexer.block.size = indexer.index
    return indexer.block


class _Indexer:
    def __init__(self) -> None:
        self.block = Block()
        self.index = 0

    def statements(self, body: Iterable[ast.stmt], guards: Guards) -> None:
        for statement in body:
            self.statement(statement, guards)

    def statement(self, node: ast.stmt, guards: Guards) -> None:
        self.index += 1
        self.block.positions[node] = self.index
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self.bind(node.name, node, guards)
            case ast.Import():
                for alias in node.names:
                    self.bind(alias.asname or alias.name.partition(".")[0], node, guards, alias=alias)
            case ast.ImportFrom():
                self.import_from(node, guards)
            case ast.Assign():
                self.walrus(node.value, node, guards)
                self.effect(node.value, guards)
                for target in node.targets:
                    self.target(target, node, node.value, (), guards)
            case ast.AnnAssign(value=ast.expr() as value):
                self.walrus(value, node, guards)
                self.effect(value, guards)
                self.target(node.target, node, value, (), guards)
            case ast.AugAssign():
                self.effect(node.value, guards)
                self.target(node.target, node, node.value, (), guards)
            case ast.Delete():
                for target in node.targets:
                    self.target(target, node, None, (), guards)
            case ast.Return():
                found = Return(self.index, node, guards)
                self.block.returns.append(found)
                self.block.steps.append(found)
            case ast.Assert():
                self.effect(node.test, guards)
            case ast.Raise():
                self.effect(node.exc, guards)
                raised = Raise(self.index, node, guards)
                self.block.raises.append(raised)
                self.block.steps.append(raised)
            case ast.Expr():
                self.walrus(node.value, node, guards)
                self.expression(node, guards)
            case _:
                self.compound(node, guards)

    def compound(self, node: ast.stmt, guards: Guards) -> None:
        maybe = Guard(node, "maybe", self.index)
        match node:
            case ast.If():
                self.walrus(node.test, node, guards)
                self.effect(node.test, guards)
                at = self.index
                self.statements(node.body, (*guards, Guard(node, "true", at)))
                self.statements(node.orelse, (*guards, Guard(node, "false", at)))
            case ast.Try() | ast.TryStar():
                self.try_statement(node, guards)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self.effect(item.context_expr, guards)
                    if item.optional_vars is not None:
                        self.target(item.optional_vars, node, None, (), guards)
                suppressed = _suppressed(node)
                if suppressed is None:
                    self.statements(node.body, guards)
                else:
                    self.try_statement(suppressed, guards)
            case ast.For() | ast.AsyncFor():
                self.effect(node.iter, guards)
                self.target(node.target, node, None, (), (*guards, maybe))
                self.statements(node.body, (*guards, maybe))
                self.statements(node.orelse, (*guards, maybe) if _breaks(node) else guards)
            case ast.While():
                self.walrus(node.test, node, (*guards, maybe))
                self.effect(node.test, guards)
                self.statements(node.body, (*guards, maybe))
                self.statements(node.orelse, (*guards, maybe) if _breaks(node) else guards)
            case ast.Match():
                self.effect(node.subject, guards)
                for case in node.cases:
                    for part in walk(case.pattern):
                        name = (
                            part.rest if isinstance(part, ast.MatchMapping) else getattr(part, "name", None)
                        )
                        if isinstance(name, str):
                            self.bind(name, node, (*guards, maybe))
                    self.statements(case.body, (*guards, maybe))
            case ast.Global():
                self.block.outer.update(node.names)
            case ast.Nonlocal():
                self.block.nonlocals.update(node.names)
            case _:
                pass

    def try_statement(self, node: TryNode, guards: Guards) -> None:
        at = self.index
        outside = guards
        if any(isinstance(part, ast.Return) for last in node.finalbody for part in walk(last)):
            guards = (*guards, Guard(node, "maybe", at))  # what the rest returns, the end returns over it
        for number, statement in enumerate(node.body):
            self.statement(statement, (*guards, Guard(node, "body", at, number)))
        for number, handler in enumerate(node.handlers):
            inside = (*guards, Guard(node, "handler", at, number))
            if handler.name:
                self.bind(handler.name, handler, inside)
            self.statements(handler.body, inside)
        self.statements(node.orelse, (*guards, Guard(node, "else", at)))
        self.statements(node.finalbody, outside)

    def import_from(self, node: ast.ImportFrom, guards: Guards) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.block.stars.append(StarImport(self.index, node, guards))
            else:
                self.bind(alias.asname or alias.name, node, guards, alias=alias)

    def target(
        self, target: ast.expr, node: ast.stmt, value: ast.expr | None, path: tuple[int, ...], guards: Guards
    ) -> None:
        match target:
            case ast.Name():
                self.bind(target.id, node, guards, value=value, path=path)
            case ast.Tuple() | ast.List():
                for number, element in enumerate(target.elts):
                    self.target(element, node, value, (*path, number), guards)
            case ast.Starred():
                self.target(target.value, node, None, (), guards)
            case ast.Attribute():
                self.attribute(target.value, target.attr, value, path, guards, node)
            case ast.Subscript(
                value=ast.Attribute(value=base, attr="__dict__")
                | ast.Call(func=ast.Name(id="vars"), args=[base]),
                slice=key,
            ):
                name = key.value if isinstance(key, ast.Constant) else key
                if isinstance(name, str | ast.expr):
                    self.attribute(base, name, value, path, guards, node)
            case ast.Subscript(value=ast.Call(func=ast.Name(id="globals" | "vars" | "locals"))):
                self.block.writes_globals = self.block.writes_globals or node
            case _:
                pass

    def attribute(
        self,
        base: ast.expr,
        attribute: ast.expr | str,
        value: ast.expr | None,
        path: tuple[int, ...],
        guards: Guards,
        node: ast.stmt,
    ) -> None:
        found = AttributeSet(self.index, base, attribute, value, path, guards, node)
        self.block.steps.append(found)
        if isinstance(base, ast.Name):
            self.block.attributes.setdefault(base.id, []).append(found)

    def expression(self, node: ast.Expr, guards: Guards) -> None:
        call = node.value
        match call:
            case ast.Constant():
                return
            case ast.Call(func=ast.Name(id="setattr"), args=[base, attribute, value]):
                name = attribute.value if isinstance(attribute, ast.Constant) else attribute
                self.effect(value, guards)
                if isinstance(name, str | ast.expr):
                    self.attribute(base, name, value, (), guards, node)
            case ast.Call(func=ast.Name(id="delattr"), args=[base, attribute]):
                name = attribute.value if isinstance(attribute, ast.Constant) else attribute
                if isinstance(name, str | ast.expr):
                    self.attribute(base, name, None, (), guards, node)
            case (
                ast.Call(func=ast.Name(id="exec"))
                | ast.Call(
                    func=ast.Attribute(
                        value=ast.Call(func=ast.Name(id="globals" | "vars"), args=[]), attr="update"
                    )
                )
            ):
                self.block.writes_globals = self.block.writes_globals or node
            case _:
                self.block.steps.append(Call(self.index, call, guards))

    def effect(self, node: ast.expr | None, guards: Guards) -> None:
        if node is not None and any(isinstance(part, ast.Call) for part in walk(node)):
            self.block.steps.append(Effect(self.index, node, guards))

    def walrus(self, test: ast.expr, node: ast.stmt, guards: Guards) -> None:
        """Names that ``:=`` binds in an expression; behind ``and``, ``if`` or in a comprehension it may not happen."""
        pending: list[tuple[ast.AST, Guards]] = [(test, guards)]
        while pending:
            part, under = pending.pop()
            if isinstance(part, ast.Lambda | ast.Constant | ast.Name):
                continue
            if isinstance(part, ast.NamedExpr):
                self.bind(part.target.id, node, under, value=part.value)
            if isinstance(part, ast.BoolOp | ast.IfExp | _COMPREHENSION):
                first = {ast.BoolOp: "values", ast.IfExp: "test"}.get(type(part), "")
                certain = getattr(part, first, None)
                certain = certain[0] if isinstance(certain, list) else certain
                maybe = (*guards, Guard(node, "maybe", self.index))
                pending += [(child, under if child is certain else maybe) for child in children(part)]
            else:
                pending += [(child, under) for child in children(part)]

    def bind(
        self,
        name: str,
        node: ast.stmt | ast.excepthandler,
        guards: Guards,
        *,
        value: ast.expr | None = None,
        path: tuple[int, ...] = (),
        alias: ast.alias | None = None,
    ) -> None:
        found = Binding(name, self.index, node, guards, value, path, alias)
        self.block.names.setdefault(name, []).append(found)


def _breaks(node: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Whether a ``break`` may keep the loop from its ``else``."""
    return any(isinstance(part, ast.Break) for statement in node.body for part in walk(statement))


def _suppressed(node: ast.With | ast.AsyncWith) -> ast.Try | None:
    """``with suppress(A, B):`` as the ``try`` that it is; None for any other manager."""
    for item in node.items:
        match item.context_expr:
            case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=kinds):
                caught = ast.Tuple([*kinds], ast.Load())
                handler = ast.ExceptHandler(caught, None, [ast.copy_location(ast.Pass(), node)])
                return ast.copy_location(ast.Try(node.body, [ast.copy_location(handler, node)], [], []), node)
    return None
