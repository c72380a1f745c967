"""What a project's settings say of the layers of Django's that wait for nothing: some wait with a session in a cache, or a token in it."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.check.settings.result import Known, OneOf, Unknown, Variant
from bridgekit.middleware_chain.facts import Answer, Claim, MiddlewareFacts
from bridgekit.middleware_chain.nonblocking import NONBLOCKING, Needs


def as_set(facts: MiddlewareFacts, cls: str, variant: Variant) -> MiddlewareFacts:
    """The facts, with what the settings make of a layer of the class ``cls`` that waits for nothing under Django's defaults."""
    if facts.nonblocking.answer is Answer.NO:
        return facts
    claims = [_claim(needs, variant.value(needs.setting)) for needs in NONBLOCKING.get(cls, ())]
    for answer in (Answer.NO, Answer.UNKNOWN):
        for claim in claims:
            if claim.answer is answer and (answer is Answer.NO or facts.nonblocking.answer is Answer.YES):
                return replace(facts, nonblocking=claim)
    return facts


def _claim(needs: Needs, setting: Known | Unknown | None) -> Claim:
    if setting is None:
        return Claim(Answer.of(needs.met_by(needs.default)))
    if isinstance(setting, Known) and setting.assumes:
        # As for a middleware that asks a setting (`agreed_settings`): another environment may change it.
        names = " and ".join(setting.assumes)
        return Claim.unknown(f"{needs.setting} rests on the default of {names}", setting.location)
    if isinstance(setting, Known) and not isinstance(setting.value, Unknown):
        met = needs.met_by(setting.value)
        return Claim(Answer.of(met), f"{needs.setting} is {setting.value!r}", setting.location)
    why = setting if isinstance(setting, Unknown) else setting.value
    assert isinstance(why, Unknown)
    if isinstance(why, OneOf) and not any(isinstance(value, Unknown) for value in why.values):
        met_by = {needs.met_by(value) for value in why.values}
        if len(met_by) == 1:
            return Claim(Answer.of(met_by.pop()), f"{needs.setting}: {why.reason}", why.location)
    return Claim.unknown(f"{needs.setting}: {why.reason}", why.location)
