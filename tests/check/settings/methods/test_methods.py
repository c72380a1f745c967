"""The methods of lists, dictionaries, sets and text, by Python's own answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python

PROGRAMS = [
    "VALUE = [3, 1]\nVALUE.append(2)\nVALUE.sort()\nVALUE.insert(1, 9)\nVALUE.extend((7,))\nVALUE.remove(9)",
    "VALUE = [1, 2, 3]\nVALUE.append(VALUE.pop(0))\nVALUE.reverse()\nVALUE.append(VALUE.index(3))\nVALUE.append(VALUE.count(3))",
    'VALUE = {"a": 1}\nVALUE.update(b=2)\nVALUE.setdefault("c", []).append(1)\nVALUE["d"] = VALUE.pop("a")',
    'd = {"a": 1}\nVALUE = [d.get("a"), d.get("x", 5), list(d.items()), d.copy() == d]',
    "VALUE = {1, 2}\nVALUE.add(3)\nVALUE.discard(1)\nVALUE.update([5])\nVALUE = sorted(VALUE | {9} - {3})",
    'VALUE = ",".join(" a b ".strip().split()).upper().replace("A", "x").partition(",")',
    'VALUE = "{0}-{name}".format(1, name="n") + "%s:%d" % ("a", 2)',
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_method_answers_and_changes_as_pythons_does(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)
