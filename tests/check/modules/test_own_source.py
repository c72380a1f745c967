"""The bytes of a project's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.modules import own_source
from bridgekit.check.modules.bounded_reading import UnreadableError
from bridgekit.check.modules.own_source import OwnSource


def source(root: Path, *, over: bool = False) -> OwnSource:
    return OwnSource([str(root)], lambda path: "hidden" not in path, lambda path: over)


def test_files_are_named_by_a_word_in_them(tmp_path: Path) -> None:
    for name, text in {
        "a.py": "x.flag = 1",
        "b.py": "y = 2",
        "test_a.py": "x.flag",
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "hidden.py").symlink_to(tmp_path / "a.py")
    found = source(tmp_path)
    assert found.naming("flag") == (str(tmp_path / "a.py"),)
    assert found.content(str(tmp_path / "a.py")) == b"x.flag = 1"


def test_nothing_is_read_once_the_run_is_over(tmp_path: Path) -> None:
    """And what was not read is left out: nobody may say that none of it names something."""
    (tmp_path / "a.py").write_text("x.flag = 1", "utf-8")
    found = source(tmp_path, over=True)
    assert found.naming("flag") == ()
    assert found.left_out == str(tmp_path)


def test_a_pipe_in_the_project_holds_nobody(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "a.py")
    assert source(tmp_path).naming("flag") == ()


def test_what_lies_behind_too_many_bytes_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was passed over in silence."""
    monkeypatch.setattr(own_source, "_MAX_BYTES", 30)
    for name in "abc":
        (tmp_path / f"{name}.py").write_text("x = 1  # twenty bytes", "utf-8")
    found = source(tmp_path)
    assert found.left_out == str(tmp_path / "c.py")
    assert len(found.naming("twenty")) == 2


def test_what_lies_behind_too_many_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was passed over in silence, too."""
    monkeypatch.setattr(own_source, "MAX_FILES", 2)
    for name in "abc":
        (tmp_path / f"{name}.py").write_text("x.flag = 1", "utf-8")
    found = source(tmp_path)
    assert found.left_out == str(tmp_path / "c.py")
    assert len(found.naming("flag")) == 2


def test_a_large_file_is_searched_and_not_given_out_to_be_parsed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\n" * 200_000 + b"y.flag = 1\n")
    found = source(tmp_path)
    assert found.naming("flag") == (str(tmp_path / "a.py"),)
    assert found.left_out == ""
    with pytest.raises(UnreadableError):
        found.read(tmp_path / "a.py")
