"""Count the thread hops that a middleware itself makes for a request that passes through it in async mode.

A hop is a call of what `asgiref.sync.sync_to_async` returns. Only awaited code can make one, so a call that is not
awaited and leads out of the module is not followed. Where a condition is not decided both ways are counted, and the
bounds differ; where an awaited thing cannot be read there is no upper bound.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bridgekit.check.source import guards
from bridgekit.check.source.frames import Frame
from bridgekit.check.source.paths import FREE, Cost, Flow, Paths, any_of, repeated, then
from bridgekit.check.source.syntax import contains_yield, root_name
from bridgekit.check.source.values import (
    BoundMethod,
    Choice,
    ClassValue,
    FunctionValue,
    GetResponse,
    InstanceValue,
    Missing,
    Native,
    Outcome,
    Partial,
    Request,
    ThreadCall,
    Unknown,
    Value,
    place,
)
from bridgekit.middleware_chain.facts import Answer

if TYPE_CHECKING:
    from bridgekit.check.source.evaluator import Evaluator

__all__ = ["HopCounter"]

MAX_NESTING = 12
MIXIN_ACALL = "django.utils.deprecation.MiddlewareMixin.__acall__"
HOP = Cost(1, 1)
_COMPOUND = ast.If | ast.Try | ast.TryStar | ast.With | ast.For | ast.While | ast.Match


class HopCounter:
    """Walks function bodies; one object counts one middleware."""

    def __init__(self, evaluator: Evaluator, *, async_capable: bool = True) -> None:
        self.evaluator = evaluator
        self.async_capable = async_capable
        """Whether a plain function of it may return an awaitable at all; that of a sync-only middleware does not."""
        self.stack: list[ast.AST] = []
        self.decides = False
        """Whether conditions are decided. Most middleware cost the same on every way, and deciding is the dear part."""

    def count(self, middleware: Value, frame: Frame) -> Cost:
        """The cost of ``middleware(request)`` on the ways that reach ``get_response``; of all, if none does."""
        for self.decides in (False, True):
            paths = self.calling(middleware, (Request(),), {}, frame, None, awaited=True)
            if len({cost.bounds for cost in paths.values()}) == 1 and next(iter(paths.values())).is_exact:
                break
        return paths.get(True) or paths.get(False) or Cost()

    # -- calls ------------------------------------------------------------------------------------------------------

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
        match callee:
            case Choice():
                each = [
                    self.calling(o, arguments, keywords, frame, node, awaited=awaited) for o in callee.values
                ]
                return any_of(each, callee.why)
            case ThreadCall():
                inner = {True: HOP} if isinstance(callee.function, GetResponse) else {False: HOP}
                return inner
            case GetResponse(called=False):
                return {True: Cost()}
            case BoundMethod():
                return self.calling(
                    callee.function, (callee.receiver, *arguments), keywords, frame, node, awaited=awaited
                )
            case Partial():
                merged = {**callee.keywords, **keywords}
                return self.calling(
                    callee.function, (*callee.arguments, *arguments), merged, frame, node, awaited=awaited
                )
            case FunctionValue():
                return self.function(callee, arguments, keywords)
            case InstanceValue():
                method = self.evaluator.attributes.of_class(callee.cls, "__call__", callee)
                return self.calling(method, arguments, keywords, frame, node, awaited=awaited)
            case ClassValue():
                return FREE
            case Native():
                return self._modelled(callee, arguments, frame, node)
            case Missing():
                return {}  # raises: the request does not pass
            case Unknown() if awaited:
                why = Unknown(callee.reason, callee.location)
                return {False: Cost(0, None, why=why), True: Cost(0, None, why=why)}
            case _:
                return FREE

    def _modelled(
        self,
        callee: Native,
        arguments: tuple[Value, ...],
        frame: Frame,
        node: ast.AST | None,
    ) -> Paths:
        if callee.name.startswith("asgiref.sync.AsyncToSync") and arguments:
            return self.calling(
                self.evaluator.force(arguments[0]), arguments[1:], {}, frame, node, awaited=False
            )
        return FREE  # asyncio.to_thread too: a thread, but not by way of sync_to_async

    def function(
        self,
        function: FunctionValue,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
    ) -> Paths:
        """The ways through a function's body."""
        name = getattr(function.node, "name", "")
        owner = self.evaluator.attributes.path_of(function.owner) if function.owner is not None else ""
        if f"{owner}.{name}" == MIXIN_ACALL:
            return {True: Cost(mixin_low=1, mixin_high=1)}
        if not isinstance(function.node, ast.Lambda) and contains_yield(function.node):
            return FREE  # a generator runs when it is iterated
        if function.node in self.stack or len(self.stack) >= MAX_NESTING:
            why = function.frame.unknown("calls itself or is nested too deeply to follow", function.node)
            return {False: Cost(0, None, why=why)}
        frame = self.evaluator.calls.frame(function, arguments, keywords)
        self.stack.append(function.node)
        try:
            if isinstance(function.node, ast.Lambda):
                return self.expression(function.node.body, frame, None)
            flow = self.block(function.node.body, frame, FREE)
            return any_of([flow.returned, flow.open], self._why_returns(frame, function.node))
        finally:
            self.stack.pop()

    def _why_returns(self, frame: Frame, node: ast.AST) -> Unknown:
        for found in frame.block.returns:
            outcome = guards.holds(self.evaluator, found.guards, frame) if self.decides else None
            if outcome is not None and outcome.answer is Answer.UNKNOWN:
                return Unknown(outcome.reason, outcome.location)
        return frame.unknown("ways through the function cost different numbers of hops", node)

    # -- statements -------------------------------------------------------------------------------------------------

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
        if not _is_async(frame) and not isinstance(node, _COMPOUND | ast.Return):
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
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        flow.open = then(flow.open, self.expression(child, frame, at))

    def _sync_statement(self, node: ast.stmt, frame: Frame, at: int | None, flow: Flow) -> None:
        """A statement of a function that is not async makes no hop; it may call ``get_response``, or raise."""
        if isinstance(node, ast.Raise):
            flow.open = {}
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and _last_name(part.func).endswith("get_response"):
                callee = self.evaluator.evaluate(part.func, frame, at)
                if isinstance(callee, GetResponse):
                    flow.open = then(flow.open, {True: Cost()})

    def _returned(self, node: ast.expr | None, frame: Frame, at: int | None) -> Paths:
        """The ways through what is returned: in a plain function it may be an awaitable that a name holds."""
        if node is None:
            return FREE
        if isinstance(node, ast.Name) and not _is_async(frame):
            bound = [b for b in frame.block.names.get(node.id, ()) if at is None or b.index < at]
            values = [b.value for b in bound if isinstance(b.value, ast.Call) and not _is_far(b.value.func)]
            if values:
                why = frame.unknown(f"depends on which value {node.id} holds", node)
                return any_of([self.expression(value, frame, at) for value in values], why)
        return self.expression(node, frame, at, returned=True)

    def _inner(self, body: Sequence[ast.stmt], frame: Frame, flow: Flow) -> None:
        inner = self.block(body, frame, flow.open)
        flow.leave(inner.returned, None)
        flow.open = inner.open

    def _if(self, node: ast.If, frame: Frame, at: int | None, flow: Flow) -> None:
        start = then(flow.open, self.expression(node.test, frame, at)) if _is_async(frame) else flow.open
        if self.decides and _at_stake([*node.body, *node.orelse], is_async=_is_async(frame)):
            outcome = guards.truth_of_test(self.evaluator, node.test, frame, at)
        else:
            outcome = Outcome(Answer.UNKNOWN)
        if self.decides and outcome.answer is Answer.UNKNOWN and self._raises(node.test, frame, at):
            flow.open = {}
            return
        if outcome.answer is not Answer.UNKNOWN:
            flow.open = start
            self._inner(node.body if outcome.answer is Answer.YES else node.orelse, frame, flow)
            return
        why = Unknown(outcome.reason, outcome.location or place(frame.module, node))
        branches = [self.block(node.body, frame, start), self.block(node.orelse, frame, start)]
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
        return isinstance(callee, Native)

    # -- expressions ------------------------------------------------------------------------------------------------

    def expression(
        self, node: ast.expr, frame: Frame, at: int | None, *, awaited: bool = False, returned: bool = False
    ) -> Paths:
        """The ways through an expression, in the order of evaluation."""
        match node:
            case ast.Lambda() | ast.Constant() | ast.Name():
                return FREE
            case ast.Await():
                return self._await(node, frame, at)
            case ast.Call():
                return self._call(node, frame, at, awaited=awaited, returned=returned)
            case ast.IfExp():
                return self._conditional(node, frame, at, awaited=awaited)
            case ast.BoolOp():
                return self._boolean(node, frame, at)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                why = frame.unknown("depends on how often a comprehension runs", node)
                return repeated(self._children(node, frame, at), why)
            case _:
                return self._children(node, frame, at)

    def _children(self, node: ast.AST, frame: Frame, at: int | None) -> Paths:
        paths = FREE
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                paths = then(paths, self.expression(child, frame, at))
            elif isinstance(child, ast.comprehension | ast.keyword):
                paths = then(paths, self._children(child, frame, at))
        return paths

    def _await(self, node: ast.Await, frame: Frame, at: int | None) -> Paths:
        if isinstance(node.value, ast.Call | ast.IfExp):
            return self.expression(node.value, frame, at, awaited=True)
        paths = self.expression(node.value, frame, at)
        if isinstance(node.value, ast.Name) and self._is_counted(node.value.id, frame, at):
            return paths
        value = self.evaluator.evaluate(node.value, frame, at)
        if isinstance(value, GetResponse | Native) or not isinstance(value, Unknown | Missing | Choice):
            return paths
        if isinstance(value, Choice) and all(isinstance(option, GetResponse) for option in value.values):
            return paths
        why = frame.unknown("awaits something that is only known at run time", node)
        return then(paths, {False: Cost(0, None, why=why)})

    def _is_counted(self, name: str, frame: Frame, at: int | None) -> bool:
        """Whether a name holds the result of a call that was counted where it was made."""
        bound = [b for b in frame.block.names.get(name, ()) if at is None or b.index < at]
        return bool(bound) and all(
            isinstance(b.value, ast.Call)
            and not _is_far(b.value.func)
            and not self._leads_away(b.value.func, frame)
            for b in bound
        )

    def _conditional(self, node: ast.IfExp, frame: Frame, at: int | None, *, awaited: bool) -> Paths:
        start = self.expression(node.test, frame, at)
        outcome = self._truth(node.test, frame, at)
        both = {Answer.YES: [node.body], Answer.NO: [node.orelse]}.get(
            outcome.answer, [node.body, node.orelse]
        )
        why = Unknown(outcome.reason, outcome.location)
        return then(start, any_of([self.expression(part, frame, at, awaited=awaited) for part in both], why))

    def _truth(self, test: ast.expr, frame: Frame, at: int | None) -> Outcome:
        return (
            guards.truth_of_test(self.evaluator, test, frame, at) if self.decides else Outcome(Answer.UNKNOWN)
        )

    def _boolean(self, node: ast.BoolOp, frame: Frame, at: int | None) -> Paths:
        stops = Answer.NO if isinstance(node.op, ast.And) else Answer.YES
        paths, ended = FREE, []
        why: Unknown | None = None
        for number, operand in enumerate(node.values):
            paths = then(paths, self.expression(operand, frame, at))
            if number == len(node.values) - 1:
                break
            outcome = self._truth(operand, frame, at)
            if outcome.answer is stops:
                break
            if outcome.answer is Answer.UNKNOWN:
                why = why or Unknown(outcome.reason, outcome.location)
                ended.append(paths)
        return any_of([*ended, paths], why)

    def _call(
        self, node: ast.Call, frame: Frame, at: int | None, *, awaited: bool, returned: bool = False
    ) -> Paths:
        paths = FREE if isinstance(node.func, ast.Name) else self._children(node.func, frame, at)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            paths = then(paths, self.expression(argument, frame, at))
        returned = returned and not _is_async(frame)
        if not awaited and not returned and (_is_far(node.func) or self._leads_away(node.func, frame)):
            return paths
        callee = self.evaluator.evaluate(node.func, frame, at)
        if isinstance(callee, Unknown) and awaited:
            callee = frame.unknown(f"awaits {ast.unparse(node.func)[:60]}(): {callee.reason}", node)
        if isinstance(callee, Unknown) and returned and not awaited and self.async_capable:
            why = frame.unknown(
                f"returns {ast.unparse(node.func)[:60]}(), which may be awaitable: {callee.reason}", node
            )
            return then(paths, {False: Cost(0, None, why=why)})
        arguments, keywords = self.evaluator.calls.arguments(node, frame, at)
        return then(paths, self.calling(callee, arguments, keywords, frame, node, awaited=awaited))

    @staticmethod
    def _leads_away(func: ast.expr, frame: Frame) -> bool:
        """Whether a call that is not awaited starts at an imported name that is no part of asgiref."""
        name = root_name(func)
        if not name:
            return False
        scope: Frame | None = frame
        while scope is not None:
            if name in scope.arguments:
                return False
            for binding in scope.block.names.get(name, ()):
                if isinstance(binding.node, ast.ImportFrom):
                    return not (binding.node.module or "").startswith(("asgiref", "channels"))
                return isinstance(binding.node, ast.Import) and not name.startswith("asgiref")
            scope = scope.closest()
        return True


def _is_async(frame: Frame) -> bool:
    return frame.function is not None and isinstance(frame.function.node, ast.AsyncFunctionDef)


def _last_name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _is_far(func: ast.expr) -> bool:
    """Whether a callee is a method of something that an attribute holds: ``self.client.get``."""
    return isinstance(func, ast.Attribute) and isinstance(func.value, ast.Attribute | ast.Subscript)


def _at_stake(body: Sequence[ast.stmt], *, is_async: bool) -> bool:
    """Whether it may matter to the number of hops that these statements run.

    In an async function: whatever awaits, returns or raises. In a plain one: a returned call, which may be an awaitable.
    """
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                return True
            case ast.Return() | ast.Raise() if is_async:
                return True
            case ast.Return(value=ast.Call() | ast.IfExp() | ast.BoolOp() | ast.Name()):
                return True
            case ast.Call() if _last_name(node.func).endswith("get_response"):
                return True
        pending.extend(ast.iter_child_nodes(node))
    return False
