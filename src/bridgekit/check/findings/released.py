"""Which middleware a project's settings say to need no thread of their own (`bridgekit.django`'s handler)."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.check.settings.result import Unknown, Variant
from bridgekit.middleware_chain.facts import Answer, Claim, MiddlewareFacts

SETTING = "BRIDGEKIT_THREADS_RELEASED_BY"


def released(facts: MiddlewareFacts, variant: Variant) -> MiddlewareFacts:
    """The facts, with what the setting says of them."""
    setting = variant.value(SETTING)
    if setting is None or facts.keeps_thread.answer is Answer.NO:
        return facts
    if isinstance(setting, Unknown):
        return _maybe(facts, setting)
    if not isinstance(setting.value, list | tuple | set | frozenset):
        return facts  # refused when the handler loads the chain
    if facts.dotted_path in setting.value:
        return replace(facts, keeps_thread=Claim.no(f"{SETTING} names it", setting.location))
    unknown = [entry for entry in setting.value if isinstance(entry, Unknown)]
    return _maybe(facts, unknown[0]) if unknown else facts


def _maybe(facts: MiddlewareFacts, why: Unknown) -> MiddlewareFacts:
    return replace(facts, keeps_thread=Claim.unknown(f"{SETTING}: {why.reason}", why.location))
