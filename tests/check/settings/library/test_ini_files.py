"""Settings that come from ``configparser``: what the project's own files say, and what is elsewhere."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from bridgekit.check.settings import Known
from tests.check.settings.evaluating import by_name, evaluate, listed

INI = """
[DEFAULT]
shared = yes
[server]
Debug = on
port = 8000
ratio = 0.5
name = a: b
[empty]
"""

PRELUDE = """
import configparser, os
parser = configparser.RawConfigParser()
done = parser.read([os.path.join(os.path.dirname(__file__), "app.ini"), os.path.join(os.path.dirname(__file__), "no.ini")])
"""

EXPRESSIONS = [
    "parser.get('server', 'name')",
    "parser.get('server', 'NAME')",
    "parser.getboolean('server', 'debug')",
    "parser.getint('server', 'port')",
    "parser.getfloat('server', 'ratio')",
    "parser.get('server', 'shared')",
    "parser.get('server', 'none', fallback='x')",
    "parser.getboolean('none', 'none', fallback=False)",
    "parser.has_section('server')",
    "parser.has_section('DEFAULT')",
    "parser.has_option('server', 'debug')",
    "parser.has_option('server', 'none')",
    "parser.has_option('none', 'debug')",
    "parser['server']['name']",
    "parser['server'].getboolean('Debug')",
    "parser['server'].get('none', 'x')",
    "'server' in parser",
    "'debug' in parser['server']",
    "len(done)",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_parser_answers_as_pythons_does(tmp_path: Path, expression: str) -> None:
    """The same source, executed by Python, is the expectation."""
    (tmp_path / "app.ini").write_text(INI, "utf-8")
    names: dict[str, object] = {"__file__": str(tmp_path / "settings.py"), "configparser": configparser}
    exec(f"{PRELUDE}VALUE = {expression}", names)
    value = evaluate(tmp_path, settings=f"{PRELUDE}VALUE = {expression}").default.value("VALUE")
    assert isinstance(value, Known), value
    assert value.value == names["VALUE"]


def test_a_file_outside_the_project_may_be_there(tmp_path: Path) -> None:
    """Taken as absent; if it exists, what it says is not known."""
    source = """
        import configparser
        parser = configparser.ConfigParser()
        parser.read("/etc/app/app.ini")
        MIDDLEWARE = ["a"]
        if parser.getboolean("server", "gzip", fallback=False):
            MIDDLEWARE.append("b")
    """
    found = by_name(evaluate(tmp_path, settings=source))
    assert found["default"] == ["a"]
    assert ["a", "b"] in found.values()


@pytest.mark.parametrize("error", ["configparser.NoOptionError", "configparser.Error"])
def test_a_missing_option_raises_where_that_is_caught(tmp_path: Path, error: str) -> None:
    """Or its base class."""
    (tmp_path / "app.ini").write_text("[empty]\n", "utf-8")
    source = (
        "import configparser, os\nparser = configparser.ConfigParser()\n"
        "parser.read(os.path.join(os.path.dirname(__file__), 'app.ini'))\nMIDDLEWARE = ['a']\n"
        f"try:\n    parser.get('empty', 'o')\nexcept {error}:\n    MIDDLEWARE.append('b')\n"
    )
    assert listed(evaluate(tmp_path, settings=source).default) == ["a", "b"]


@pytest.mark.parametrize(
    "statement",
    [
        "parser.set('s', 'o', 'changed')",
        "parser.optionxform = str",
        "parser.read_file(open('app.ini'))",
        "parser.items('s')",
        "parser.sections()",
        "parser.add_section('t')",
        "parser.read_string('[s]\\no = changed')",
        "parser.read_dict({'s': {'o': 'changed'}})",
        "parser['s']['o'] = 'changed'",
        "parser['s'].update(o='changed')",
        "section = parser['s']\nsection['o'] = 'changed'",
    ],
)
def test_what_is_not_modelled_leaves_the_parser_unknown(tmp_path: Path, statement: str) -> None:
    """Writing, and ways of reading that settings hardly use: nothing is told of what was read before."""
    (tmp_path / "app.ini").write_text("[s]\no = read\n", "utf-8")
    source = (
        "import configparser, os\nparser = configparser.RawConfigParser()\n"
        "parser.read(os.path.join(os.path.dirname(__file__), 'app.ini'))\n"
        f"{statement}\nMIDDLEWARE = [parser.get('s', 'o')]\n"
    )
    assert evaluate(tmp_path, settings=source).default.middleware is None


def test_an_option_made_of_others_is_not_guessed(tmp_path: Path) -> None:
    """Interpolation is not followed: unknown with the line."""
    (tmp_path / "app.ini").write_text("[s]\nhome = x\npath = %(home)s.y\n", "utf-8")
    source = (
        "import configparser, os\nparser = configparser.ConfigParser()\n"
        "parser.read(os.path.join(os.path.dirname(__file__), 'app.ini'))\nMIDDLEWARE = [parser.get('s', 'path')]\n"
    )
    variant = evaluate(tmp_path, settings=source).default
    assert variant.middleware is None
    assert variant.blocked[0].location.line == 4


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (r"re.sub('[^a-zA-Z0-9]', '_', 'a-b.c')", "a_b_c"),
        (r"re.sub(r'\s+', ' ', 'a  b')", "a b"),
        (r"re.split(r'[,;]', 'a,b;c')", ["a", "b", "c"]),
        (r"re.split(',', 'a,b')", ["a", "b"]),
    ],
)
def test_plain_patterns_are_applied(tmp_path: Path, expression: str, expected: object) -> None:
    """Variables' names are made with them."""
    value = evaluate(tmp_path, settings=f"import re\nVALUE = {expression}").default.value("VALUE")
    assert isinstance(value, Known)
    assert value.value == expected


@pytest.mark.parametrize("pattern", ["(a+)+$", "a*a*a*a*b", "(x|y)*z", "a{1,9}{1,9}"])
def test_patterns_that_may_run_away_are_left_alone(tmp_path: Path, pattern: str) -> None:
    """A hostile pattern costs nothing: it is unknown."""
    source = f"import re\nMIDDLEWARE = [re.sub({pattern!r}, '', 'a' * 1000)]\n"
    assert evaluate(tmp_path, settings=source).default.middleware is None
