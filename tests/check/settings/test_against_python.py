"""The oracle is Python itself: random settings programs, executed for real and evaluated from source."""

from __future__ import annotations

import itertools
import os
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.settings import SettingsResult, evaluate_settings
from bridgekit.check.settings.interpreter.interpreter import MAX_STEPS

WORDS = ("a.A", "b.B", "c.C", "d.D", "e.E")
FLAGS = ("FLAG_ONE", "FLAG_TWO")

word = st.sampled_from(WORDS).map(repr)
index = st.integers(-3, 6).map(str)
name = st.sampled_from(("MIDDLEWARE", "EXTRA", "OTHER"))


def _lists() -> st.SearchStrategy[str]:
    base = st.lists(word, max_size=4).map(lambda words: f"[{', '.join(words)}]")
    return st.recursive(
        base | name | name.map(lambda it: f"list({it})"),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda two: f"({two[0]} + {two[1]})"),
            st.tuples(inner, index, index).map(lambda it: f"{it[0]}[{it[1]}:{it[2]}]"),
            st.tuples(word, inner, word).map(lambda it: f"[{it[0]}, *{it[1]}, {it[2]}]"),
            inner.map(lambda it: f"[x for x in {it} if x != 'b.B']"),
            inner.map(lambda it: f"[x.lower() for x in {it}]"),
            inner.map(lambda it: f"sorted({it})"),
            inner.map(lambda it: f"list(reversed({it}))"),
            inner.map(lambda it: f"list(dict.fromkeys({it}))"),
            inner.map(lambda it: f"sorted(set({it}))"),
            inner.map(lambda it: f"[f'{{i}}.{{x}}' for i, x in enumerate({it})]"),
            st.tuples(inner, inner).map(lambda two: f"({two[0]} or {two[1]})"),
            st.tuples(inner, inner, word).map(lambda it: f"({it[0]} if {it[2]} in {it[1]} else {it[1]})"),
            inner.map(lambda it: f"list(map(lambda x: x + '!', {it}))"),
            inner.map(lambda it: f"list(filter(lambda x: x > 'b', {it}))"),
            inner.map(lambda it: f"'|'.join({it}).split('|')"),
            st.tuples(inner, st.integers(0, 3)).map(lambda it: f"({it[0]} * {it[1]})"),
            inner.map(lambda it: f"helper({it})"),
            inner.map(lambda it: f"(lambda items, *rest, key='k.K': [key, *items, *rest])({it}, 'r.R')"),
        ),
        max_leaves=4,
    )


lists = _lists()
flag = st.sampled_from(FLAGS)
condition = st.one_of(
    st.tuples(word, name).map(lambda it: f"{it[0]} in {it[1]}"),
    name.map(lambda it: f"len({it}) > 2"),
    name.map(lambda it: f"not {it}"),
    flag.map(lambda it: f"os.environ.get('{it}') == 'yes'"),
    flag.map(lambda it: f"'{it}' in os.environ"),
    flag.map(lambda it: f"os.environ.get('{it}', 'x') in ('x', 'y')"),
    st.tuples(lists, lists).map(lambda two: f"{two[0]} == {two[1]}"),
)


def _simple() -> st.SearchStrategy[list[str]]:
    return st.one_of(
        st.tuples(name, lists).map(lambda it: [f"{it[0]} = {it[1]}"]),
        st.tuples(name, lists).map(lambda it: [f"{it[0]} += {it[1]}"]),
        st.tuples(name, lists).map(lambda it: [f"{it[0]}.extend({it[1]})"]),
        st.tuples(name, word).map(lambda it: [f"{it[0]}.append({it[1]})"]),
        st.tuples(name, index, word).map(lambda it: [f"{it[0]}.insert({it[1]}, {it[2]})"]),
        st.tuples(name, word).map(lambda it: [f"{it[0]}.remove({it[1]})"]),
        st.tuples(name, word, word).map(lambda it: [f"{it[0]}.insert({it[0]}.index({it[1]}) + 1, {it[2]})"]),
        st.tuples(name, index).map(lambda it: [f"OTHER.append({it[0]}.pop({it[1]}))"]),
        st.tuples(name, index, word).map(lambda it: [f"{it[0]}[{it[1]}] = {it[2]}"]),
        st.tuples(name, index, index, lists).map(lambda it: [f"{it[0]}[{it[1]}:{it[2]}] = {it[3]}"]),
        st.tuples(name, index).map(lambda it: [f"del {it[0]}[{it[1]}]"]),
        name.map(lambda it: [f"{it}.reverse()"]),
        name.map(lambda it: [f"{it}.sort(reverse=True)"]),
        name.map(lambda it: [f"grow({it})"]),
        name.map(lambda it: ["change()"]),
        st.tuples(name, name).map(lambda it: [f"{it[0]}, {it[1]} = {it[1]}, {it[0]}"]),
        st.tuples(name, name).map(lambda it: [f"{it[0]} = {it[1]}"]),
        st.tuples(name, lists).map(lambda it: [f"globals()['{it[0]}'] = {it[1]}"]),
        st.tuples(name, word).map(
            lambda it: [f"D = {{'MIDDLEWARE': {it[0]}}}", f"D['MIDDLEWARE'].append({it[1]})"]
        ),
    )


def _blocks(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    body = st.lists(inner, min_size=1, max_size=2).map(
        lambda parts: [f"    {line}" for part in parts for line in part]
    )
    return st.one_of(
        st.tuples(condition, body, body).map(lambda it: [f"if {it[0]}:", *it[1], "else:", *it[2]]),
        st.tuples(lists, body).map(
            lambda it: [f"for item in list({it[0]}):", *it[1], "    OTHER.append(item)"]
        ),
        st.tuples(body, body).map(lambda it: ["try:", *it[0], "except (ValueError, IndexError):", *it[1]]),
        body.map(lambda it: ["try:", "    import no_such_module", "except ImportError:", *it]),
        st.tuples(condition, body).map(
            lambda it: ["for number in range(3):", f"    if {it[0]}:", "        break", *it[1]]
        ),
        body.map(lambda it: ["with suppress(ValueError, IndexError):", *it]),
        body.map(lambda it: ["def step():", "    global MIDDLEWARE, EXTRA, OTHER", *it, "step()"]),
    )


program = st.lists(st.recursive(_simple(), _blocks, max_leaves=3), min_size=1, max_size=6).map(
    lambda parts: [line for part in parts for line in part]
)

PRELUDE = """\
import os
from contextlib import suppress
MIDDLEWARE = ["a.A", "b.B", "c.C"]
EXTRA = ["d.D"]
OTHER = []
def helper(items, extra="h.H"):
    if not items:
        return [extra]
    return [*items[1:], items[0]]
def grow(items):
    items.append("g.G")
def change():
    global MIDDLEWARE
    MIDDLEWARE = MIDDLEWARE + ["ch.C"]
    EXTRA.append("ch.E")
"""


def executed(source: str, environ: dict[str, str]) -> list[str] | str:
    """What Python makes of it: MIDDLEWARE, or the name of the exception. The grammar can do no harm."""
    namespace: dict[str, object] = {"__name__": "settings"}
    with mock.patch.dict(os.environ, environ, clear=True):
        try:
            exec(compile(source, "settings.py", "exec"), namespace)
        except Exception as error:
            return type(error).__name__
    middleware = namespace["MIDDLEWARE"]
    assert isinstance(middleware, list)
    return list(middleware)


def within_budget(result: SettingsResult) -> bool:
    """Whether no run reached the documented bound on steps: the grammar can double a list in loops within loops."""
    reasons = [blocked.reason for variant in result.variants for blocked in variant.blocked]
    return not any(f"more than {MAX_STEPS:,} steps" in reason for reason in reasons)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(program, st.dictionaries(flag, st.sampled_from(("yes", "y", "no")), max_size=2))
def test_a_known_answer_is_what_python_makes_of_the_same_source(
    lines: list[str], environ: dict[str, str]
) -> None:
    """Evaluated from source or unknown, never different from execution; and known for this grammar."""
    source = PRELUDE + "\n".join(lines) + "\n"
    truth = executed(source, environ)
    given_environ = {name: environ.get(name, "") for name in environ}
    with tempfile.TemporaryDirectory() as root:
        Path(root, "settings.py").write_text(source, "utf-8")
        result = evaluate_settings(ModuleFinder([root]), "settings", environ=given_environ)
    assume(within_budget(result))
    defaults = [variant for variant in result.variants if not variant.conditions]
    for variant in defaults:
        if isinstance(truth, str):
            assert variant.middleware is None, source
            assert truth in variant.blocked[0].reason, (source, variant.blocked)
        else:
            assert variant.middleware is not None, (source, variant.blocked)
            assert [entry.dotted_path for entry in variant.middleware] == truth, source
    if not isinstance(truth, str):
        assert defaults, source


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(program)
def test_every_variant_is_what_python_makes_of_its_environment(lines: list[str]) -> None:
    """A variant names the environment under which its list holds: executing under that environment proves it."""
    source = PRELUDE + "\n".join(lines) + "\n"
    with tempfile.TemporaryDirectory() as root:
        Path(root, "settings.py").write_text(source, "utf-8")
        result = evaluate_settings(ModuleFinder([root]), "settings")
    for variant in result.variants:
        pairs = [condition.environ for condition in variant.conditions]
        if variant.middleware is None or None in pairs:
            continue
        environ = {pair[0]: pair[1] or "some text" for pair in pairs if pair is not None}
        assert [entry.dotted_path for entry in variant.middleware] == executed(source, environ), (
            source,
            variant.name,
        )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(program)
def test_every_stack_that_an_environment_gives_is_among_the_variants(lines: list[str]) -> None:
    """Nothing is missed: whatever the two switches are set to, the list that Python makes of it is reported.

    As long as a variable is compared with one text: one that is compared with several, the second of them only in the
    branch that the first one opens, is looked at no further than the first.
    """
    source = PRELUDE + "\n".join(lines) + "\n"
    assume("('x', 'y')" not in source)
    assume(not any(f"'{name}' in os" in source and f"'{name}') ==" in source for name in FLAGS))
    result = evaluated(source)
    assume(within_budget(result))
    assert_nothing_is_missed(source, result)


def evaluated(source: str) -> SettingsResult:
    with tempfile.TemporaryDirectory() as root:
        Path(root, "settings.py").write_text(source, "utf-8")
        return evaluate_settings(ModuleFinder([root]), "settings")


def assert_nothing_is_missed(source: str, result: SettingsResult) -> None:
    reported = [
        [entry.dotted_path for entry in variant.middleware]
        for variant in result.variants
        if variant.middleware is not None
    ]
    for one, two in itertools.product((None, "yes", "other"), repeat=2):
        pairs = {"FLAG_ONE": one, "FLAG_TWO": two}
        truth = executed(source, {name: value for name, value in pairs.items() if value is not None})
        assert isinstance(truth, str) or truth in reported, (source, pairs)


FILLED = "if os.environ.get('FLAG_ONE') == 'yes':\n    EXTRA.append('a.A')\n"
CAUGHT = {
    "a handler": "try:\n    EXTRA.remove('a.A')\nexcept ValueError:\n    MIDDLEWARE.append('x.X')\n",
    "else": "try:\n    EXTRA.remove('a.A')\nexcept ValueError:\n    pass\nelse:\n    MIDDLEWARE.append('x.X')\n",
    "the rest of the body": "try:\n    EXTRA.remove('a.A')\n    MIDDLEWARE.append('x.X')\nexcept ValueError:\n    pass\n",
    "the rest of a block": "with suppress(ValueError):\n    EXTRA.remove('a.A')\n    MIDDLEWARE.append('x.X')\n",
    "a call": "def look():\n    EXTRA.remove('a.A')\ntry:\n    look()\nexcept ValueError:\n    MIDDLEWARE.append('x.X')\n",
    "a return in a handler": (
        "def step():\n    try:\n        EXTRA.remove('a.A')\n    except ValueError:\n        return\n"
        "    MIDDLEWARE.append('x.X')\nstep()\n"
    ),
}


@pytest.mark.parametrize("text", CAUGHT.values(), ids=CAUGHT)
def test_what_may_raise_decides_on_what_stands_behind_it(text: str) -> None:
    """The switch fills a list of no interest, whose content decides whether an exception skips a change of MIDDLEWARE."""
    source = PRELUDE + FILLED + text
    assert executed(source, {}) != executed(source, {"FLAG_ONE": "yes"})
    assert_nothing_is_missed(source, evaluated(source))


@pytest.mark.parametrize("text", ["MIDDLEWARE = ['a.A']\n" * 50])
def test_the_oracle_itself_sees_a_difference(text: str) -> None:
    """A comparison that cannot fail would prove nothing."""
    assert executed(text + "MIDDLEWARE.append('x')", {}) != executed(text, {})
