"""Both readers against Python, on programs of every kind: right or unknown, never a wrong word."""

from __future__ import annotations

import sys

import pytest

from .oracle import PROGRAMS, judge, programs_of

KINDS = sorted(path.stem for path in PROGRAMS.glob("*.txt"))

KNOWN_OF_TEN = {"settings": 6, "middleware": 1}
"""How many of ten programs each reader knows at least: refusing everything would be right as well."""

HANG_ON_INPUTS = {"environment": {"settings": 5}}
"""Kinds of which many programs ask for variables that nothing gives: an answer for each variant is none of these."""


@pytest.mark.skipif(sys.platform == "win32", reason="the oracle forks a process for each program")
@pytest.mark.parametrize("kind", KINDS)
def test_no_program_is_read_differently_from_how_it_runs(kind: str) -> None:
    verdicts = judge(programs_of(kind))
    faults = [(verdict.program, fault) for verdict in verdicts for fault in verdict.faults]
    assert not faults
    known = {
        "settings": sum(verdict.settings is not None for verdict in verdicts),
        "middleware": sum(verdict.middleware is not None for verdict in verdicts),
    }
    wanted = {**KNOWN_OF_TEN, **HANG_ON_INPUTS.get(kind, {})}
    assert all(known[reader] * 10 >= len(verdicts) * least for reader, least in wanted.items())


@pytest.mark.skipif(sys.platform == "win32", reason="the oracle forks a process for each program")
def test_the_oracle_tells_a_wrong_word_from_a_right_one() -> None:
    """A comparison that cannot fail would prove nothing."""
    right, wrong = judge(["1 == 1", "1 == 2"])
    assert (right.truth, wrong.truth) == (True, False)
    assert (right.settings, wrong.settings) == (True, False)
    assert (right.middleware, wrong.middleware) == (True, False)
