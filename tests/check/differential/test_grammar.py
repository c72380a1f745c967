"""Programs made of a grammar: what happens to a list under every name and hook, read as it runs or not known."""

from __future__ import annotations

import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .oracle import judge

word = st.sampled_from(("'a'", "'b'", "'c'", "1", "None", "(1,)", "[2]"))
name = st.sampled_from(("one", "two", "box.held", "table['k']", "Box.shared"))
items = st.sampled_from(
    ("one", "two", "[1, 2]", "('a',)", "'xy'", "{'k': 1}", "table.values()", "{3}", "range(2)")
)
changing = st.one_of(
    st.tuples(name, word).map(lambda it: f"{it[0]}.append({it[1]})"),
    st.tuples(name, items).map(lambda it: f"{it[0]}.extend({it[1]})"),
    st.tuples(name, items).map(lambda it: f"{it[0]} += {it[1]}"),
    st.tuples(name, word).map(lambda it: f"{it[0]}.insert(0, {it[1]})"),
    st.tuples(name, items).map(lambda it: f"{it[0]}[:1] = {it[1]}"),
    st.tuples(name, word).map(lambda it: f"{it[0]}.count({it[1]}) and {it[0]}.remove({it[1]})"),
    name.map(lambda it: f"del {it}[1:]"),
    name.map(lambda it: f"{it} *= 2"),
    name.map(lambda it: f"{it}.reverse()"),
    st.tuples(name, name).map(lambda it: f"{it[0]} = {it[1]}"),
    st.tuples(name, name).map(lambda it: f"{it[0]} = list({it[1]})"),
    st.tuples(name, name).map(lambda it: f"{it[0]} = {it[1]} + {it[0]}"),
    st.tuples(name, word).map(lambda it: f"grow({it[0]}, {it[1]})"),
    st.tuples(name, word).map(lambda it: f"list(map({it[0]}.append, [{it[1]}]))"),
    st.tuples(name, word).map(lambda it: f"partial({it[0]}.append, {it[1]})()"),
    st.tuples(name, word).map(lambda it: f"getattr({it[0]}, 'append')({it[1]})"),
    st.tuples(name, name).map(lambda it: f"{it[0]} = copy.copy({it[1]})"),
    st.tuples(name, name).map(lambda it: f"{it[0]} = copy.deepcopy({it[1]})"),
    name.map(lambda it: f"box.value = {it}"),
    name.map(lambda it: f"box[{it}[:1] == [1]] = {it}"),
    name.map(lambda it: f"globals()['one'] = {it}"),
    st.just("json.dumps(1)"),
)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    block = inner.map(lambda text: text.replace("\n", "\n    "))
    return st.one_of(
        st.tuples(name, block).map(lambda it: f"if {it[0]}:\n    {it[1]}"),
        st.tuples(name, block).map(lambda it: f"for item in {it[0]}[:3]:\n    {it[1]}"),
        block.map(lambda it: f"with Box([]) as entered:\n    {it}"),
        block.map(
            lambda it: f"try:\n    {it}\nexcept (TypeError, ValueError, AttributeError):\n    one.append('e')"
        ),
        block.map(lambda it: f"try:\n    {it}\nfinally:\n    two.append('f')"),
        block.map(lambda it: f"def step():\n    global one, two\n    {it}\nstep()"),
    )


statement = st.recursive(changing, _blocks, max_leaves=2)
question = st.one_of(
    st.tuples(name, name).map(lambda it: f"{it[0]} == {it[1]}"),
    st.tuples(name, name).map(lambda it: f"{it[0]} is {it[1]}"),
    st.tuples(name, word).map(lambda it: f"{it[1]} in {it[0]}"),
    st.tuples(name, st.integers(0, 6)).map(lambda it: f"len({it[0]}) == {it[1]}"),
    name.map(lambda it: f"{it}[:1] == [1]"),
    name.map(lambda it: f"sorted(map(str, {it})) < ['b']"),
    st.just("box.seen == []"),
    st.just("len(box) > 2"),
)
program = st.tuples(st.lists(statement, min_size=1, max_size=4), question).map(
    lambda it: PRELUDE + "\n".join(it[0]) + "\n" + it[1]
)

PRELUDE = """\
one = [1, 'a']
two = one
table = {'k': ['b']}
class Box:
    shared = []
    def __init__(self, held): self.held, self.seen = held, []
    def __enter__(self): return self.held
    def __exit__(self, *error): Box.shared.append(error[0] is None)
    def __setitem__(self, key, value): self.seen.append(key)
    def __len__(self): return len(self.held)
    @property
    def value(self): return self.held
    @value.setter
    def value(self, given): self.held = given
box = Box(two)
def grow(items, more=[]):
    more.append(1)
    items.append(len(more))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the oracle forks a process for each program")
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(program, min_size=8, max_size=8))
def test_generated_programs_are_read_as_they_run(programs: list[str]) -> None:
    """Eight at a time: one process of Python for them all."""
    faults = [(verdict.program, fault) for verdict in judge(programs) for fault in verdict.faults]
    assert not faults
