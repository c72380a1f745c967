"""Under which conditions something holds, in as few words as say it: variants are combinations of switches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bridgekit.check.settings.result import Variant

Conditions = frozenset[str]


def when(names: Sequence[str], variants: Iterable[Variant]) -> str:
    """``SQL_DEBUG=1``, ``A=1 or B=1``: what must hold for the variants of these names; empty if nothing must.

    Empty as well where the default variant is among them, or both answers to one question.
    """
    variants = list(variants)
    found = [_of(variant) for variant in variants if variant.name in names]
    opposites = {one.text: one.opposite for variant in variants for one in variant.conditions}
    if any(not conditions for conditions in found) or "default" in names:
        return ""
    minimal = simplest(found, opposites)
    if any(not conditions for conditions in minimal):
        return ""
    return " or ".join(" and ".join(sorted(conditions)) for conditions in minimal)


def simplest(found: Iterable[Conditions], opposites: Mapping[str, str]) -> list[Conditions]:
    """The combinations that imply no other, after every question that is answered both ways has been left out.

    ``{A}, {A, B}`` is ``{A}``; ``{A, X is true}, {A, X is false}`` is ``{A}``, too: ``opposites`` says what each one's other answer is.
    """
    remaining = set(found)
    changed = True
    while changed:
        changed = False
        for one in sorted(remaining, key=sorted):
            for condition in one:
                opposite = opposites.get(condition)
                other = (one - {condition}) | {opposite or condition}
                if opposite and other in remaining:
                    remaining -= {one, other}
                    remaining.add(one - {condition})
                    changed = True
                    break
            if changed:
                break
    minimal = [one for one in remaining if not any(other < one for other in remaining)]
    return sorted(minimal, key=lambda one: (len(one), sorted(one)))


def _of(variant: Variant) -> Conditions:
    return frozenset(condition.text for condition in variant.conditions)
