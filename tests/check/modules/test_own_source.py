"""The bytes of a project's own files."""

from __future__ import annotations

from pathlib import Path

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
    (tmp_path / "a.py").write_text("x.flag = 1", "utf-8")
    assert source(tmp_path, over=True).naming("flag") == ()


def test_a_pipe_in_the_project_holds_nobody(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "a.py")
    assert source(tmp_path).naming("flag") == ()
