"""Turn one file into a syntax tree, or into the reason why it cannot be one.

Nothing here raises for what a file contains: the files come from other people's projects and site-packages. The
limits name their ground where they are declared.
"""

from __future__ import annotations

import ast
import sys
import warnings

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.modules.newer_syntax import parenthesized_excepts
from bridgekit.middleware_chain.facts import Location

MAX_TOKENS = 100_000
"""Files with more tokens are not parsed: a tree costs some 400 bytes of memory for each in code that people write, 900
in ``X=0`` over and over, whatever the size in bytes. The standard library's turtle.py, of 150 KiB, has 29,000, mypy's checker.py, of 450 KiB, 73,000."""

_WORDS = bytes(c if c > 127 or chr(c).isalnum() or c == ord("_") else ord(" ") for c in range(256))
_SIGNS = tuple(bytes([c]) for c in b"([{.,;-'\"\n")
"""What may start or end a node of the tree without a word."""


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
        return absolute_name(self.package, level, module)

    def location_of(self, node: ast.AST | None) -> Location:
        """Where a node of this module stands; the first line for one that does not say."""
        return Location(self.path, getattr(node, "lineno", 1) or 1, getattr(node, "col_offset", 0) + 1)


def absolute_name(package: str, level: int, module: str | None) -> str | None:
    """What ``from <level dots><module> import`` means in a package; None beyond the top-level package."""
    if level == 0:
        return module
    parts = package.split(".") if package else []
    if level > len(parts):
        return None
    kept = parts[: len(parts) - level + 1]
    return ".".join([*kept, module] if module else kept)


def parse_file(path: str, name: str = "", *, is_package: bool = False) -> SourceModule:
    """Read and parse ``path``; every failure becomes `SourceModule.error`, never an exception."""
    try:
        source = read_bounded(path)
    except UnreadableError as error:
        return SourceModule(name, path, None, str(error), is_package=is_package)
    tree, reason, line = parse_source(source)
    return SourceModule(name, path, tree, reason, line, is_package)


def parse_source(source: bytes) -> tuple[ast.Module | None, str, int]:
    """Parse the bytes of a module as Python would: the tree, or the reason for none and its line (0 if unknown)."""
    if len(source) > MAX_TOKENS and count_tokens(source) > MAX_TOKENS:
        return None, f"has more than {MAX_TOKENS:,} tokens; longer files are not parsed", 0
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
        return None, f"is not Python source: {error}", 0
    except (RecursionError, MemoryError):
        return None, "is nested too deeply to be parsed", 0


def count_tokens(source: bytes) -> int:
    """About how many nodes the tree has, without making it."""
    return len(source.translate(_WORDS).split()) + sum(map(source.count, _SIGNS))


def _syntax_reason(error: SyntaxError) -> str:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if isinstance(error, IndentationError) or error.lineno:
        return f"cannot be parsed by Python {version}: {error.msg} (line {error.lineno or '?'})"
    return f"cannot be parsed by Python {version}: {error.msg}"
