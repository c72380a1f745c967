"""Turn one file into a syntax tree, or into the reason why it cannot be one.

Nothing here raises for what a file contains: the files come from other people's projects and site-packages. The
limits name their ground where they are declared.
"""

from __future__ import annotations

import ast
import os
import stat
import sys
import warnings
from dataclasses import dataclass

from bridgekit.check.newer_syntax import parenthesized_excepts

__all__ = ["MAX_SOURCE_BYTES", "SourceModule", "parse_file", "parse_source"]

MAX_SOURCE_BYTES = 1024 * 1024
"""Larger files are not read: the largest hand-written modules of CPython and Django stay below 300 KiB, and a tree
costs some 80 bytes of memory for each byte of source."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceModule:
    """One module as its source says it: a tree, or an ``error`` that says why there is none.

    ``name`` is the dotted name it was asked for by (empty when it was opened by path alone), ``path`` the file, and
    ``is_package`` whether the file is an ``__init__`` (relative imports start from the module itself, then). A
    namespace package has an empty tree and the path of its first directory.
    """

    name: str
    path: str
    tree: ast.Module | None
    error: str = ""
    error_line: int = 0
    is_package: bool = False

    @property
    def package(self) -> str:
        """What ``__package__`` would be: where this module's relative imports start."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def resolve_relative(self, level: int, module: str | None) -> str | None:
        """The absolute name that ``from <level dots><module> import`` means here; None beyond the top-level package."""
        if level == 0:
            return module
        parts = self.package.split(".") if self.package else []
        if level > len(parts):
            return None
        kept = parts[: len(parts) - level + 1]
        return ".".join([*kept, module] if module else kept)


def parse_file(path: str, name: str = "", *, is_package: bool = False) -> SourceModule:
    """Read and parse ``path``; every failure becomes `SourceModule.error`, never an exception."""

    def refused(error: str, line: int = 0) -> SourceModule:
        return SourceModule(name, path, None, error, line, is_package)

    try:
        # Non-blocking, and judged by the open file: a named pipe in the tree would hold a plain open() for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                return refused("not a regular file")
            if status.st_size > MAX_SOURCE_BYTES:
                return refused(_too_large(status.st_size))
            source = stream.read(MAX_SOURCE_BYTES + 1)
    except (OSError, ValueError) as error:
        return refused(f"cannot be read: {getattr(error, 'strerror', None) or error}")
    if len(source) > MAX_SOURCE_BYTES:
        return refused(_too_large(len(source)))
    tree, reason, line = parse_source(source)
    return SourceModule(name, path, tree, reason, line, is_package)


def parse_source(source: bytes) -> tuple[ast.Module | None, str, int]:
    """Parse the bytes of a module as Python would: the tree, or the reason for none and its line (0 if unknown)."""
    try:
        with warnings.catch_warnings():
            # Invalid escapes and the like are the file's business, and would be errors under -W error.
            warnings.simplefilter("ignore")
            return ast.parse(source), "", 0
    except SyntaxError as error:
        rewritten = parenthesized_excepts(source) if "must be parenthesized" in error.msg else None
        if rewritten is not None:
            return parse_source(rewritten)
        return None, _syntax_reason(error), error.lineno or 0
    except ValueError as error:
        return None, f"is no Python source: {error}", 0
    except (RecursionError, MemoryError):
        return None, "is nested too deeply to be parsed", 0


def _too_large(size: int) -> str:
    return f"is {size / 1_048_576:.1f} MiB; files above {MAX_SOURCE_BYTES / 1_048_576:.0f} MiB are not read"


def _syntax_reason(error: SyntaxError) -> str:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if isinstance(error, IndentationError) or error.lineno:
        return f"cannot be parsed by Python {version}: {error.msg} (line {error.lineno or '?'})"
    return f"cannot be parsed by Python {version}: {error.msg}"
