"""Loops whose rounds are not known may write the environment: what is read behind them is not the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.settings import Known
from tests.check.settings.evaluating import evaluate, listed


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("os.environ['A'] = '1'", [None, "b"]),
        ("os.environ[one] = '1'", [None, None]),
        ("os.environ.setdefault('A', '1')", [None, "b"]),
        ("os.environ.setdefault(one, '1')", [None, None]),
        ("os.environ.update(one)", [None, None]),
        ("os.environ |= one", [None, None]),
        ("os.environ.pop('A', None)", [None, "b"]),
        ("del os.environ['A']", [None, "b"]),
        ("write('A')", [None, None]),
        ("load_dotenv(one)", [None, None]),
        # Reading is not writing.
        ("os.environ.get('A')", ["a", "b"]),
        ("print(os.environ['A'])", ["a", "b"]),
    ],
)
@pytest.mark.parametrize("loop", ["for one in nowhere.THINGS:", "while nowhere.ask():"])
def test_a_loop_that_may_write_the_environment(
    tmp_path: Path, loop: str, body: str, expected: list[str | None]
) -> None:
    """A variable named there is unknown; all of them are where a name is not literal."""
    source = (
        "import nowhere, os\nfrom dotenv import load_dotenv\n"
        "def write(name):\n    os.environ[name] = '1'\n"
        f"one = nowhere.ONE\n{loop}\n    {body}\n"
        "FIRST = os.environ.get('A', 'a')\nSECOND = os.environ.get('B', 'b')\nMIDDLEWARE = []\n"
    )
    default = evaluate(tmp_path, settings=source).default
    found = [default.value(name) for name in ("FIRST", "SECOND")]
    assert [value.value if isinstance(value, Known) else None for value in found] == expected


@pytest.mark.parametrize(
    "lines",
    [
        "open(HERE / 'env.txt')",
        "open(HERE / 'env.txt').readlines()",
        "(HERE / 'env.txt').open()",
        "list(open(HERE / 'env.txt'))",
    ],
)
def test_the_lines_of_a_file_of_the_project_are_known(tmp_path: Path, lines: str) -> None:
    """Settings that read their own ``NAME=value`` files: the last line may have no end."""
    (tmp_path / "env.txt").write_text("A=1\n\n# c\nB=2=3", "utf-8")
    source = (
        "import os\nfrom pathlib import Path\nHERE = Path(__file__).parent\n"
        f"for line in {lines}:\n    name, sign, value = line.strip().partition('=')\n"
        "    if sign:\n        os.environ.setdefault(name, value)\n"
        "MIDDLEWARE = [os.environ['A'], os.environ['B']]\n"
    )
    assert listed(evaluate(tmp_path, settings=source).default) == ["1", "2=3"]


def test_a_file_is_read_once(tmp_path: Path) -> None:
    """What is left of it after its lines is not its content once more."""
    (tmp_path / "list.txt").write_text("a\nb\n", "utf-8")
    source = (
        "from pathlib import Path\nwith open(Path(__file__).parent / 'list.txt') as file:\n"
        "    for first in file:\n        break\n    MIDDLEWARE = [*file]\n"
    )
    assert listed(evaluate(tmp_path, settings=source).default) is None


@pytest.mark.parametrize(
    ("name", "text", "source", "expected"),
    [
        ("a.json", '{"list": ["a"]}', "json.load(open(HERE / 'a.json'))", ["a"]),
        ("a.json", '{"list": ["a"]}', "json.load(open(HERE / 'a.json', 'rb'))", ["a"]),
        ("a.toml", 'list = ["a"]', "tomllib.load(open(HERE / 'a.toml', 'rb'))", ["a"]),
        ("a.toml", 'list = ["a"]', "tomllib.loads((HERE / 'a.toml').read_text())", ["a"]),
        # tomllib wants bytes; hooks may make anything; and what is not there is not guessed.
        ("a.toml", 'list = ["a"]', "tomllib.load(open(HERE / 'a.toml'))", None),
        ("a.json", '{"list": ["a"]}', "json.load(open(HERE / 'a.json'), object_hook=dict)", None),
        ("a.json", "{}", "json.load(open(HERE / 'b.json'))", None),
    ],
)
def test_json_and_toml_files_of_the_project(
    tmp_path: Path, name: str, text: str, source: str, expected: list[str] | None
) -> None:
    """``load`` reads the file that ``open`` gives."""
    (tmp_path / name).write_text(text, "utf-8")
    result = evaluate(
        tmp_path,
        settings=f"import json, tomllib\nfrom pathlib import Path\nHERE = Path(__file__).parent\nMIDDLEWARE = {source}['list']\n",
    )
    assert listed(result.default) == expected


def test_split_settings_include_a_file_once(tmp_path: Path) -> None:
    """A pattern beside a name does not run the named file again, as its own list says."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/base.py").write_text("MIDDLEWARE = ['a']\n", "utf-8")
    (tmp_path / "parts/more.py").write_text("MIDDLEWARE.append('b')\n", "utf-8")
    (tmp_path / "parts/again.py").write_text("MIDDLEWARE.append('c')\n", "utf-8")
    source = (
        "from split_settings.tools import include\n"
        "include('parts/base.py', 'parts/again.py', 'parts/*.py')\ninclude('parts/../parts/more.py')\n"
    )
    assert listed(evaluate(tmp_path, settings=source).default) == ["a", "c", "b"]
