"""`bridgekit.check.modules.parsing`: whatever a file holds, a tree or a reason, never an exception."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from bridgekit.check.modules.bounded_reading import MAX_SOURCE_BYTES
from bridgekit.check.modules.parsing import parse_file


def parse_bytes(tmp_path: Path, source: bytes) -> tuple[object, str]:
    path = tmp_path / "m.py"
    path.write_bytes(source)
    module = parse_file(str(path))
    return module.tree, module.error


@pytest.mark.parametrize(
    "source",
    [
        b"x = 1",
        b"\xef\xbb\xbfx = 'bom'",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'",
        b"# -*- coding: cp1252 -*-\r\nx = '\x80'\r\n",
        b"x = '\\d'",  # an invalid escape: a SyntaxWarning, which -W error would make an error
        b"x = 1 is 1",
        b"",
    ],
)
def test_what_python_accepts_is_parsed_silently(tmp_path: Path, source: bytes) -> None:
    tree, error = parse_bytes(tmp_path, source)
    assert tree is not None
    assert error == ""


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"print 'python 2'", "cannot be parsed by Python"),
        (b"x = '\xe9'", "cannot be parsed by Python"),
        (b"# -*- coding: klingon -*-\n", "cannot be parsed by Python"),
        (b"x = 1\0", "null bytes"),
        (b"if x:\n\ty\n        z\n", "cannot be parsed by Python"),
        (b"(" * 5000 + b")" * 5000, "too"),
        (b"x = " + b"-" * 90_000 + b"1", "nested too deeply"),
        (b"x = 'unterminated", "line 1"),
    ],
)
def test_what_python_refuses_has_a_reason(tmp_path: Path, source: bytes, reason: str) -> None:
    tree, error = parse_bytes(tmp_path, source)
    assert tree is None
    assert reason in error


def test_large_files_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "big.py"
    with path.open("wb") as stream:
        stream.truncate(10 * MAX_SOURCE_BYTES)
    assert "10.0 MiB" in parse_file(str(path)).error


def test_a_named_pipe_does_not_hold_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert parse_file(str(tmp_path / "pipe.py")).error == "is not a regular file"


def test_a_directory_and_an_absent_file_have_reasons(tmp_path: Path) -> None:
    assert "directory" in parse_file(str(tmp_path)).error
    assert "No such file" in parse_file(str(tmp_path / "gone.py")).error
    assert parse_file("nul\0byte").error


def test_the_line_of_a_syntax_error_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("x = 1\ny = = 2\n")
    assert parse_file(str(path)).error_line == 2


@pytest.mark.parametrize(
    "source", [b"X=0\n" * 40_000, b"X=[" + b"[]," * 60_000 + b"]", b"X=[" + b"''," * 60_000 + b"]"]
)
def test_short_files_of_very_many_nodes_are_refused(tmp_path: Path, source: bytes) -> None:
    """Memory goes by the nodes of the tree: 600 kB of ``X=0`` would take 350 MiB."""
    assert "more than 100,000 tokens" in parse_bytes(tmp_path, source)[1]


def test_the_largest_modules_that_people_write_are_parsed() -> None:
    """The bound is for what no hand has written."""
    files = sorted(Path(ast.__file__).parent.glob("*.py"), key=lambda file: file.stat().st_size)[-3:]
    assert [parse_file(str(file)).error for file in files] == ["", "", ""]
