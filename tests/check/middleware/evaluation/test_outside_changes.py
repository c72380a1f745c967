"""Flags that another module of the project sets, on the class, on its bases or where they are read from: unknown, with the line."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bridgekit.check.environment import current_environment
from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules import ModuleFinder, own_source
from bridgekit.middleware_chain.facts import Answer, Claim

BODY = "    def __init__(self, get_response): self.g = get_response\n    def __call__(self, request): return self.g(request)\n"
PLAIN = f"class Audit:\n    async_capable = False\n{BODY}"
DERIVED = f"from roots import Root\nclass Audit(Root):\n    pass\n{BODY}"
ROOTS = "class Root:\n    async_capable = False\n"
SWITCHES = "ON = False\nTABLE = {'on': False}\nclass Kept:\n    on = False\n    def turn(self): self.on = True\nkept = Kept()\n"


def reading(expression: str) -> str:
    return f"import switches\nfrom switches import ON, TABLE, Kept, kept\n{PLAIN.replace('= False', f'= {expression}')}"


SET = {
    "on the class": (PLAIN, "from layers import Audit\nAudit.async_capable = True\n", 2),
    "through its module": (PLAIN, "import layers\nlayers.Audit.async_capable = True\n", 2),
    "by setattr": (PLAIN, "import layers\nsetattr(layers.Audit, 'async_capable', True)\n", 2),
    "by type's setter": (PLAIN, "import layers\ntype.__setattr__(layers.Audit, 'async_capable', True)\n", 2),
    "under a computed name": (
        PLAIN,
        "import layers\nfor name in FLAGS: setattr(layers.Audit, name, True)\n",
        2,
    ),
    "in a loop": (PLAIN, "import layers\nfor one in (layers.Audit,):\n    one.async_capable = True\n", 3),
    "in ready()": (
        PLAIN,
        "class Config:\n    def ready(self):\n        from layers import Audit\n        Audit.async_capable = True\n",
        4,
    ),
    "in a function that is handed it": (
        PLAIN,
        "from layers import Audit\ndef turn(cls): cls.async_capable = True\nturn(Audit)\n",
        2,
    ),
    "by its dotted path": (
        PLAIN,
        "from django.utils.module_loading import import_string\nimport_string('layers.Audit').async_capable = True\n",
        2,
    ),
    "deleted": (PLAIN, "import layers\ndel layers.Audit.async_capable\n", 2),
    "on a base": (DERIVED, "from roots import Root\nRoot.async_capable = True\n", 2),
    "the bases": (PLAIN, "import layers\nlayers.Audit.__bases__ = (Other,)\n", 2),
    "a name that is read": (reading("switches.ON"), "import switches\nswitches.ON = True\n", 2),
    "a name that is imported": (reading("ON"), "import switches as s\ns.ON = True\n", 2),
    "through vars": (reading("ON"), "import switches\nvars(switches)['ON'] = True\n", 2),
    "through __dict__": (reading("ON"), "import switches\nswitches.__dict__.update(ON=True)\n", 2),
    "through sys.modules": (reading("ON"), "import sys, switches\nsys.modules['switches'].ON = True\n", 2),
    "an item": (reading("TABLE['on']"), "from switches import TABLE\nTABLE['on'] = True\n", 2),
    "a dict of a module": (reading("TABLE['on']"), "import switches\nswitches.TABLE.update(on=True)\n", 2),
    "another class": (reading("Kept.on"), "from switches import Kept\nKept.on = True\n", 2),
    "an object": (reading("kept.on"), "from switches import kept\nkept.on = True\n", 2),
    "an object by a method": (reading("kept.on"), "import switches\nswitches.kept.turn()\n", 2),
}
NOT_SET = {
    "on a class of that name of its own": (PLAIN, "class Audit: pass\nAudit.async_capable = True\n"),
    "on a request": (PLAIN, "from layers import Audit\ndef view(request): request.async_capable = Audit\n"),
    "on another module": (PLAIN, "import layers, switches\nswitches.async_capable = layers.Audit\n"),
    "read only": (reading("TABLE['on']"), "from switches import TABLE, kept\nif TABLE['on'] or kept.on: print(TABLE.get('on'))\n"),
    "on what a function is handed, which nobody calls with it": (
        PLAIN,
        "from layers import Audit\ndef turn(cls): cls.async_capable = True\nturn(object())\n",
    ),
}  # fmt: skip


def claim(root: Path, layers: str, other: str, name: str = "other.py") -> Claim:
    for file, source in {
        "layers.py": layers,
        name: other,
        "roots.py": ROOTS,
        "switches.py": SWITCHES,
    }.items():
        (root / file).write_text(source, "utf-8")
    return SourceReader(ModuleFinder([root], current_environment())).read("layers.Audit").facts.async_capable


@pytest.mark.parametrize("how", SET)
def test_a_flag_that_another_module_may_set_is_unknown_with_its_line(how: str, tmp_path: Path) -> None:
    layers, other, line = SET[how]
    found = claim(tmp_path, layers, other)
    assert found.answer is Answer.UNKNOWN
    assert found.location is not None
    assert (Path(found.location.path).name, found.location.line) == ("other.py", line)


@pytest.mark.parametrize("how", NOT_SET)
def test_a_flag_that_no_module_sets_is_known(how: str, tmp_path: Path) -> None:
    assert claim(tmp_path, *NOT_SET[how]).answer is Answer.NO


def test_what_a_test_module_replaces_is_put_back(tmp_path: Path) -> None:
    found = claim(tmp_path, PLAIN, "import layers\nlayers.Audit.async_capable = True\n", "test_layers.py")
    assert found.answer is Answer.NO


def test_a_flag_that_a_file_too_large_to_be_parsed_may_set_is_unknown(tmp_path: Path) -> None:
    """Such files were passed over."""
    large = "import layers\nlayers.Audit.async_capable = True\n" + "x = 1\n" * 200_000
    found = claim(tmp_path, PLAIN, large)
    assert found.answer is Answer.UNKNOWN
    assert found.location is not None
    assert Path(found.location.path).name == "other.py"


def test_flags_are_unknown_where_files_of_the_project_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_source, "_MAX_BYTES", 10)
    found = claim(tmp_path, PLAIN, "x = 1\n")
    assert found.answer is Answer.UNKNOWN
    assert "left out" in found.reason


@pytest.mark.parametrize(
    ("other", "answer"),
    [
        ("from layers import Audit\nprint(Audit)\n", Answer.NO),
        ("from layers import Audit\nAudit.async_capable = True\n", Answer.UNKNOWN),
    ],
)
def test_a_file_whose_name_another_root_takes_is_read_by_its_path(
    other: str, answer: Answer, tmp_path: Path
) -> None:
    """Under its name stands nothing, and that was taken for a file too large to be parsed."""
    for package in (tmp_path / "config", tmp_path / "inner" / "config"):
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
    (tmp_path / "layers.py").write_text(PLAIN, "utf-8")
    (tmp_path / "inner" / "config" / "turns.py").write_text(other, "utf-8")
    finder = ModuleFinder([tmp_path, tmp_path / "inner"], current_environment())
    found = SourceReader(finder).read("layers.Audit").facts.async_capable
    assert found.answer is answer
    assert answer is Answer.NO or (
        found.location is not None and Path(found.location.path).name == "turns.py"
    )


MARKS = "def mark(one):\n    one.async_capable = True\ndef mark_all(many):\n    for one in many: one.async_capable = True\n"
MARKS += "class Marker:\n    store = print\n    @classmethod\n    def mark(cls, one): setattr(one, 'async_capable', True)\n"
FUNCTION = (
    "def Audit(get_response):\n    def inner(request): return get_response(request)\n    return inner\n"
    "Audit.async_capable = False\n"
)
HANDED = [
    "marks.mark(Audit)",
    "marks.mark_all([Audit])",
    "ALL = (Audit,)\nmarks.mark_all(ALL)",
    "marks.mark(*[Audit])",
    "list(map(marks.mark, [Audit]))",
    "for one in (Audit,): marks.mark(one)",
    "[marks.mark(one) for one in (Audit,)]",
    "Other = Audit\nmarks.mark(Other)",
    "(lambda one: marks.mark(one))(Audit)",
    "def go(one): marks.mark(one)\ngo(Audit)",
    "marks.mark.__call__(*[Audit])",
    "marks.Marker.mark(*[Audit])",
    "list(map(marks.Marker.mark, [Audit]))",
]


@pytest.mark.parametrize("defined", [PLAIN, FUNCTION], ids=["class", "function"])
@pytest.mark.parametrize("handed", HANDED)
def test_a_flag_that_a_function_of_another_module_may_set_on_what_it_is_handed_is_unknown(
    handed: str, defined: str, tmp_path: Path
) -> None:
    """Whichever way it is handed there. Python sets the flag in each of these."""
    layers = f"import marks\n{defined}{handed}\n"
    marks = ModuleType("marks")
    exec(MARKS, vars(marks))
    running: dict[str, Any] = {"marks": marks}
    exec(layers.removeprefix("import marks\n"), running)
    assert running["Audit"].async_capable is True
    assert claim(tmp_path, layers, MARKS, "marks.py").answer is Answer.UNKNOWN


@pytest.mark.parametrize("defined", [PLAIN, FUNCTION], ids=["class", "function"])
def test_a_flag_of_what_no_such_function_is_handed_is_known(defined: str, tmp_path: Path) -> None:
    layers = f"import marks\n{defined}class Other: pass\nmarks.mark(Other)\n"
    assert claim(tmp_path, layers, MARKS, "marks.py").answer is Answer.NO


def test_a_class_of_which_only_an_attribute_is_set_is_called_by_nobody(tmp_path: Path) -> None:
    """django-simple-history's middleware function sets ``HistoricalRecords.context.request``; that class sets attributes on models."""
    layers = f"from marks import Marker\n{FUNCTION}ALL = [Audit]\ndef at_start(request):\n    Marker.store.request = request\n"
    assert claim(tmp_path, layers, MARKS, "marks.py").answer is Answer.NO
