"""The bytes of a project's own files, to ask which of them name something without parsing any.

Code may set an attribute of a class or a module from any file. A name that stands in none of them is set by none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bridgekit.check.modules.bounded_reading import MAX_SOURCE_BYTES, UnreadableError, read_bounded
from bridgekit.check.modules.python_files import python_files

MAX_FILES = 20_000
_MAX_BYTES = 32 * 1024 * 1024
"""In all: what lies behind is left out, and said to be. The largest Django projects seen have 20 MiB."""


class OwnSource:
    """The Python files below some folders, tests left out, read at the first question and remembered as bytes.

    ``may_be_read`` is asked of each link; ``is_over`` ends the reading once the run's bounds are reached.
    """

    __slots__ = (
        "_ends",
        "_is_over",
        "_left_out",
        "_may_be_read",
        "_naming",
        "_paths",
        "_roots",
        "_spans",
        "_text",
    )

    def __init__(
        self, roots: Iterable[str], may_be_read: Callable[[str], bool], is_over: Callable[[str], object]
    ) -> None:
        self._roots = tuple(roots)
        self._may_be_read = may_be_read
        self._is_over = is_over
        self._text: bytes | None = None
        self._left_out = ""
        self._paths: list[str] = []
        self._ends: list[int] = []
        self._spans: dict[str, tuple[int, int]] = {}
        self._naming: dict[str, tuple[str, ...]] = {}

    def naming(self, word: str) -> tuple[str, ...]:
        """Paths of the files in whose bytes the word stands, whatever it means there."""
        found = self._naming.get(word)
        if found is None:
            found = self._naming[word] = tuple(self._holding(word.encode("utf-8", "replace")))
        return found

    @property
    def left_out(self) -> str:
        """The first file that was not read, for it or what stands before it is too much; empty where all were."""
        self._all()
        return self._left_out

    def content(self, path: str) -> bytes:
        """The bytes of one of those files."""
        text = self._all()
        start, end = self._spans.get(path, (0, 0))
        return text[start:end]

    def read(self, file: Path) -> bytes:
        """The bytes of any file, from memory where they are there; raises `UnreadableError` as `read_bounded` does."""
        self._all()
        path = str(file)
        start, end = self._spans.get(path, (0, MAX_SOURCE_BYTES + 1))
        return self.content(path) if end - start <= MAX_SOURCE_BYTES else read_bounded(file)

    def _holding(self, word: bytes) -> Iterator[str]:
        text = self._all()  # one search of all is a tenth of a search of each
        at = text.find(word)
        while at != -1:
            number = bisect_right(self._ends, at)
            if at + len(word) <= self._ends[number]:
                yield self._paths[number]
                at = text.find(word, self._ends[number])
            else:
                at = text.find(word, at + 1)

    def _all(self) -> bytes:
        if self._text is None:
            contents: list[bytes] = []
            for path, content in self._read():
                contents.append(content)
                self._paths.append(path)
                start = self._ends[-1] if self._ends else 0
                self._ends.append(start + len(content))
                self._spans[path] = start, start + len(content)
            self._text = b"".join(contents)
        return self._text

    def _read(self) -> Iterator[tuple[str, bytes]]:
        seen: set[str] = set()
        total = 0
        for root in self._roots:
            for file in python_files(Path(root), self._ends_at):
                path = str(file)
                if path in seen or _is_test(file) or (file.is_symlink() and not self._may_be_read(path)):
                    continue
                seen.add(path)
                if total > _MAX_BYTES or len(seen) > MAX_FILES:
                    self._left_out = self._left_out or path
                    return
                try:
                    # Searched for words; parsed only if it is not large.
                    content = read_bounded(path, _MAX_BYTES)
                except UnreadableError:
                    if file.is_file():
                        self._left_out = self._left_out or path
                    continue
                total += len(content)
                yield path, content

    def _ends_at(self, place: Path) -> bool:
        """Whether the run is over: what was not read by then is left out."""
        over = bool(self._is_over(str(place)))
        if over:
            self._left_out = self._left_out or str(place)
        return over


def _is_test(file: Path) -> bool:
    """Whether a file is run by a test runner alone: what it replaces is put back."""
    return file.name.startswith("test_") or file.name in ("conftest.py", "tests.py")
