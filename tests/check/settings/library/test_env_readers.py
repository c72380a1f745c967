"""django-environ, environs and decouple read a variable as the packages do.

Every expectation was taken from django-environ 0.12, environs 14 and python-decouple 3.8 themselves.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.settings import Known
from tests.check.settings.evaluating import evaluate, listed

ENVIRON = {
    "ONE": "1",
    "LIST": "a, b,,c",
    "WORD": "garbage",
    "ON": "On",
    "EMPTY": "",
    "JSON": '[1, {"a": "b"}]',
    "DICT": "a=1,b=2",
    "BLANKS": " True ",
    "NO": "False",
    "NUMBERS": "1,2",
    "APP_DB_NAME": "inner",
    "APP_NAME": "outer",
}

PRELUDE = """
import decouple, environ, environs
from environs import env as ready
e = environ.Env(SCHEME=(bool, "no"), SWITCH=(bool, False))
s = environs.Env()
"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # A default is handed out as it is written, except by decouple.
        ("e.bool('X', default='False')", "False"),
        ("e('SCHEME')", "no"),
        ("e('SWITCH')", False),
        ("e.list('X', default='a,b')", "a,b"),
        ("e('X', bool, 'no')", "no"),
        ("s.bool('X', 'no')", "no"),
        ("s.list('X', 'a,b')", "a,b"),
        ("ready.bool('X', False)", False),
        ("decouple.config('X', default='no', cast=bool)", False),
        ("decouple.config('X', default='a,b', cast=decouple.Csv())", ["a", "b"]),
        ("decouple.config('X', default='', cast=bool)", False),
        ("decouple.config('X', default=True, cast=bool)", True),
        # What is a truth value is said by each package in its own way.
        ("e.bool('ONE')", True),
        ("e.bool('WORD')", False),
        ("e.bool('BLANKS')", True),
        ("s.bool('ON')", True),
        ("decouple.config('ON', cast=bool)", True),
        # django-environ takes the type of the default where none is given.
        ("e('NO', default=False)", False),
        ("e('NO', default=True)", False),
        ("e('ONE', default=5)", 1),
        ("e('LIST', default=[])", ["a", " b", "c"]),
        ("e('EMPTY', default='zz')", ""),
        ("e.bool('EMPTY', default=None)", None),
        ("e.url('X', default=None)", None),
        # Lists: who strips, who keeps what is empty.
        ("e.list('LIST')", ["a", " b", "c"]),
        ("e.tuple('LIST')", ("a", " b", "c")),
        ("s.list('LIST')", ["a", " b", "", "c"]),
        ("s.list('EMPTY')", []),
        ("decouple.config('LIST', cast=decouple.Csv())", ["a", "b", "c"]),
        ("e.list('NUMBERS', int)", [1, 2]),
        ("e('NUMBERS', cast=[int])", [1, 2]),
        ("s.list('NUMBERS', subcast=int)", [1, 2]),
        ("decouple.config('NUMBERS', cast=decouple.Csv(int))", [1, 2]),
        ("decouple.config('NUMBERS', cast=decouple.Csv(post_process=tuple))", ("1", "2")),
        ("e.json('JSON')", [1, {"a": "b"}]),
        ("s.json('JSON')", [1, {"a": "b"}]),
        ("e.dict('DICT')", {"a": "1", "b": "2"}),
        ("s.dict('DICT')", {"a": "1", "b": "2"}),
        ("sorted(e.email_url('X', default='consolemail://'))[1]", "EMAIL_FILE_PATH"),
        ("'NAME' in e.db('X', default='sqlite:///a')", True),
    ],
)
def test_a_variable_is_read_as_the_package_reads_it(
    tmp_path: Path, expression: str, expected: object
) -> None:
    """The text of the environment or the default, through the package's own conversion."""
    result = evaluate(tmp_path, settings=f"{PRELUDE}VALUE = {expression}", environ=ENVIRON)
    value = result.default.value("VALUE")
    assert isinstance(value, Known), value
    assert (value.value, type(value.value)) == (expected, type(expected))


def test_a_prefix_of_environs_holds_within_its_block(tmp_path: Path) -> None:
    """``with env.prefixed(...)`` nests, and ends with the block."""
    source = PRELUDE + (
        "with s.prefixed('APP_'):\n    OUTER = s('NAME', 'no')\n    with s.prefixed('DB_'):\n"
        "        INNER = s('NAME', 'no')\n    AGAIN = s('NAME', 'no')\nAFTER = s('NAME', 'no')\n"
    )
    result = evaluate(tmp_path, settings=source, environ=ENVIRON)
    values = [result.default.value(name) for name in ("OUTER", "INNER", "AGAIN", "AFTER")]
    assert [value.value for value in values if isinstance(value, Known)] == ["outer", "inner", "outer", "no"]


def test_a_prefix_of_django_environ_is_an_attribute(tmp_path: Path) -> None:
    """``env.prefix = "APP_"``."""
    source = PRELUDE + "e.prefix = 'APP_'\nNAME = e('NAME')\n"
    value = evaluate(tmp_path, settings=source, environ=ENVIRON).default.value("NAME")
    assert isinstance(value, Known)
    assert value.value == "outer"


@pytest.mark.parametrize(
    ("reader", "error"),
    [
        ("environ.Env()('X')", "django.core.exceptions.ImproperlyConfigured"),
        ("environs.Env().bool('X')", "environs.EnvError"),
        ("decouple.config('X')", "decouple.UndefinedValueError"),
    ],
)
def test_what_is_required_raises_the_packages_own_exception(tmp_path: Path, reader: str, error: str) -> None:
    """Where the settings catch it; ``except KeyError`` is for ``os.environ`` alone."""
    module, _, name = error.rpartition(".")
    source = (
        f"{PRELUDE}from {module} import {name}\nMIDDLEWARE = ['a']\n"
        f"try:\n    {reader}\nexcept KeyError:\n    MIDDLEWARE.append('no')\nexcept {name}:\n    MIDDLEWARE.append('b')\n"
    )
    assert listed(evaluate(tmp_path, settings=source).default) == ["a", "b"]


def test_decouple_reads_the_projects_own_files(tmp_path: Path) -> None:
    """``settings.ini`` or ``.env`` beside the settings or above, the environment before it."""
    (tmp_path / ".env").write_text("FROM_FILE=yes\nBOTH=yes\n", "utf-8")
    source = (
        "from decouple import config\nFILE = config('FROM_FILE', default=False, cast=bool)\n"
        "GIVEN = config('BOTH', cast=bool)\n"
    )
    result = evaluate(tmp_path, "pkg.settings", {"BOTH": "no"}, pkg__settings=source)
    values = [result.default.value(name) for name in ("FILE", "GIVEN")]
    assert [value.value for value in values if isinstance(value, Known)] == [True, False]
    (tmp_path / ".env").unlink()
    (tmp_path / "settings.ini").write_text("[settings]\nFROM_FILE=on\nBOTH=no\n", "utf-8")
    value = evaluate(tmp_path, "pkg.settings").default.value("FILE")
    assert isinstance(value, Known)
    assert value.value is True


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("s.list('SEMI', delimiter=';')", ["a", "b"]),
        ("s.list('SEMI', validate=len)", None),
        ("e.tuple('ROUND')", ("a", "b")),
        ("e.tuple('NUMBERS', int)", (1, 2)),
        ("e.float('GROUPED')", 1234.5),
        ("e.float('ONE')", 1.0),
        ("e('PROXY')", None),
        ("e('ESCAPED')", None),
        ("e.str('LINES')", "a\\nb"),
        ("e.str('LINES', multiline=True)", None),
        ("e.str('ONE', multiline=True)", "1"),
        ("environs.Env(expand_vars=True)('PROXY')", None),
        ("environs.Env(prefix='APP_')('NAME')", "outer"),
        ("decouple.config('QUOTED', cast=decouple.Csv())", ["a", "b,c"]),
        ("decouple.config('HASH', cast=decouple.Csv())", ["a"]),
        ("decouple.config('ROUND', cast=decouple.Csv(strip=' ()'))", ["a", "b"]),
        # environs' words are written small, large, or with a capital; its parts are read as the variable is.
        ("s.bool('ODD')", None),
        ("s.list('ZERO', subcast=bool)", [False]),
        ("s.dict('BLANKED')", {"a": "1", "b": "2"}),
        ("s.float('NAN')", None),
        ("e.dict('BLANKED')", {"a": " 1", " b": "2"}),
        # A text that is the default is not read, and of an address the default is.
        ("e.bool('ONE', '1')", "1"),
        ("e.url('X', default='')", None),
        ("e('ONE', str, 'd', True)", None),
        ("e['ONE']", None),
        ("environs.FileAwareEnv()('SECRET', 'no')", None),
        ("environs.FileAwareEnv()('ONE', 'no')", "1"),
        ("environ.FileAwareEnv()('SECRET', default='no')", None),
        ("environ.FileAwareEnv()('OTHER', default='no')", "no"),
    ],
)
def test_arguments_and_texts_that_have_a_meaning_of_their_own(
    tmp_path: Path, expression: str, expected: object
) -> None:
    """Read as the package reads them, or not known: never as if they were not there."""
    given = {
        "SEMI": "a;b",
        "GROUPED": "1,234.5",
        "ROUND": "(a,b)",
        "PROXY": "$ONE",
        "ESCAPED": "\\$ONE",
        "LINES": "a\\nb",
        "QUOTED": 'a,"b,c"',
        "HASH": "a#b,c",
        "SECRET_FILE": "/run/secret",
        "ODD": "tRuE",
        "ZERO": "0",
        "BLANKED": "a= 1, b=2",
        "NAN": "nan",
    }
    result = evaluate(tmp_path, settings=f"{PRELUDE}VALUE = {expression}", environ=ENVIRON | given)
    value = result.default.value("VALUE")
    assert (value.value if isinstance(value, Known) else None) == expected


def test_smart_cast_is_an_attribute(tmp_path: Path) -> None:
    """Without it no type is guessed from a default."""
    source = f"{PRELUDE}e.smart_cast = False\nVALUE = e('ONE', default=5)\n"
    value = evaluate(tmp_path, settings=source, environ=ENVIRON).default.value("VALUE")
    assert isinstance(value, Known)
    assert value.value == "1"


def test_what_environs_refuses_is_not_said_to_end_the_settings(tmp_path: Path) -> None:
    """The exception is the package's own, and settings may catch it."""
    source = (
        f"{PRELUDE}MIDDLEWARE = ['a']\ntry:\n    s.bool('WORD')\nexcept environs.EnvError:\n"
        "    MIDDLEWARE.append('b')\n"
    )
    result = evaluate(tmp_path, settings=source, environ=ENVIRON)
    assert not result.error
    assert ["a", "b"] in [listed(variant) for variant in result.variants]


def test_sealing_reads_no_file(tmp_path: Path) -> None:
    """``env.seal()`` of environs only checks."""
    (tmp_path / ".env").write_text("A=file\n", "utf-8")
    source = f"{PRELUDE}s.seal()\nVALUE = s('A', 'no')\n"
    value = evaluate(tmp_path, settings=source).default.value("VALUE")
    assert isinstance(value, Known)
    assert value.value == "no"


def test_a_value_of_configurations_with_an_argument_of_its_own(tmp_path: Path) -> None:
    """``separator`` is not read: the default is known, what the environment says is not."""
    source = (
        "from configurations import Configuration, values\nclass Base(Configuration):\n"
        "    MIDDLEWARE = values.ListValue(['a'], environ_name='MW', separator=';')\n"
    )
    given = {"DJANGO_CONFIGURATION": "Base"}
    assert listed(evaluate(tmp_path, settings=source, environ=given).default) == ["a"]
    assert listed(evaluate(tmp_path, settings=source, environ=given | {"DJANGO_MW": "a;b"}).default) is None


@pytest.mark.parametrize(
    ("made", "variable", "expected"),
    [
        ("BooleanValue(False, environ_name='X')", "yes", True),
        ("BooleanValue(False, environ_name='X')", "on", None),
        ("PositiveIntegerValue(1, environ_name='X')", "2", 2),
        ("EmailValue('a@b.de', environ_name='X')", "c@d.de", None),
        ("DictValue({'a': 'b'}, environ_name='X')", "{}", None),
        ("Value('d', environ_name='x')", "e", "d"),
        ("Value('d', environ_name='X', environ_prefix='DJANGO_')", "e", "e"),
    ],
)
def test_what_a_value_of_configurations_reads(
    tmp_path: Path, made: str, variable: str, expected: object
) -> None:
    """By its own words and under the name as it is written; what is not said here is not known."""
    source = f"from configurations import values\ntry:\n    VALUE = values.{made}\nexcept ValueError:\n    VALUE = None\n"
    value = evaluate(tmp_path, settings=source, environ={"DJANGO_X": variable}).default.value("VALUE")
    assert (value.value if isinstance(value, Known) else None) == expected
