"""The ways through statements, and what each costs: the half of hop counting that follows control flow."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Sequence

from bridgekit.check.middleware.evaluation import guards
from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import GetResponse, Missing, Native, Outcome, Unknown
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.syntax import root_name
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Frame,
    FunctionValue,
    InstanceValue,
    ThreadCall,
    Value,
)
from bridgekit.check.middleware.hops.paths import FREE, Cost, Flow, Paths, any_of, repeated, then
from bridgekit.check.middleware.hops.relevance import (
    discarded_calls,
    first_parameter,
    is_async,
    is_elsewhere,
    is_far,
    last_name,
    may_hop,
    own_calls,
)
from bridgekit.check.python.tree import children, walk
from bridgekit.middleware_chain.facts import Answer

_NO_AWAITABLE = ast.Constant | ast.Compare | ast.JoinedStr | ast.UnaryOp | ast.Dict | ast.Set
_TOLD = ast.Call | ast.IfExp | ast.BoolOp | _NO_AWAITABLE
_COMPOUND = ast.If | ast.Try | ast.TryStar | ast.With | ast.For | ast.While | ast.Match


class StatementCosts(ABC):
    """Walks blocks of statements; what expressions and calls cost is the subclass's half."""

    evaluator: Evaluator
    results_used: list[bool]
    """For each call that is being followed, innermost last: whether what it returns may be awaited."""
    decides: bool
    """Whether conditions are decided. Most middleware cost the same on every way, and deciding is the dear part."""

    @abstractmethod
    def expression(
        self, node: ast.expr, frame: Frame, at: int | None, *, awaited: bool = False, returned: bool = False
    ) -> Paths:
        """The ways through an expression, in the order of evaluation."""

    @abstractmethod
    def calling(
        self,
        callee: Value,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        frame: Frame,
        node: ast.AST | None,
        *,
        awaited: bool,
    ) -> Paths:
        """The ways through one call of a value."""

    def _why_returns(self, frame: Frame, node: ast.AST) -> Unknown:
        for found in frame.block.returns:
            outcome = guards.holds(self.evaluator, found.guards, frame) if self.decides else None
            if outcome is not None and outcome.answer is Answer.UNKNOWN:
                return Unknown(outcome.reason, outcome.location)
        return frame.unknown("ways through the function cost different numbers of hops", node)

    def block(self, body: Sequence[ast.stmt], frame: Frame, start: Paths) -> Flow:
        """The ways through a list of statements."""
        flow = Flow(open=start)
        for statement in body:
            if not flow.open:
                break
            self.statement(statement, frame, flow)
        return flow

    def statement(self, node: ast.stmt, frame: Frame, flow: Flow) -> None:
        at = frame.block.positions.get(node)
        if not is_async(frame) and not isinstance(node, _COMPOUND | ast.Return):
            self._sync_statement(node, frame, at, flow)
            return
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return
            case ast.If():
                self._if(node, frame, at, flow)
            case ast.Return():
                value = self._returned(node.value, frame, at)
                flow.leave(then(flow.open, value), self._why_returns(frame, node))
                flow.open = {}
            case ast.Raise():
                flow.open = {}
            case ast.Try() | ast.TryStar():
                self._try(node, frame, flow)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    flow.open = then(flow.open, self._context(item, node, frame, at))
                self._inner(node.body, frame, flow)
            case ast.For() | ast.AsyncFor() | ast.While():
                self._loop(node, frame, at, flow)
            case ast.Match():
                self._match(node, frame, at, flow)
            case _:
                for child in children(node):
                    if isinstance(child, ast.expr):
                        flow.open = then(flow.open, self.expression(child, frame, at))

    def _sync_statement(self, node: ast.stmt, frame: Frame, at: int | None, flow: Flow) -> None:
        """A statement of a function that is not async makes no hop; it may call ``get_response``, or raise."""
        if isinstance(node, ast.Raise):
            flow.open = {}
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        for part in walk(node):
            if isinstance(part, ast.Call) and last_name(part.func).endswith("get_response"):
                callee = self.evaluator.evaluate(part.func, frame, at)
                if isinstance(callee, GetResponse):
                    flow.open = then(flow.open, {True: Cost()})

    def _returned(self, node: ast.expr | None, frame: Frame, at: int | None) -> Paths:
        """The ways through what is returned: in a plain function it may be an awaitable that a name holds."""
        if node is None:
            return FREE
        if not self.results_used[-1] and not is_async(frame):
            return self.expression(node, frame, at)
        if is_async(frame) or not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            return self.expression(node, frame, at, returned=True)
        values = self._held_values(node, frame, at)
        if values is None:
            return self._any_of_its_calls(node, frame, at)
        calls = [self._held(value, frame, at) for value in values if isinstance(value, ast.Call)]
        ways = [paths for paths in calls if paths is not None]
        ways += [
            self.expression(value, frame, at, returned=True)
            for value in values
            if isinstance(value, ast.IfExp | ast.BoolOp)
        ]
        if ways:
            return any_of(ways, frame.unknown(f"depends on which value {ast.unparse(node)} holds", node))
        return self.expression(node, frame, at, returned=True)

    def _held_values(self, node: ast.expr, frame: Frame, at: int | None) -> list[ast.expr] | None:
        """What is put into a name before it is returned; None where that is not told by the statements that bind it."""
        if not isinstance(node, ast.Name):
            return None
        bound = [b for b in frame.block.names.get(node.id, ()) if at is None or b.index < at]
        values = [b.value for b in bound if b.value is not None]
        return values if all(isinstance(b.value, _TOLD) for b in bound) else None

    def _any_of_its_calls(self, node: ast.expr, frame: Frame, at: int | None) -> Paths:
        """The ways where what is returned may hold what any call of the function gave: unpacked, under another name, in an attribute."""
        paths = self.expression(node, frame, at, returned=True)
        if frame.function is None:
            return paths
        function = frame.function.node
        let_go = discarded_calls(function)
        calls = [c for c in own_calls(function) if c not in let_go and not is_elsewhere(c, frame)]
        ways = [paths, *(self.expression(call, frame, at) for call in calls)]
        return any_of(ways, frame.unknown(f"depends on what {ast.unparse(node)[:60]} holds", node))

    def _held(self, call: ast.Call, frame: Frame, at: int | None) -> Paths | None:
        """The ways through a call whose result a name holds until it is returned; None where that is no business of the middleware."""
        if not is_elsewhere(call, frame):
            return self.expression(call, frame, at)
        if not (is_far(call.func) and root_name(call.func) == first_parameter(frame)):
            return None
        # self.delegate.handle(request): of a delegate that can be read.
        callee = self.evaluator.evaluate(call.func, frame, at)
        read = all(isinstance(each, BoundMethod | FunctionValue | ThreadCall) for each in options(callee))
        return self.expression(call, frame, at, returned=True) if read else None

    def _inner(self, body: Sequence[ast.stmt], frame: Frame, flow: Flow) -> None:
        inner = self.block(body, frame, flow.open)
        flow.leave(inner.returned, None)
        flow.open = inner.open

    def _if(self, node: ast.If, frame: Frame, at: int | None, flow: Flow) -> None:
        start = then(flow.open, self.expression(node.test, frame, at)) if is_async(frame) else flow.open
        decides = self.decides and may_hop([*node.body, *node.orelse], awaits=is_async(frame))
        outcome = (
            guards.truth_of_test(self.evaluator, node.test, frame, at) if decides else Outcome(Answer.UNKNOWN)
        )
        if self.decides and outcome.answer is Answer.UNKNOWN and self._raises(node.test, frame, at):
            flow.open = {}
            return
        if outcome.answer is not Answer.UNKNOWN:
            flow.open = start
            self._inner(node.body if outcome.answer is Answer.YES else node.orelse, frame, flow)
            return
        branches = [self.block(node.body, frame, start), self.block(node.orelse, frame, start)]
        if self.decides and not decides and branches[0] != branches[1]:
            # Costs without an await: a coroutine that is made here runs elsewhere, in a task.
            outcome = guards.truth_of_test(self.evaluator, node.test, frame, at)
            branches = {Answer.YES: branches[:1], Answer.NO: branches[1:]}.get(outcome.answer, branches)
        why = Unknown(outcome.reason, outcome.location or frame.module.location_of(node))
        for branch in branches:
            flow.leave(branch.returned, why)
        flow.open = any_of([branch.open for branch in branches], why)

    def _raises(self, test: ast.expr, frame: Frame, at: int | None) -> bool:
        """Whether a test reads an attribute that the instance does not have."""
        if not isinstance(test, ast.Attribute):
            return False
        holder = self.evaluator.evaluate(test.value, frame, at)
        return isinstance(holder, InstanceValue) and isinstance(
            self.evaluator.attribute(holder, test.attr, frame, test), Missing
        )

    def _try(self, node: ast.Try | ast.TryStar, frame: Frame, flow: Flow) -> None:
        start = flow.open
        body = self.block(node.body, frame, start)
        onward = self.block(node.orelse, frame, body.open)
        whole = Flow(open=onward.open)
        for paths in (body.returned, onward.returned):
            whole.leave(paths, None)
        # A handler around the call of get_response serves a request that failed, not one that passes through.
        if not (True in body.open or True in body.returned) or True in start:
            why = frame.unknown("depends on an exception that is only known at run time", node)
            for handler in node.handlers:
                served = self.block(handler.body, frame, any_of([start, body.open, body.returned], why))
                whole.leave(served.returned, why)
                whole.open = any_of([whole.open, served.open], why)
        if node.finalbody:
            behind = self.block(node.finalbody, frame, FREE)
            whole.open = then(whole.open, behind.open)
            whole.returned = then(whole.returned, behind.open or behind.returned)
        flow.leave(whole.returned, None)
        flow.open = whole.open

    def _loop(
        self, node: ast.For | ast.AsyncFor | ast.While, frame: Frame, at: int | None, flow: Flow
    ) -> None:
        why = frame.unknown("depends on how often a loop runs", node)
        head = self.expression(node.test if isinstance(node, ast.While) else node.iter, frame, at)
        if isinstance(node, ast.AsyncFor):
            head = then(head, {False: Cost(0, None, why=why)})
        start = then(flow.open, head)
        body = self.block(node.body, frame, FREE)
        flow.leave(then(start, body.returned), why)
        flow.open = then(start, repeated(body.open, why))
        self._inner(node.orelse, frame, flow)

    def _match(self, node: ast.Match, frame: Frame, at: int | None, flow: Flow) -> None:
        why = frame.unknown("depends on a match that is only known at run time", node)
        start = then(flow.open, self.expression(node.subject, frame, at))
        branches = [self.block(case.body, frame, start) for case in node.cases]
        for branch in branches:
            flow.leave(branch.returned, why)
        flow.open = any_of([start, *(branch.open for branch in branches)], why)

    def _context(
        self, item: ast.withitem, node: ast.With | ast.AsyncWith, frame: Frame, at: int | None
    ) -> Paths:
        paths = self.expression(item.context_expr, frame, at)
        if not isinstance(node, ast.AsyncWith):
            return paths
        manager = self.evaluator.evaluate(item.context_expr, frame, at)
        if isinstance(manager, InstanceValue):
            for name in ("__aenter__", "__aexit__"):
                method = self.evaluator.attributes.of_class(manager.cls, name, manager)
                paths = then(paths, self.calling(method, (), {}, frame, item.context_expr, awaited=True))
            return paths
        if self._is_of_asyncio(item.context_expr, frame, at):
            return paths
        why = frame.unknown("enters an async context manager that is not followed", item.context_expr)
        return then(paths, {False: Cost(0, None, why=why)})

    def _is_of_asyncio(self, node: ast.expr, frame: Frame, at: int | None) -> bool:
        callee = self.evaluator.evaluate(node.func, frame, at) if isinstance(node, ast.Call) else None
        # An AsyncExitStack awaits what is pushed on it, and aclosing() a generator's end.
        return isinstance(callee, Native) and not callee.name.startswith("contextlib.")

    def _truth(self, test: ast.expr, frame: Frame, at: int | None) -> Outcome:
        return (
            guards.truth_of_test(self.evaluator, test, frame, at) if self.decides else Outcome(Answer.UNKNOWN)
        )
