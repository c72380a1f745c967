from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.helpers.outcomes import FAILED, FILE, RAN, ROOT, main, never_run, reason_of, untouched_files

TESTS = """
import pytest
def test_runs(): ...
@pytest.mark.parametrize("n", [1, 2])
def test_skips(n):
    if n == 1:
        pytest.skip("too old a machine")
def test_needs():
    pytest.importorskip("not_installed_anywhere")
"""
FAILING = """
import pytest
@pytest.fixture
def broken():
    yield
    assert False
def test_fails():
    assert False
def test_is_not_cleaned_up(broken): ...
"""


def test_what_failed_did_not_run(tmp_path: Path) -> None:
    """A cell of the manual's table must not say "ok" for it."""
    tmp_path.joinpath("conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text("utf-8"))
    tmp_path.joinpath("test_failing.py").write_text(FAILING)
    file = tmp_path / "outcomes.json"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=ROOT,
        env={**environment, FILE: str(file)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    found = json.loads(file.read_text())
    assert found == {"test_failing.py::test_fails": FAILED, "test_failing.py::test_is_not_cleaned_up": FAILED}


def test_what_ran_is_written_down_with_and_without_workers(tmp_path: Path) -> None:
    tmp_path.joinpath("conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text("utf-8"))
    tmp_path.joinpath("test_few.py").write_text(TESTS)
    tmp_path.joinpath("test_module.py").write_text(
        "import pytest\npytest.importorskip('not_installed_anywhere')"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    written = []
    for number, workers in enumerate(("0", "2")):
        file = tmp_path / f"{number}.json"
        options = ["-q", "-n", workers, "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)]
        subprocess.run(
            [sys.executable, "-m", "pytest", *options],
            cwd=ROOT,
            env={**environment, FILE: str(file)},
            capture_output=True,
            check=True,
        )
        written.append(json.loads(file.read_text()))
    assert written[0] == written[1]
    assert written[0]["test_few.py::test_runs"] == written[0]["test_few.py::test_skips[2]"] == RAN
    assert written[0]["test_few.py::test_skips[1]"] == "Skipped: too old a machine"
    assert written[0]["test_few.py::test_needs"].startswith("package: ")
    assert written[0]["test_module.py"].startswith("package: ")


def test_what_ran_in_one_environment_ran() -> None:
    first = {"a.py::x": RAN, "a.py::y": "no Apache", "b.py": "package: flask"}
    second = {"a.py::y": "no browser", "b.py::z": RAN}
    assert never_run([first, second]) == {"a.py::y": {"no Apache", "no browser"}}
    assert never_run([first]) == {"a.py::y": {"no Apache"}, "b.py": {"package: flask"}}


def test_a_file_that_no_environment_names_is_seen(tmp_path: Path) -> None:
    (tmp_path / "tests" / "serve").mkdir(parents=True)
    for name in ("tests/test_a.py", "tests/serve/test_b.py", "tests/serve/test_c.py"):
        (tmp_path / name).touch()
    assert untouched_files([{"tests/test_a.py::x": RAN, "tests/serve/test_c.py": "?"}], tmp_path) == [
        "tests/serve/test_b.py"
    ]


def test_only_what_tox_could_have_installed_is_an_error(tmp_path: Path) -> None:
    all_files = dict.fromkeys(untouched_files([]), RAN)
    (tmp_path / "one.json").write_text(json.dumps({**all_files, "x.py::y": "no Apache"}))
    assert main(str(tmp_path)) == 0
    (tmp_path / "one.json").write_text(json.dumps({**all_files, "x.py::y": "package: flask"}))
    assert main(str(tmp_path)) == 1


def test_a_reason_without_a_place_is_shown_as_it_is() -> None:
    assert reason_of("?") == "?"
