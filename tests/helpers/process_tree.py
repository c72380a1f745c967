"""Memory and members of a tree of processes, read from ``/proc`` (proc(5))."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def process_tree(root: int) -> list[int]:
    """The pid `root` and its living descendants, parents before children."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (parent := _parent(int(entry.name))) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    tree = [root]
    for pid in tree:
        tree += children.get(pid, [])
    return tree


def reset_peak_memory(pid: int) -> None:
    """Set the peak of `pid`'s resident memory ("VmHWM") back to its present size (proc(5), "clear_refs")."""
    PROC.joinpath(str(pid), "clear_refs").write_text("5")


def peak_memory(pid: int) -> int:
    """The highest resident size of `pid` in bytes since it began or since the last reset.

    A process that has ended is an error (`OSError` or `ValueError`): it would look as if it had used nothing.
    """
    for line in PROC.joinpath(str(pid), "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} has ended: it has no memory")


def _parent(pid: int) -> int | None:
    try:
        stat = PROC.joinpath(str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name may hold spaces and parentheses: count from its last one.
    state, parent = stat.rpartition(")")[2].split()[:2]
    return None if state == "Z" else int(parent)
