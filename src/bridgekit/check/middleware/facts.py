"""From a value to `MiddlewareFacts`: the questions of ``BaseHandler.load_middleware``, asked of source."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeVar

from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import Const, GetResponse, Missing, Outcome, Unknown
from bridgekit.check.middleware.evaluation.block import AttributeSet
from bridgekit.check.middleware.evaluation.coroutines import coroutine_function
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.refusal import may_refuse, refusal, unseen_refusal
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    Frame,
    FunctionValue,
    InstanceValue,
    Partial,
    Value,
)
from bridgekit.check.middleware.hops.counter import HopCounter
from bridgekit.check.middleware.hops.evidence import where_set
from bridgekit.check.middleware.keeping import keeps_thread, mixin_call, waits_for_nothing
from bridgekit.check.middleware.listening import FINISHED, STARTED, listens
from bridgekit.middleware_chain.facts import HOOKS, Answer, Claim, Count, HookFacts, Location, MiddlewareFacts

T = TypeVar("T")


class FactsReader:
    """Answers for one value that stands at the end of a dotted path."""

    def __init__(self, evaluator: Evaluator, dotted_path: str, value: Value, frame: Frame) -> None:
        self.evaluator = evaluator
        self.dotted_path = dotted_path
        self.value = value
        self.frame = frame
        self.product = self._ask(
            lambda: evaluator.call(value, (GetResponse(),), {}, None, frame), lambda why: why
        )

    def _ask(self, question: Callable[[], T], unknown: Callable[[Unknown], T]) -> T:
        """One question with a budget of its own; what was found when it ran out is not to be trusted."""
        self.evaluator.start()
        answer = question()
        return answer if self.evaluator.exhausted is None else unknown(self.evaluator.exhausted)

    def read(self, listed_at: Location | None) -> MiddlewareFacts:
        """All facts; each unknown one with the reason and the place that blocks it."""

        def unreadable(why: Unknown) -> MiddlewareFacts:
            return MiddlewareFacts.unreadable(self.dotted_path, why.reason, why.location)

        own_hops, mixin = self._ask(
            self.hops,
            lambda why: (Count(0, None, why.reason, why.location), Claim.unknown(why.reason, why.location)),
        )
        return MiddlewareFacts(
            self.dotted_path,
            sync_capable=self._claim(lambda: self.flag("sync_capable", default=True)),
            async_capable=self._claim(lambda: self.flag("async_capable", default=False)),
            mixin_acall=mixin,
            marked_async=self._claim(self.marked),
            hooks=self._ask(self.hooks, lambda why: dict(unreadable(why).hooks)),
            listed_at=listed_at,
            defined_at=self.defined_at(),
            own_hops=own_hops,
            used=self._claim(self.used),
            mixin_call=self._claim(lambda: mixin_call(self.evaluator, self.product)),
            keeps_thread=self._claim(lambda: keeps_thread(self.evaluator, self.product, self.frame)),
            begins_early=listens(self.frame.module, self.evaluator.finder, STARTED),
            closes_late=listens(self.frame.module, self.evaluator.finder, FINISHED),
            nonblocking=self._claim(
                lambda: waits_for_nothing(self.evaluator, self.value, self.product, self.frame)
            ),
        )

    def _claim(self, question: Callable[[], Claim]) -> Claim:
        claim = self._ask(question, lambda why: Claim.unknown(why.reason, why.location))
        if claim.answer is Answer.UNKNOWN and not claim.reason:
            return Claim.unknown("depends on something that is only known at run time", claim.location)
        return claim

    def flag(self, name: str, *, default: bool) -> Claim:
        """``getattr(middleware, name, default)``, as `load_middleware` reads it off the class or factory."""
        patched = self._set_on_another(name)
        if patched is not None:
            return patched
        claims = [self._flag(option, name, default=default) for option in options(self.value)]
        return _joined(claims, self.value)

    def _set_on_another(self, name: str) -> Claim | None:
        """``module.Base.async_capable = True`` in the module of the path: the class may be one of the bases."""
        for step in self.frame.block.steps:
            if (
                isinstance(step, AttributeSet)
                and step.attribute == name
                and not isinstance(step.base, ast.Name)
            ):
                target = ast.unparse(step.base)[:60]
                return Claim.unknown(f"{name} is set on {target}", self.frame.module.location_of(step.node))
        return None

    def _flag(self, value: Value, name: str, *, default: bool) -> Claim:
        found = self.evaluator.attribute(value, name, self.frame)
        defaulted = f"nothing sets {name}; Django's default is {default}"
        if isinstance(found, Missing):
            return Claim(Answer.of(default), defaulted, self.defined_at())
        outcome = self.evaluator.truth(_with_default(found, default))
        if outcome.answer is Answer.UNKNOWN:
            return Claim.unknown(f"{name}: {outcome.reason}", outcome.location or self.defined_at())
        words, location = where_set(self.evaluator, value, name)
        return Claim(
            outcome.answer, f"{name} {words}".strip() if words else name, location or self.defined_at()
        )

    def marked(self) -> Claim:
        """Whether the product is a coroutine function, which `convert_exception_to_response` asks."""
        outcome = coroutine_function(self.evaluator, self.product)
        if outcome.answer is Answer.UNKNOWN:
            return Claim.unknown(outcome.reason, outcome.location)
        return Claim(outcome.answer, outcome.reason, outcome.location or self.defined_at())

    def hops(self) -> tuple[Count, Claim]:
        """Hops of the middleware's own code, and whether it runs ``MiddlewareMixin.__acall__``."""
        async_capable = self.flag("async_capable", default=False).answer is not Answer.NO
        cost = HopCounter(self.evaluator, async_capable=async_capable).count(self.product, self.frame)
        why = cost.why or self.frame.unknown("not followed")
        high = cost.high
        if cost.mixin_high > 1 and high is not None:
            # The model counts the hooks once for each request; the further runs hop up to twice each.
            high += 2 * (cost.mixin_high - 1)
            why = cost.why or self.frame.unknown("runs MiddlewareMixin.__acall__ more than once")
        if cost.low == high:
            count = Count(cost.low, high, location=self.defined_at())
        else:
            count = Count(cost.low, high, why.reason, why.location)
        if cost.mixin_low == cost.mixin_high:
            mixin = Claim(Answer.of(cost.mixin_low > 0), "", self.defined_at())
        else:
            mixin = Claim.unknown(why.reason, why.location)
        if isinstance(self.product, Unknown):
            mixin = Claim.unknown(self.product.reason, self.product.location)
        return count, mixin

    def hooks(self) -> dict[str, HookFacts]:
        """The hooks that the product has or may have."""
        found: dict[str, HookFacts] = {}
        for name in HOOKS:
            value = self.evaluator.attribute(self.product, name, self.frame)
            hook = self._hook(name, value)
            if hook is not None:
                found[name] = hook
        return found

    def _hook(self, name: str, value: Value) -> HookFacts | None:
        if isinstance(value, Missing) or isinstance(self.product, Const):
            return None
        if isinstance(value, Unknown):
            claim = Claim.unknown(value.reason, value.location)
            return HookFacts(name, is_async=claim, exists=claim)
        present = [option for option in options(value) if not isinstance(option, Missing)]
        exists = Claim.yes()
        if isinstance(value, Choice) and len(present) < len(value.values):
            exists = Claim.unknown(value.why.reason, value.why.location)
        outcomes = [coroutine_function(self.evaluator, option) for option in present]
        location = self._location_of(present[0]) if present else None
        if len({outcome.answer for outcome in outcomes}) == 1 and outcomes[0].answer is not Answer.UNKNOWN:
            return HookFacts(name, Claim(outcomes[0].answer, "", location), location, exists)
        blocked = next(
            (o for o in outcomes if o.answer is Answer.UNKNOWN), Outcome(Answer.UNKNOWN, "several candidates")
        )
        return HookFacts(name, Claim.unknown(blocked.reason, blocked.location or location), location, exists)

    @staticmethod
    def _location_of(value: Value) -> Location | None:
        while isinstance(value, BoundMethod | Partial):
            value = value.function
        return value.frame.module.location_of(value.node) if isinstance(value, FunctionValue) else None

    def used(self) -> Claim:
        """Whether the constructor or the factory lets itself be used, or raises ``MiddlewareNotUsed``.

        Asked with the ``get_response`` of each mode that it can be loaded in.
        """
        claim = self._used(GetResponse(), self.product)
        if claim.answer is Answer.YES and not may_refuse(self.evaluator, self.frame.module):
            return claim
        claims = [claim] if self.flag("async_capable", default=False).answer is not Answer.NO else []
        if not claims or self.flag("sync_capable", default=True).answer is not Answer.NO:
            sync = GetResponse(is_async=False)
            claims.append(self._used(sync, self.evaluator.call(self.value, (sync,), {}, None, self.frame)))
        if claims[0].answer is claims[-1].answer:
            return claims[0]
        return Claim.unknown("MiddlewareNotUsed depends on whether get_response is async", claims[0].location)

    def _used(self, get_response: GetResponse, product: Value) -> Claim:
        claims = [self._factory_used(option, get_response) for option in options(self.value)]
        if any(claim.answer is not Answer.YES for claim in claims):
            return _joined(claims, self.value)
        for option in options(product):
            if isinstance(option, InstanceValue):
                self.evaluator.calls.construct(option)
                if option.unused.answer is not Answer.NO:
                    outcome = option.unused.inverted()
                    return Claim(outcome.answer, outcome.reason, outcome.location)
        unseen = unseen_refusal(self.evaluator, self.frame.module)
        return Claim.yes() if unseen.answer is Answer.NO else Claim.unknown(unseen.reason, unseen.location)

    def _factory_used(self, value: Value, get_response: GetResponse) -> Claim:
        arguments: tuple[Value, ...] = (get_response,)
        keywords: dict[str, Value] = {}
        while isinstance(value, Partial):
            arguments = (*value.arguments, *arguments)
            keywords = {**value.keywords, **keywords}
            value = value.function
        if isinstance(value, ClassValue):
            arguments = (value, *arguments)
            value = self.evaluator.attributes.of_class(value, "__new__", value)
        if not isinstance(value, FunctionValue) or isinstance(value.node, ast.Lambda | ast.AsyncFunctionDef):
            return Claim.yes()
        outcome = refusal(self.evaluator, self.evaluator.calls.frame(value, arguments, keywords)).inverted()
        return Claim(outcome.answer, outcome.reason, outcome.location)

    def defined_at(self) -> Location | None:
        """The ``class`` or ``def`` statement."""
        for option in options(self.value):
            while isinstance(option, Partial | BoundMethod):
                option = option.function
            if isinstance(option, InstanceValue):
                option = option.cls
            if isinstance(option, ClassValue | FunctionValue):
                return option.frame.module.location_of(option.node)
        return None

    def shape(self) -> Claim:
        """Whether it can be used as middleware: takes ``get_response`` and gives something callable."""
        return self._claim(
            lambda: _joined([self._shape(option) for option in options(self.value)], self.value)
        )

    def _shape(self, value: Value) -> Claim:
        if isinstance(value, Unknown | Missing):
            return Claim.unknown(value.reason, value.location)
        if isinstance(value, ClassValue):
            initializer = self.evaluator.attributes.of_class(value, "__init__", value)
            maker = self.evaluator.attributes.of_class(value, "__new__", value)
            if isinstance(initializer, Missing) and isinstance(maker, Missing):
                return Claim.no("its constructor takes no get_response", self.defined_at())
            if isinstance(initializer, FunctionValue) and not _accepts(initializer, 2):
                location = initializer.frame.module.location_of(initializer.node)
                return Claim.no("its constructor cannot be called with get_response alone", location)
        elif isinstance(value, FunctionValue) and not _accepts(value, 1):
            return Claim.no("it cannot be called with get_response alone", self.defined_at())
        claims = [self._usable(option) for option in options(self.product)]
        return _joined(claims, self.product)

    def _usable(self, product: Value) -> Claim:
        if isinstance(product, InstanceValue):
            method = self.evaluator.attributes.of_class(product.cls, "__call__", product)
            if isinstance(method, Missing):
                return Claim.no("its instances cannot be called", self.defined_at())
            if isinstance(method, Unknown):
                return Claim.unknown(method.reason, method.location)
            return Claim.yes()
        if isinstance(product, Unknown):
            return Claim.unknown(product.reason, product.location)
        if isinstance(product, Const | Missing):
            return Claim.no("it returns nothing that can be called", self.defined_at())
        return Claim.yes()


def _with_default(value: Value, default: bool) -> Value:
    if not isinstance(value, Choice):
        return value
    return Choice(tuple(Const(default) if isinstance(o, Missing) else o for o in value.values), value.why)


def _joined(claims: list[Claim], value: Value) -> Claim:
    if len({claim.answer for claim in claims}) == 1:
        return claims[0]
    if isinstance(value, Choice):
        return Claim.unknown(value.why.reason, value.why.location)
    return next(claim for claim in claims if claim.answer is Answer.UNKNOWN)


def _accepts(function: FunctionValue, count: int) -> bool:
    """Whether a function can be called with ``count`` positional arguments and nothing else."""
    spec = function.node.args
    positional = len(spec.posonlyargs) + len(spec.args)
    if positional < count and spec.vararg is None:
        return False
    if positional - len(spec.defaults) > count:
        return False
    return all(default is not None for default in spec.kw_defaults)
