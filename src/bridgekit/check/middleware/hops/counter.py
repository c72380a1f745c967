"""Count the thread hops that a middleware itself makes for a request that passes through it in async mode.

A hop is a call of what `asgiref.sync.sync_to_async` returns. Only awaited code can make one, so a call that is not
awaited and leads out of the module is not followed. Where a condition is not decided both ways are counted, and the
bounds differ; where an awaited thing cannot be read there is no upper bound.
"""

from __future__ import annotations

import ast

from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import GetResponse, Missing, Native, Request, Unknown
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.syntax import contains_yield
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    Frame,
    FunctionValue,
    InstanceValue,
    Partial,
    ThreadCall,
    Value,
)
from bridgekit.check.middleware.hops.paths import FREE, Cost, Paths, any_of, repeated, then
from bridgekit.check.middleware.hops.relevance import discarded_calls, is_async, is_elsewhere
from bridgekit.check.middleware.hops.statement_costs import StatementCosts
from bridgekit.check.python.tree import children
from bridgekit.middleware_chain.facts import Answer

MAX_NESTING = 12
MIXIN_ACALL = "django.utils.deprecation.MiddlewareMixin.__acall__"
HOP = Cost(1, 1)


class HopCounter(StatementCosts):
    """Walks function bodies; one object counts one middleware."""

    def __init__(self, evaluator: Evaluator, *, async_capable: bool = True) -> None:
        self.evaluator = evaluator
        self.async_capable = async_capable
        """Whether a plain function of it may return an awaitable at all; that of a sync-only middleware does not."""
        self.middleware: Value = Missing()
        self.stack: list[ast.AST] = []
        self.decides = False
        self.results_used = [True]
        self._discarded: dict[ast.AST, frozenset[ast.Call]] = {}

    def count(self, middleware: Value, frame: Frame) -> Cost:
        """The cost of ``middleware(request)`` on the ways that reach ``get_response``; of all, if none does."""
        self.middleware = middleware
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
            case ThreadCall() if not self.results_used[-1]:
                return FREE  # a coroutine that nobody awaits never runs
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
            case FunctionValue(node=ast.AsyncFunctionDef()) if not self.results_used[-1]:
                return FREE
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
        if callee.name == "builtins.anext":
            why = frame.unknown("runs an async generator, which is not followed", node)
            return {False: Cost(0, None, why=why)}
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
            return self._mixin_acall(function.frame, arguments)
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

    def _mixin_acall(self, frame: Frame, arguments: tuple[Value, ...]) -> Paths:
        """Of the middleware itself the hooks are counted with its facts; of one that it wraps they are counted here."""
        receiver = self.evaluator.force(arguments[0]) if arguments else None
        if not isinstance(receiver, InstanceValue) or any(
            receiver is option for option in options(self.middleware)
        ):
            own = {True: Cost(mixin_low=1, mixin_high=1)}
            wrapped = receiver and self.evaluator.attribute(receiver, "get_response", frame)
            if not isinstance(wrapped, InstanceValue | FunctionValue | Partial | BoundMethod | ThreadCall):
                return own
            # Another middleware stands between it and get_response, and hops as well.
            return then(own, self.calling(wrapped, (Request(),), {}, frame, None, awaited=True))
        paths = FREE
        for name in ("process_request", "process_response"):
            hook = self.evaluator.attribute(receiver, name, frame)
            if isinstance(hook, Missing):
                continue
            present = not isinstance(hook, Unknown) and not any(isinstance(o, Missing) for o in options(hook))
            why = hook if isinstance(hook, Unknown) else frame.unknown(f"whether there is a {name} hook")
            paths = then(paths, {False: HOP if present else Cost(0, 1, why=why)})
        inner = self.evaluator.attribute(receiver, "get_response", frame)
        return then(paths, self.calling(inner, (Request(),), {}, frame, None, awaited=True))

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
        for child in children(node):
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
        if isinstance(value, InstanceValue):
            return then(paths, self._own_await(value.cls, frame, node))
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
            isinstance(b.value, ast.Call) and not is_elsewhere(b.value, frame) for b in bound
        )

    def _conditional(self, node: ast.IfExp, frame: Frame, at: int | None, *, awaited: bool) -> Paths:
        start = self.expression(node.test, frame, at)
        outcome = self._truth(node.test, frame, at)
        both = {Answer.YES: [node.body], Answer.NO: [node.orelse]}.get(
            outcome.answer, [node.body, node.orelse]
        )
        why = Unknown(outcome.reason, outcome.location)
        return then(start, any_of([self.expression(part, frame, at, awaited=awaited) for part in both], why))

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
        returned = returned and not is_async(frame)
        if not awaited and not returned and is_elsewhere(node, frame):
            return paths
        callee = self.evaluator.evaluate(node.func, frame, at)
        if isinstance(callee, Unknown) and awaited:
            callee = frame.unknown(f"awaits {ast.unparse(node.func)[:60]}(): {callee.reason}", node)
        if isinstance(callee, Unknown) and returned and not awaited and self.async_capable:
            why = frame.unknown(
                f"returns {ast.unparse(node.func)[:60]}(), which may be awaitable: {callee.reason}", node
            )
            return then(paths, {False: Cost(0, None, why=why)})
        if isinstance(callee, Native) and returned and callee.name.startswith("asyncio."):
            for argument in node.args:  # ensure_future(job): a name that holds an awaitable is handed on
                if isinstance(argument, ast.Name):
                    paths = then(paths, self._returned(argument, frame, at))
        if isinstance(callee, ClassValue) and (awaited or returned):
            return then(paths, self._own_await(callee, frame, node))
        arguments, keywords = self.evaluator.calls.arguments(node, frame, at)
        self.results_used.append(awaited or not self._is_discarded(node, frame))
        try:
            return then(paths, self.calling(callee, arguments, keywords, frame, node, awaited=awaited))
        finally:
            self.results_used.pop()

    def _own_await(self, cls: ClassValue, frame: Frame, node: ast.AST) -> Paths:
        """Awaiting an object runs its class's ``__await__``, which may await anything."""
        if isinstance(self.evaluator.attributes.of_class(cls, "__await__", cls), Missing):
            return FREE
        why = frame.unknown(f"awaits an object by {cls.node.name}.__await__, which is not followed", node)
        return {False: Cost(0, None, why=why)}

    def _is_discarded(self, node: ast.Call, frame: Frame) -> bool:
        if frame.function is None:
            return False
        function = frame.function.node
        if function not in self._discarded:
            self._discarded[function] = discarded_calls(function)
        return node in self._discarded[function]
