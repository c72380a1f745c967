"""``.env`` files as each package reads them. The expectations were taken from python-dotenv 1.2, environs 15, django-environ
0.14 and python-decouple 3.8 themselves; ``None`` stands for what is set, and not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.settings import Known
from bridgekit.check.settings.library.env_grammars import DECOUPLE, DJANGO_ENVIRON, python_dotenv
from bridgekit.check.settings.result import SettingsResult
from tests.check.settings.evaluating import evaluate, listed

READERS = {
    "dotenv": "from dotenv import load_dotenv\nload_dotenv()\nread = lambda name: os.getenv(name, 'unset')\n",
    "environ": "import environ\nenv = environ.Env()\nenv.read_env()\nread = lambda name: env(name, default='unset')\n",
    "environs": "from environs import Env\nenv = Env()\nenv.read_env()\nread = lambda name: env(name, 'unset')\n",
    "decouple": "from decouple import config\nread = lambda name: config(name, default='unset')\n",
}


def stack(result: SettingsResult) -> list[str] | None:
    """The default list; None where it is not known."""
    return listed(result.default)


def settings_of(reader: str, *names: str) -> str:
    """Settings whose MIDDLEWARE is what a package finds for these names."""
    return f"import os\n{READERS[reader]}MIDDLEWARE = [{', '.join(f'read({name!r})' for name in names)}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\nB='two words'\n", [("A", "1"), ("B", "two words")]),
        ("  export A = 1\n", [("A", "1")]),
        ("A=1 # a comment\nB=x#y\nC='q' # c\n", [("A", "1"), ("B", "x#y"), ("C", "q")]),
        ('A="one\ntwo"\nB=3\n', [("A", "one\ntwo"), ("B", "3")]),
        ("NOTHING\nA=\nB: 1\nC=2", [("NOTHING", None), ("A", ""), ("C", "2")]),
        ("# A=1\n\n   \nB=2\r\nC=3\r\n", [("B", "2"), ("C", "3")]),
        # A name alone takes back what a line before said; and nothing is called by an ``export`` that has no name.
        ("A=1\nexport A\n", [("A", "1"), ("A", None)]),
        ("export =1\nA=1\n", [("A", "1")]),
        # The mark belongs to the first line in some versions, which then says something else.
        ("\ufeffexport A=1\nB=2\n", [("A", None), ("B", None)]),
        # An escape and a comment in place of the value are read by the version's own rules.
        ('A="a\\nb"\nB=a\\nb\nC= # c\n', [("A", None), ("B", "a\\nb"), ("C", None)]),
        # Where does the quote end? Nothing behind it is certain.
        ("A=1\nB='it\nC=2\n", [("A", "1"), ("B", None), ("it", None), ("C", None)]),
    ],
)
def test_python_dotenvs_grammar(text: str, expected: list[tuple[str, str | None]]) -> None:
    """Quotes, comments, ``export``, blanks and texts of several lines."""
    assert [(name, value) for name, value, _ in python_dotenv(text)] == expected


def test_the_line_of_a_variable_is_the_line_of_its_name() -> None:
    """Behind a text of several lines as well."""
    assert [(name, line) for name, _, line in python_dotenv('\nA="x\ny"\n\nB=1')] == [("A", 2), ("B", 5)]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ("export A='x'", "x"),
        ('A="x y"', "x y"),
        ("A= 1", " 1"),
        ("A=x#y", "x#y"),
        ("A=$B", "$B"),
        ("A=1 # c", None),
        ('A="x\\ny"', None),
    ],
)
def test_django_environs_grammar(line: str, value: str | None) -> None:
    """Each line by itself; what its versions read in different ways is not known."""
    assert list(DJANGO_ENVIRON(line)) == [("A", value, 1)]


@pytest.mark.parametrize("line", ["A = 1", "  A=1", "export  A=1", "# A=1", "A"])
def test_what_django_environ_passes_over(line: str) -> None:
    """A line that is no assignment to it sets nothing."""
    assert list(DJANGO_ENVIRON(line)) == []


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        (" A = 1 ", "A", "1"),
        ("export A=1", "export A", "1"),
        ("A=1 # c", "A", "1 # c"),
        ("A='x'", "A", "x"),
        ("A='x' # c", "A", None),
        ("A='x\"", "A", None),
        ("A=${B}", "A", "${B}"),
    ],
)
def test_decouples_grammar(line: str, name: str, value: str | None) -> None:
    """Everything behind the sign belongs to the value."""
    assert list(DECOUPLE(line)) == [(name, value, 1)]


def test_a_line_ends_for_decouple_where_it_does_in_a_file() -> None:
    """A form feed and a line separator end none, though ``str.splitlines`` has it so."""
    assert list(DECOUPLE("A=x\x0cB=1\rB=2\u2028C=3")) == [("A", "x\x0cB=1", 1), ("B", "2\u2028C=3", 2)]


def test_of_two_lines_the_first_counts_for_configurations_alone(tmp_path: Path) -> None:
    """It sets each variable unless it is set (configurations/base.py)."""
    (tmp_path / ".env").write_text("A=1\nA=2\n", "utf-8")
    for reader in READERS:
        assert stack(evaluate(tmp_path, settings=settings_of(reader, "A"))) == ["2"]
    source = (
        "from configurations import Configuration, values\nfrom pathlib import Path\n"
        "class Base(Configuration):\n    DOTENV = str(Path(__file__).parent / '.env')\n"
        "    A = values.Value('unset', environ_prefix=None)\n"
        "    @property\n    def MIDDLEWARE(self):\n        return [self.A]\n"
    )
    assert stack(evaluate(tmp_path, environ={"DJANGO_CONFIGURATION": "Base"}, settings=source)) == ["1"]


@pytest.mark.parametrize("reader", ["dotenv", "environs"])
def test_a_reference_means_the_line_before_and_not_the_last(tmp_path: Path, reader: str) -> None:
    """Also to the variable that it is in."""
    (tmp_path / ".env").write_text("A=1\nB=${A}\nA=${A}2\n", "utf-8")
    assert stack(evaluate(tmp_path, settings=settings_of(reader, "A", "B"))) == ["12", "1"]


@pytest.mark.parametrize(
    ("reader", "expected"), [("environ", "unset"), ("decouple", "unset"), ("dotenv", None)]
)
def test_a_byte_order_mark_belongs_to_the_first_line(
    tmp_path: Path, reader: str, expected: str | None
) -> None:
    """django-environ and decouple do not take it off."""
    (tmp_path / ".env").write_text("\ufeffA=1\n", "utf-8")
    found = stack(evaluate(tmp_path, settings=settings_of(reader, "A")))
    assert found == (None if expected is None else [expected])


@pytest.mark.parametrize("reader", READERS)
def test_a_file_of_another_encoding_is_not_known(tmp_path: Path, reader: str) -> None:
    """The packages raise."""
    (tmp_path / ".env").write_bytes("A=1\nB=é\n".encode("latin-1"))
    assert stack(evaluate(tmp_path, settings=settings_of(reader, "A"))) is None


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        ("dotenv", ["1", "12", "d"]),
        ("environs", ["1", "12", "d"]),
        ("environ", ["1", "${A}2", "${NO:-d}"]),
        ("decouple", ["1", "${A}2", "${NO:-d}"]),
    ],
)
def test_references_are_python_dotenvs_alone(tmp_path: Path, reader: str, expected: list[str]) -> None:
    """``${A}`` stands for an earlier line or the environment, where python-dotenv reads; django-environ refuses to guess."""
    (tmp_path / ".env").write_text("A=1\nB=${A}2\nC=${NO:-d}\n", "utf-8")
    found = stack(evaluate(tmp_path, settings=settings_of(reader, "A", "B", "C")))
    assert found == (expected if reader != "environ" else None)


@pytest.mark.parametrize(
    ("reader", "is_found"), [("dotenv", True), ("environs", True), ("decouple", True), ("environ", False)]
)
def test_who_looks_in_the_directories_above(tmp_path: Path, reader: str, is_found: bool) -> None:
    """The nearest file, except for django-environ, which looks beside the code that asks."""
    (tmp_path / ".env").write_text("A=1\n", "utf-8")
    result = evaluate(tmp_path, "pkg.settings", pkg__settings=settings_of(reader, "A"))
    assert stack(result) == (["1"] if is_found else ["unset"])


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("load_dotenv()", "given"),
        ("load_dotenv(override=True)", "file"),
        ("load_dotenv(HERE / '.env', override=True)", "file"),
        ("load_dotenv(find_dotenv(), override=True)", "file"),
        ("load_dotenv(find_dotenv('.other'), override=True)", "given"),
        ("load_dotenv(override=nowhere.FLAG)", None),
        ("environ.Env.read_env(HERE / '.env')", "given"),
        ("environ.Env.read_env(HERE / '.env', overwrite=True)", "file"),
        ("environ.Env().read_env(HERE / '.env', True)", "file"),
        # A path relative to nobody knows where: what this file sets is not known.
        ("load_dotenv('.env', override=True)", None),
        ("load_dotenv(nowhere.PATH, override=True)", None),
        ("load_dotenv(stream=nowhere.STREAM, override=True)", None),
    ],
)
def test_the_environment_wins_unless_it_is_overridden(
    tmp_path: Path, call: str, expected: str | None
) -> None:
    """``override`` and ``overwrite``."""
    (tmp_path / ".env").write_text("A=file\n", "utf-8")
    source = (
        "import environ, nowhere, os\nfrom pathlib import Path\nfrom dotenv import find_dotenv, load_dotenv\n"
        f"HERE = Path(__file__).parent\n{call}\nMIDDLEWARE = [os.environ['A']]\n"
    )
    result = evaluate(tmp_path, environ={"A": "given"}, settings=source)
    assert stack(result) == (None if expected is None else [expected])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("str(load_dotenv())", "True"),
        ("str(environ.Env.read_env(HERE / '.env'))", "None"),
        ("dotenv_values(HERE / '.env')['A']", "file"),
        ("str(environs.Env().read_env())", None),
        ("dotenv_values(HERE / 'no.env')['A']", None),
        ("environ.Env.read_env(HERE / '.env', B=3) or os.environ['B']", "3"),
    ],
)
def test_what_the_functions_return(tmp_path: Path, expression: str, expected: str | None) -> None:
    """Each its own; those of environs differ between its versions."""
    (tmp_path / ".env").write_text("A=file\n", "utf-8")
    source = (
        "import environ, environs, os\nfrom pathlib import Path\nfrom dotenv import dotenv_values, load_dotenv\n"
        f"HERE = Path(__file__).parent\nMIDDLEWARE = [{expression}]\n"
    )
    assert stack(evaluate(tmp_path, settings=source)) == (None if expected is None else [expected])


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("Config(RepositoryEnv(HERE / 'prod.env'))", ["1", "unset"]),
        ("Config(RepositoryIni(HERE / 'prod.ini'))", ["2", "unset"]),
        ("AutoConfig(HERE / 'conf')", ["3", "unset"]),
        ("AutoConfig()", ["unset", "unset"]),
        ("AutoConfig('conf')", None),
        ("Config(RepositoryEnv('/etc/prod.env'))", None),
        ("Config(RepositorySecret('/run/secrets'))", None),
    ],
)
def test_decouple_told_where_to_look(tmp_path: Path, made: str, expected: list[str] | None) -> None:
    """By a repository or a path; options of an ini file have no case."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "prod.env").write_text("NAME=1\n", "utf-8")
    (tmp_path / "prod.ini").write_text("[settings]\nname=2\n", "utf-8")
    (tmp_path / "conf/.env").write_text("NAME=3\n", "utf-8")
    source = (
        "from decouple import AutoConfig, Config, RepositoryEnv, RepositoryIni, RepositorySecret\n"
        f"from pathlib import Path\nHERE = Path(__file__).parent\nread = {made}\n"
        "MIDDLEWARE = [read('NAME', default='unset'), read('OTHER', default='unset')]\n"
    )
    assert stack(evaluate(tmp_path, settings=source)) == expected


@pytest.mark.parametrize(
    ("path", "expected"), [("str(HERE / '.env')", ["a", "on"]), ("'.env'", None), ("None", ["a"])]
)
def test_the_file_of_a_configuration(tmp_path: Path, path: str, expected: list[str] | None) -> None:
    """``DOTENV`` of django-configurations is read before the values."""
    (tmp_path / ".env").write_text("DJANGO_ON=yes\nexport DJANGO_ON=no\n", "utf-8")
    source = (
        "from configurations import Configuration, values\nfrom pathlib import Path\nHERE = Path(__file__).parent\n"
        f"class Base(Configuration):\n    DOTENV = {path}\n    ON = values.BooleanValue(False)\n"
        "    @property\n    def MIDDLEWARE(self):\n        return ['a'] + ['on'] * self.ON\n"
    )
    assert stack(evaluate(tmp_path, environ={"DJANGO_CONFIGURATION": "Base"}, settings=source)) == expected


def test_a_file_outside_the_project_sets_nothing_and_is_not_shown(tmp_path: Path) -> None:
    """Whatever leads to it: it is the machine's."""
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret.env").write_text("A=secret\n", "utf-8")
    (project / ".env").symlink_to(tmp_path / "secret.env")
    for reader in READERS:
        result = evaluate(project, settings=settings_of(reader, "A"))
        value = result.default.value("MIDDLEWARE")
        assert isinstance(value, Known)
        assert value.value == ["unset"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("rest", ["", "# " + "x" * 70_000])
def test_a_file_that_is_too_large_to_be_read_is_not_an_empty_one(
    tmp_path: Path, reader: str, rest: str
) -> None:
    (tmp_path / ".env").write_text(f"A=1\n{rest}", "utf-8")
    found = stack(evaluate(tmp_path, settings=settings_of(reader, "A")))
    assert found == (None if rest else ["1"])
