"""Classes of the project: what they make, and what an attribute of it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python

PROGRAMS = [
    "class A:\n    x = 1\n    def __init__(self, y):\n        self.y = y\n    @property\n    def z(self):\n        return self.x + self.y\nVALUE = [A(2).z, A.x]",
    'class A:\n    def name(self):\n        return "a"\nclass B(A):\n    def name(self):\n        return super().name() + "b"\nVALUE = B().name()',
    'class A:\n    made = []\n    @classmethod\n    def make(cls, *names):\n        cls.made += names\n        return cls\n    @staticmethod\n    def three():\n        return 3\nVALUE = [A.make("a", "b").made, A.three()]',
    'class A:\n    pass\na = A()\nsetattr(a, "x", 1)\na.y = a.x + 1\ndel a.x\nVALUE = [a.y, hasattr(a, "x")]',
    'class A:\n    def __call__(self, n):\n        return n * 2\n    def __getitem__(self, key):\n        return key\nVALUE = [A()(4), A()["k"]]',
    "class A:\n    x = 1\nclass B(A):\n    y = 2\nclass C(A):\n    x = 3\nclass D(B, C):\n    pass\nVALUE = [D.x, D.y, [cls.__name__ for cls in D.__mro__]]",
    "from dataclasses import dataclass, field\n@dataclass\nclass A:\n    x: int\n    y: list = field(default_factory=list)\nVALUE = [A(1).x, A(1).y, A(2, [3]).y]",
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_object_is_what_python_makes_of_it(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)
