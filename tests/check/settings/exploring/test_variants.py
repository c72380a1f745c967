"""Which runs are made beside the first one, and what becomes of settings that hang on a question."""

from __future__ import annotations

from pathlib import Path

from bridgekit.check.settings import Known
from tests.check.settings.evaluating import by_name, evaluate, value_of

SWITCHED = """
import os
MIDDLEWARE = ["a"]
if os.environ.get("EXTRA") == "on":
    MIDDLEWARE.append("b")
if os.environ.get("CACHE", "") == "1":
    CACHES = {}
"""


def test_a_switch_of_the_environment_makes_a_variant_and_one_that_does_not_matter_none(
    tmp_path: Path,
) -> None:
    assert sorted(map(str, by_name(evaluate(tmp_path, settings=SWITCHED)).values())) == [
        "['a', 'b']",
        "['a']",
    ]


def test_a_switch_that_is_given_leaves_one_list(tmp_path: Path) -> None:
    found = by_name(evaluate(tmp_path, environ={"EXTRA": "on"}, settings=SWITCHED))
    assert list(found.values()) == [["a", "b"]]


def test_a_question_without_an_answer_blocks_the_default_and_both_answers_are_shown(tmp_path: Path) -> None:
    """What a package that is not read returns."""
    source = """
        import elsewhere
        MIDDLEWARE = ["a"]
        if elsewhere.flag():
            MIDDLEWARE.append("b")
    """
    result = evaluate(tmp_path, settings=source)
    assert result.default.middleware is None
    assert [blocked.location.line for blocked in result.default.blocked] == [4]
    shown = [found for found in by_name(result).values() if found is not None]
    assert sorted(shown) == [["a"], ["a", "b"]]


def test_a_setting_that_hangs_on_such_a_question_is_not_stated_as_fact(tmp_path: Path) -> None:
    source = "import elsewhere\nVALUE = 1\nif elsewhere.flag():\n    VALUE = 2\n"
    assert not isinstance(value_of(tmp_path, source), Known)
