"""Statements of every kind, by what Python leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python

PROGRAMS = [
    'VALUE = []\nfor x in range(5):\n    if x == 1:\n        continue\n    if x == 3:\n        break\n    VALUE.append(x)\nelse:\n    VALUE.append("else")',
    "VALUE = 0\nwhile VALUE < 5:\n    VALUE += 2\nelse:\n    VALUE *= 10",
    'VALUE = []\ntry:\n    {}["x"]\nexcept (KeyError, ValueError) as error:\n    VALUE.append(error.args)\nelse:\n    VALUE.append(1)\nfinally:\n    VALUE.append(2)',
    "from contextlib import suppress\nVALUE = [1]\nwith suppress(ZeroDivisionError):\n    VALUE.append(1 / 0)\nVALUE.append(2)",
    "def change():\n    global VALUE\n    VALUE += [2]\nVALUE = [1]\nchange()",
    "(a, *b), c = [1, 2, 3], 4\na, c = c, a\nVALUE = [a, b, c]",
    'VALUE = {"a": [1, 2, 3], "b": 1}\ndel VALUE["b"], VALUE["a"][0]\nVALUE["a"][0] **= 3',
    'match ("GET", 1):\n    case ("POST", _):\n        VALUE = 1\n    case (method, number) if number > 0:\n        VALUE = method',
    "def outer():\n    n = 0\n    def inner():\n        nonlocal n\n        n += 1\n        return n\n    inner()\n    return inner()\nVALUE = outer()",
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_statement_leaves_what_python_leaves(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)
