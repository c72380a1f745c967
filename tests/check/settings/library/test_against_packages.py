"""Texts of ``.env`` files and of variables through the packages themselves: what is read here is what they say, or not known."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit.check.settings.interpreter.data import DictValue, ListValue, Value
from bridgekit.check.settings.library import configurations, env_grammars, env_libraries, pydantic_settings
from bridgekit.check.settings.library.decouple import DECOUPLE
from bridgekit.check.settings.library.env_casts import Cast
from bridgekit.check.settings.library.env_grammars import Grammar

decouple = pytest.importorskip("decouple")
dotenv = pytest.importorskip("dotenv")
environ = pytest.importorskip("environ")
environs = pytest.importorskip("environs")
pydantic = pytest.importorskip("pydantic_settings")
values = pytest.importorskip("configurations.values")
configured = pytest.importorskip("configurations.base")

PIECES = [
    "A",
    "B",
    "AB",
    "export",
    "export=",
    "=",
    "=",
    "=",
    "'",
    '"',
    "'",
    '"',
    "\\",
    "\\n",
    '\\"',
    "\\'",
    "#",
    ":",
    "-",
    "$A",
    "${A}",
    "${B:-d}",
    "x=1",
    "A=1",
    "export·A=",
    "·#",
    "··=",
    "é",
    "\ufeff",
]
LINES = st.lists(
    st.sampled_from([*(one.replace("·", " ") for one in PIECES), " ", "\t", "\n", "\n", "\n", "\r\n", "\r"]),
    max_size=14,
)
NAMES = ("A", "B", "AB", "export")


def _by_django_environ(path: Path) -> Mapping[str, str | None]:
    environ.Env.read_env(path)
    return dict(os.environ)


def _by_decouple(path: Path) -> Mapping[str, str | None]:
    found: Mapping[str, str | None] = decouple.RepositoryEnv(str(path)).data
    return found


def _by_configurations(path: Path) -> Mapping[str, str | None]:
    configured.Configuration.load_dotenv.__func__(type("Base", (), {"DOTENV": str(path)}))
    return dict(os.environ)


def _by_python_dotenv(path: Path) -> Mapping[str, str | None]:
    found: Mapping[str, str | None] = dotenv.dotenv_values(path, interpolate=False)
    return found


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / ".env"


@pytest.mark.parametrize(
    ("grammar", "theirs"),
    [
        (env_grammars.python_dotenv, _by_python_dotenv),
        (env_grammars.DJANGO_ENVIRON, _by_django_environ),
        (env_grammars.DECOUPLE, _by_decouple),
        (env_grammars.CONFIGURATIONS, _by_configurations),
    ],
)
@given(text=LINES.map("".join))
@example(text="A=1\nA=2\n")
@example(text="A=1\nexport A\n")
@example(text="export =1\n")
@example(text="A=x\x0cB=y\n")
@example(text="\ufeffA=1\n")
@example(text="\ufeffexport A=")
def test_a_file_is_read_as_the_package_reads_it(
    path: Path, grammar: Grammar, theirs: Callable[[Path], Mapping[str, str | None]], text: str
) -> None:
    """With any quotes, escapes, comments and ends of lines: each variable has the package's text, or is not known."""
    path.write_bytes(text.encode())
    with mock.patch.dict(os.environ, clear=True):
        expected = theirs(path)
    found = {name: value for name, value, _ in grammar(text)}
    for name in NAMES:
        assert found.get(name, "unset") in (None, expected.get(name, "unset"))


TEXTS = [
    "1",
    "0",
    "2",
    "-1",
    "+1",
    "1.0",
    "1.5",
    "1,5",
    "1.234,5",
    "1e3",
    "1_000",
    "nan",
    "inf",
    "0x1",
    "٣",
    "true",
    "True",
    "TRUE",
    "tRuE",
    "ok",
    "on",
    "On",
    "oN",
    "y",
    "Y",
    "yes",
    "Yes",
    "yEs",
    "t",
    "T",
    "no",
    "No",
    "nO",
    "off",
    "oFF",
    "f",
    "false",
    "False",
    "fAlSe",
    "n",
    "N",
    "none",
    "None",
    "null",
    "a",
    "a,b",
    "a,·b,,c",
    ",",
    "[1]",
    '{"a":1}',
    "a=1,b=2",
    "a=1,·b=2",
    "a=·1",
    "a=1,,",
    "a=",
    "=",
    "a=b=c",
    "(1,2)",
    "((a))",
    "1,",
    "·true",
    "true·",
    "·1",
    "1",
    "é",
]


def _django_environ(kind: str, text: str) -> Any:
    cast = {
        "json": environ.environ.json.loads,
        "bool": bool,
        "int": int,
        "float": float,
        "list": list,
        "tuple": tuple,
        "dict": dict,
    }
    return environ.Env.parse_value(text, cast.get(kind, str))


def _environs(kind: str, text: str) -> Any:
    return getattr(environs.Env(), kind)("X")


def _decouple(kind: str, text: str) -> Any:
    return decouple.config("X", cast=bool)


def _configurations(kind: str, text: str) -> Any:
    return getattr(values, kind)(*[False] if kind == "BooleanValue" else ()).to_python(text)


def _pydantic(kind: str, text: str) -> Any:
    made = type(
        "Made",
        (pydantic.BaseSettings,),
        {"__annotations__": {"x": {"bool": bool, "int": int, "float": float, "str": str}[kind]}},
    )
    return made().x


def _plain(value: Value) -> object:
    if isinstance(value, DictValue):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, ListValue):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, str) else value


def _outcome(call: Callable[[], object]) -> str:
    try:
        return repr(call())
    except Exception:
        return "refused"


def _rows() -> Iterator[tuple[str, str, Cast, Callable[[str, str], Any]]]:
    for name, casts, theirs in (
        ("django-environ", env_libraries.DJANGO_ENVIRON.casts, _django_environ),
        ("environs", env_libraries.ENVIRONS.casts, _environs),
        ("decouple", DECOUPLE.casts, _decouple),
        ("configurations", configurations.CASTS, _configurations),
        ("pydantic", pydantic_settings.CASTS, _pydantic),
    ):
        for kind, cast in casts.items():
            yield name, kind, cast, theirs


@pytest.mark.parametrize(
    ("package", "kind", "cast", "theirs"), [pytest.param(*row, id="-".join(row[:2])) for row in _rows()]
)
def test_a_text_becomes_what_the_package_makes_of_it(
    package: str, kind: str, cast: Cast, theirs: Callable[[str, str], Any]
) -> None:
    """Word by word; pydantic also takes what is refused here, and then it is not known."""
    for text in ["", " ", *(one.replace("·", " ") for one in TEXTS)]:
        with mock.patch.dict(os.environ, {"X": text}, clear=True):
            expected = _outcome(lambda text=text: theirs(kind, text))  # type: ignore[misc]
        found = _outcome(lambda text=text: _plain(cast(text)))  # type: ignore[misc]
        assert found == expected or (package, found) == ("pydantic", "refused"), text
