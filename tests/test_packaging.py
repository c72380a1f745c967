from __future__ import annotations

import configparser
import importlib.metadata
import importlib.resources
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.helpers.loosely import loosely

ROOT = Path(__file__).parents[1]


def test_type_marker_is_installed() -> None:
    assert importlib.resources.files("bridgekit").joinpath("py.typed").is_file()


def test_runtime_dependencies_are_the_three() -> None:
    required = importlib.metadata.requires("bridgekit") or []
    runtime = {name.split(">")[0] for name in required if "extra ==" not in name}
    assert runtime == {"anyio", "asgiref", "click"}


def test_the_command_is_installed() -> None:
    scripts = importlib.metadata.entry_points(group="console_scripts", name="bridgekit")
    assert [script.value for script in scripts] == ["bridgekit.cli:main"]


def test_the_rule_pages_are_installed() -> None:
    """`bridgekit explain` works from the wheel: the pages are in it, or (in a checkout) in docs/."""
    from bridgekit.check.findings.pages import rule_page
    from bridgekit.check.rules.registry import ALL_RULES

    assert all(rule_page(rule.code).startswith(f"# {rule.code}") for rule in ALL_RULES)


def test_no_link_of_the_package_page_is_dead() -> None:
    """The README's links lead to files of the repository, which has no address there."""
    page = loosely(importlib.metadata.metadata("bridgekit")).get_payload()
    assert isinstance(page, str)
    assert page.startswith("# bridgekit")
    links = re.findall(r"\]\(([^)]*)\)", page)
    assert links
    assert [link for link in links if not link.startswith("https://")] == []


def test_every_server_that_the_command_knows_is_an_extra() -> None:
    from bridgekit.serve.servers import SERVERS

    extras = set(importlib.metadata.metadata("bridgekit").get_all("Provides-Extra") or ())
    assert {*SERVERS, "all", "django", "opentelemetry", "prometheus", "trio", "uvloop", "websocket"} <= extras


def test_the_extra_of_all_brings_one_server_and_what_parts_ask_for() -> None:
    required = importlib.metadata.requires("bridgekit") or []
    brought = {re.split(r"[<>=; ]", line)[0] for line in required if re.search(r"extra == .all.", line)}
    assert brought == {
        *("django", "opentelemetry-sdk", "prometheus-client", "trio"),
        *("uvicorn", "uvloop", "wsproto"),
    }


def test_the_source_distribution_has_what_the_tests_read() -> None:
    included = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"][
        "targets"
    ]
    tracked = {
        ".ci",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "README.md",
        "benchmarks",
        "conftest.py",
        "docs",
        "examples",
        "src",
        "tests",
    }
    read_by_tests = {".github", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml", "SECURITY.md"}
    named = {path.removeprefix("/") for path in included["sdist"]["include"]}
    assert tracked | {".gitignore", "tox.ini", "typing_tests"} | read_by_tests == named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_source_distribution_has_every_folder_and_file_of_the_repository() -> None:
    """Else its own tests do not pass from it: `conftest.py`, which runs the manual's blocks, was left out once."""
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode or not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    included = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"][
        "targets"
    ]
    named = {path.removeprefix("/") for path in included["sdist"]["include"]}
    by_itself, of_git = {"LICENSE", "pyproject.toml"}, {".gitattributes"}
    assert set(listed.stdout.split()) - by_itself - of_git <= named


def test_the_lowest_environment_names_every_runtime_dependency() -> None:
    """`tox run -e lowest` proves the lower bounds only if it asks for the same ones."""
    required = importlib.metadata.requires("bridgekit") or []
    runtime = {name for name in required if "extra ==" not in name}
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    asked = {line.strip() for line in tox["testenv:lowest"]["deps"].splitlines()}
    assert runtime <= asked
