"""`bridgekit.check.project.agreed_settings`: a setting decides what a middleware is only where every variant agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.middleware import Setting
from bridgekit.check.modules.environment import TargetEnvironment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.project.agreed_settings import agreed_settings
from bridgekit.check.settings import evaluate_settings
from bridgekit.check.settings.result import Known, SettingsResult, Unknown, Variant
from bridgekit.middleware_chain.facts import Location

HERE = Location("settings.py", 1)


def lookup(*settings: dict[str, Known | Unknown], cut: str = "", error: str = "") -> object:
    variants = tuple(Variant((), number == 0, (), settings=values) for number, values in enumerate(settings))
    return agreed_settings(SettingsResult("settings", "settings.py", (), variants, cut, error))("X")


@pytest.mark.parametrize(
    ("variants", "answer"),
    [
        ([{"X": Known(1)}], 1),
        ([{"X": Known(None)}], None),
        ([{"X": Known(1)}, {"X": Known(1)}], 1),
        ([{"X": Known(1)}, {"X": Known(True)}], Setting.UNKNOWN),
        ([{"X": Known(1)}, {}], Setting.UNKNOWN),
        ([{}, {"X": Known(1)}], Setting.UNKNOWN),
        ([{}, {}], Setting.ABSENT),
        ([{"X": Unknown("why", HERE)}], Setting.UNKNOWN),
        ([{"X": Known(1, HERE, ("X from the environment",))}], Setting.UNKNOWN),
    ],
)
def test_variants_must_agree(variants: list[dict[str, Known | Unknown]], answer: object) -> None:
    assert lookup(*variants) == answer


def test_settings_that_were_not_seen_in_full_answer_nothing() -> None:
    assert lookup({"X": Known(1)}, cut="too many variants") is Setting.UNKNOWN
    assert lookup({}, error="syntax error") is Setting.UNKNOWN


def test_what_unreadable_code_may_have_set_is_unknown() -> None:
    variant = Variant((), True, (), everything_else=Unknown("a call", HERE))
    assert agreed_settings(SettingsResult("s", "s.py", (), (variant,)))("X") is Setting.UNKNOWN


def test_it_reads_what_the_evaluator_says(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text("A = ['x'] + ['y']\nMIDDLEWARE = []\n")
    finder = ModuleFinder([tmp_path], TargetEnvironment("test", (3, 12, 1), ()))
    found = agreed_settings(evaluate_settings(finder, "conf"))
    assert found("A") == ["x", "y"]
    assert found("B") is Setting.ABSENT
