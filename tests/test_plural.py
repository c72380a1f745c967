"""Counts in sentences: one thing is one, and everything else is several."""

from __future__ import annotations

import pytest

from bridgekit._plural import plural
from bridgekit.check.findings.wording import left_out_text
from bridgekit.middleware_chain.ranges import Range


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 hops"),
        (1, "1 hop"),
        (2, "2 hops"),
        (1.5, "1.5 hops"),
        (Range.exactly(1), "1 hop"),
        (Range(0, 1), "0 to 1 hops"),
        (Range(1, None), "1 or more hops"),
    ],
)
def test_one_is_one_and_the_rest_are_several(number: object, text: str) -> None:
    assert plural(number, "hop") == text


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1 combination of these changes"), (2, "2 combinations of these change")]
)
def test_the_verb_goes_with_the_number(number: int, text: str) -> None:
    assert left_out_text(number) == f"{text} nothing further"
