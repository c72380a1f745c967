from __future__ import annotations

import configparser
import importlib.metadata
import importlib.resources
from pathlib import Path


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
    from bridgekit.check.pages import rule_page
    from bridgekit.check.rules import ALL_RULES

    assert all(rule_page(rule.code).startswith(f"# {rule.code}") for rule in ALL_RULES)


def test_the_lowest_environment_names_every_runtime_dependency() -> None:
    """`tox run -e lowest` proves the lower bounds only if it asks for the same ones."""
    required = importlib.metadata.requires("bridgekit") or []
    runtime = {name for name in required if "extra ==" not in name}
    tox = configparser.ConfigParser()
    tox.read(Path(__file__).parent.parent / "tox.ini")
    asked = {line.strip() for line in tox["testenv:lowest"]["deps"].splitlines()}
    assert runtime <= asked
