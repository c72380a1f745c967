"""The files beside the package: workflows, templates, configuration for hooks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bridgekit.cli import main

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[1]
FILES = sorted([*ROOT.glob(".github/**/*.yml"), *ROOT.glob(".pre-commit*.yaml")])


def blocks(page: str) -> list[Any]:
    """The YAML blocks of a page of the manual."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return [
        yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_yaml_file_can_be_read(file: Path) -> None:
    assert yaml.safe_load(file.read_text("utf-8"))


def test_publishing_needs_no_token_and_nothing_else_may_write() -> None:
    """Trusted publishing: the job asks for an identity, and for that alone."""
    release = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8"))
    assert release["permissions"] == {"contents": "read"}
    assert release["jobs"]["publish"]["permissions"] == {"id-token": "write"}
    assert "secrets." not in (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")


def test_ci_runs_what_the_repository_runs() -> None:
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]["all"][
        "steps"
    ]
    assert [step["run"] for step in steps if "run" in step] == ["bash .ci/run"]


def test_the_commands_of_the_manuals_ci_blocks_have_options_that_exist() -> None:
    known = {option for parameter in main.commands["check"].params for option in parameter.opts}
    lines = [
        line for block in blocks("check.md") for line in re.findall(r"bridgekit check [^'\"]+", str(block))
    ]
    used = [option for line in lines for option in re.findall(r"--[a-z-]+", line)]
    assert len(lines) >= 3
    assert set(used) <= known
    for form in re.findall(r"--format (\w+)", " ".join(lines)):
        assert CliRunner().invoke(main, ["check", "--format", form, "--help"]).exit_code == 0
