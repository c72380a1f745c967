"""Layers that fail whatever they cost: the rules about hops leave them to those that say why."""

from __future__ import annotations

from bridgekit.check.findings.subject import CheckedMiddleware
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Mode


def is_broken(checked: CheckedMiddleware) -> bool:
    """Whether BRG013 says that Django cannot call it, or BRG003 that it fails in the mode in which it runs."""
    if checked.layer.refused is Answer.YES:
        return True
    definition = checked.definition
    if definition is None or not definition.was_read:
        return False
    from bridgekit.check.rules._coroutine_result import first_use  # only where there is source: see of_chain
    from bridgekit.check.rules._unusable import awaited_by_nobody, unusable

    if any(True for _ in awaited_by_nobody(definition)):
        return True
    if checked.facts.used.answer is Answer.YES and any(True for _ in unusable(definition)):
        return True
    return checked.runs(Mode.ASYNC) and checked.accepts_async and first_use(definition) is not None
