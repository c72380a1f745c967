"""Conditions in as few words as say them: compared with what they mean, over every combination of answers."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from bridgekit.check.findings.conditions import simplest, when
from bridgekit.check.settings.result import Condition, Variant

QUESTIONS = ("A", "B", "C")
LITERALS = [f"{question} is {answer}" for question in QUESTIONS for answer in ("true", "false")]
OPPOSITES = {
    f"{q} is {a}": f"{q} is {b}" for q in QUESTIONS for a, b in (("true", "false"), ("false", "true"))
}


def means(combinations: list[frozenset[str]]) -> set[tuple[bool, ...]]:
    """The answers to all questions under which one of the combinations holds."""
    return {
        answers
        for answers in product((True, False), repeat=len(QUESTIONS))
        if any(
            combination <= {f"{q} is {str(a).lower()}" for q, a in zip(QUESTIONS, answers, strict=True)}
            for combination in combinations
        )
    }


@given(st.lists(st.frozensets(st.sampled_from(LITERALS), max_size=3), max_size=6))
def test_what_is_said_means_the_same_and_is_no_longer(found: list[frozenset[str]]) -> None:
    said = simplest(found, OPPOSITES)
    assert means(said) == means(found)
    assert len(said) <= len(set(found))
    assert not any(one < other for one in said for other in said)


def variants(*conditions: tuple[str, ...]) -> list[Variant]:
    return [
        Variant(tuple(map(Condition, texts)), is_default=not texts, middleware=()) for texts in conditions
    ]


def test_a_finding_of_the_default_stack_needs_no_condition() -> None:
    assert when(["default", "A=1"], variants((), ("A=1",))) == ""


def test_a_question_that_is_answered_both_ways_is_none() -> None:
    """``if DEBUG is false or DEBUG is true`` says nothing."""
    yes, no = (
        Condition("it is there", opposite="it is not there"),
        Condition("it is not there", opposite="it is there"),
    )
    both = [Variant((one,), is_default=False, middleware=()) for one in (yes, no)]
    assert when(["it is there", "it is not there"], both) == ""
    assert when(["it is there"], both) == "it is there"


def test_combinations_are_left_out_where_one_switch_is_enough() -> None:
    some = variants((), ("A=1",), ("B=1",), ("A=1", "B=1"), ("A=1", "C=1"))
    names = ["A=1", "A=1, B=1", "A=1, C=1"]
    assert when(names, some) == "A=1"
    assert when([*names, "B=1"], some) == "A=1 or B=1"
    assert when(["A=1, B=1"], some) == "A=1 and B=1"
