"""``[tool.bridgekit]`` and how the command line overrides it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.project.config import Options, merge_config, read_config
from bridgekit.exceptions import ProjectError
from bridgekit.middleware_chain.requests import Server


def project(tmp_path: Path, table: str) -> Path:
    (tmp_path / "pyproject.toml").write_text(table, "utf-8")
    return tmp_path


FULL = """
[tool.bridgekit]
settings = "shop.settings"
server = "wsgi"
select = ["BRG00"]
ignore = ["BRG001", "BRG002"]
baseline = "ci/baseline.json"
python = ".venv"
env = { STAGE = "prod", DEBUG = "0" }
"""


def test_the_manuals_example_has_every_key(tmp_path: Path) -> None:
    """And nothing that would be refused."""
    manual = Path(__file__).parents[3].joinpath("docs/check.md").read_text("utf-8")
    shown, _, _ = manual.partition("```toml\n")[2].partition("```")
    config, _ = read_config(project(tmp_path, shown))
    every, _ = read_config(project(tmp_path, FULL))
    assert config.keys() == every.keys()


def test_every_key_becomes_an_option(tmp_path: Path) -> None:
    """A baseline is relative to the file that names it."""
    config, file = read_config(project(tmp_path, FULL))
    assert file == tmp_path / "pyproject.toml"
    assert merge_config(Options(tmp_path), [], config) == Options(
        tmp_path,
        settings=("shop.settings",),
        server=Server.WSGI,
        select=("BRG00",),
        ignore=("BRG001", "BRG002"),
        baseline=tmp_path / "ci/baseline.json",
        python=".venv",
        python_named_in="tool.bridgekit.python",
        env={"STAGE": "prod", "DEBUG": "0"},
    )


def test_the_command_line_wins_and_adds_to_the_environment(tmp_path: Path) -> None:
    """What was said is kept, even if it equals the default; --env adds and overrides."""
    config, _ = read_config(project(tmp_path, FULL))
    given = Options(tmp_path, server=Server.ASGI, env={"DEBUG": "1"})
    merged = merge_config(given, ["server"], config)
    assert merged.server is Server.ASGI
    assert merged.env == {"STAGE": "prod", "DEBUG": "1"}


def test_the_nearest_file_upwards_is_taken(tmp_path: Path) -> None:
    """Run from a folder of the project, or on it."""
    inner = project(tmp_path, FULL) / "src" / "shop"
    inner.mkdir(parents=True)
    assert read_config(inner)[1] == tmp_path / "pyproject.toml"


def test_a_file_without_the_table_says_nothing(tmp_path: Path) -> None:
    """Other tools' files are no error."""
    assert read_config(project(tmp_path, "[project]\nname = 'x'\n"))[0] == {}


def test_a_byte_order_mark_is_no_part_of_the_table(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    assert read_config(project(tmp_path, "\ufeff[tool.bridgekit]\nserver = 'wsgi'\n"))[0] == {
        "server": Server.WSGI
    }


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[tool.bridgekit", "cannot be read as TOML"),
        ("[tool]\nbridgekit = 3", "is not a table"),
        (
            "[tool.bridgekit]\nservr = 'asgi'",
            "has no key 'servr'; did you mean server. it knows baseline, env,",
        ),
        ("[tool.bridgekit]\nserver = 'cgi'", "server must be"),
        ("[tool.bridgekit]\nselect = [1]", "select must be a string or a list of strings"),
        ("[tool.bridgekit]\nenv = { A = 1 }", "env must be a table of strings"),
        ("[tool.bridgekit]\npython = 3", "python must be a string"),
        ("x = " + "[" * 100_000, "cannot be read as TOML"),
        ("#" * 2_000_000, "1.9 MiB; files above 1 MiB are not read"),
    ],
)
def test_a_mistake_is_an_error_that_names_it(tmp_path: Path, table: str, said: str) -> None:
    """A typo that is ignored would change what is checked in silence."""
    with pytest.raises(ProjectError, match=said):
        read_config(project(tmp_path, table))


def test_an_environment_beside_the_file_is_found_from_everywhere(tmp_path: Path) -> None:
    """Relative to pyproject.toml, as the baseline is; a bare name that is no folder there stays a command."""
    (tmp_path / ".venv").mkdir()
    assert read_config(project(tmp_path, "[tool.bridgekit]\npython = '.venv'\n"))[0] == {
        "python": str(tmp_path / ".venv")
    }
    assert read_config(project(tmp_path, "[tool.bridgekit]\npython = 'python3.12'\n"))[0] == {
        "python": "python3.12"
    }
