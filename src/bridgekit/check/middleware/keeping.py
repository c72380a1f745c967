"""What the handler of `bridgekit.django` asks of a middleware beside what Django asks: can its halves be run apart, in two threads, in none."""

from __future__ import annotations

from bridgekit.check.middleware.evaluation.atoms import Missing, Unknown
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    Frame,
    FunctionValue,
    InstanceValue,
    Value,
)
from bridgekit.middleware_chain.facts import HOOKS, KEPT, Answer, Claim
from bridgekit.middleware_chain.nonblocking import DJANGOS_OWN, NONBLOCKING, OTHERS

MIXIN_CALL = "django.utils.deprecation.MiddlewareMixin.__call__"
SAYS_SO = "bridgekit_releases_thread"


def mixin_call(evaluator: Evaluator, product: Value) -> Claim:
    """Whether the middleware is called by ``MiddlewareMixin.__call__``."""
    if isinstance(product, Unknown):
        return Claim.unknown(product.reason, product.location)
    if isinstance(product, Choice):
        return Claim.unknown(product.why.reason, product.why.location)
    if not isinstance(product, InstanceValue):
        return Claim.no("it is not an instance of MiddlewareMixin")
    method = evaluator.attributes.of_class(product.cls, "__call__", product)
    function = method.function if isinstance(method, BoundMethod) else method
    if isinstance(function, Unknown):
        return Claim.unknown(function.reason, function.location)
    if not isinstance(function, FunctionValue):
        return Claim.unknown("__call__ is not a plain method")
    owner = evaluator.attributes.path_of(function.owner) if function.owner is not None else ""
    name = getattr(function.node, "name", "")
    return Claim(Answer.of(f"{owner}.{name}" == MIXIN_CALL), f"called by {owner}.{name}")


def keeps_thread(evaluator: Evaluator, product: Value, frame: Frame) -> Claim:
    """Whether the halves may have to meet in one thread: not those of Django's own classes, nor of those that say so."""
    if not isinstance(product, InstanceValue):
        return Claim.unknown("not read as a class")
    declared = evaluator.attribute(product.cls, SAYS_SO, frame)
    if not isinstance(declared, Missing):
        truth = evaluator.truth(declared)
        if truth.answer is Answer.YES:
            return Claim.no(f"{SAYS_SO} is set")
        if truth.answer is Answer.UNKNOWN:
            return Claim.unknown(f"{SAYS_SO}: {truth.reason}", truth.location)
    for order in evaluator.attributes.mros.of(product.cls):
        if order.blocked is not None:
            return Claim.unknown(order.blocked.reason, order.blocked.location)
        for cls in order.classes:
            if isinstance(cls, ClassValue) and cls.frame.module.name.partition(".")[0] != "django":
                return Claim.yes(KEPT)
    return Claim.no("Django's own")


def waits_for_nothing(evaluator: Evaluator, value: Value, product: Value, frame: Frame) -> Claim:
    """Whether it is one of Django's own layers that wait for nothing, as far as no setting decides it (`check.findings.nonblocking`)."""
    if isinstance(value, Unknown):
        return Claim.unknown(value.reason, value.location)
    if isinstance(value, Choice):
        return Claim.unknown(value.why.reason, value.why.location)
    if not isinstance(value, ClassValue) or evaluator.attributes.path_of(value) not in NONBLOCKING:
        return Claim.no(OTHERS)
    place = value.frame.module.location_of(value.node)
    found = evaluator.finder.find("django").path
    if any(found.startswith(f"{root}/django/") for root in evaluator.finder.roots):
        # Who has a copy of Django in a folder of their own may have changed it.
        return Claim.unknown("the package django is in the project's own folder", place)
    for name in (*HOOKS, "__call__", "__init__"):
        hook = evaluator.attribute(product, name, frame)
        function = hook.function if isinstance(hook, BoundMethod) else hook
        if isinstance(function, Missing):
            continue
        if isinstance(function, Unknown):
            return Claim.unknown(f"{name}: {function.reason}", function.location)
        if not isinstance(function, FunctionValue):
            return Claim.unknown(f"{name} is not a plain method", place)
        if function.frame.module.name.partition(".")[0] != "django":
            return Claim.no(f"{name} is not Django's own")
    return Claim.yes(DJANGOS_OWN, place)
