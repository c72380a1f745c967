"""What stands in a ``.env`` file, as each package reads it: they agree on ``NAME=value``, and on little else.

A grammar yields name, text and line number. The text is None where the package's own versions differ, or where it is not
said here what they do: such a variable is set, and nobody knows to what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from bridgekit._dataclass import dataclass

Lines: TypeAlias = Iterator[tuple[str, str | None, int]]
Grammar: TypeAlias = Callable[[str], Lines]

_BINDING = re.compile(
    r"""\s* (?:export[^\S\n]+)?+ (?P<name>[^=\#\s'"]+) [^\S\n]*
    (?P<equals> =[^\S\n]*
        (?: '(?P<single>(?:\\.|[^'\\])*)' | "(?P<double>(?:\\.|[^"\\])*)" | (?P<bare>[^\s'"][^\n]*) )?
    )? [^\S\n]* (?:\#[^\n]*)? (?:\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"[^\S\n]*(?:\#[^\n]*)?(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class LineGrammar:
    """One variable a line. ``quotes`` come off, each once and in this order; what is ``unsure`` then is not known."""

    names: re.Pattern[str]
    quotes: Sequence[re.Pattern[str]]
    unsure: re.Pattern[str]
    lines: Callable[[str], list[str]] = str.splitlines
    strips: bool = False
    first_wins: bool = False
    """Of lines with the same name; elsewhere the last does."""

    def __call__(self, text: str) -> Lines:
        for number, line in sorted(enumerate(self.lines(text), 1), reverse=self.first_wins):
            name, equals, value = line.partition("=")
            if self.strips:
                name, value = name.strip(), value.strip()
            if equals and (found := self.names.fullmatch(name)):
                for quote in self.quotes:
                    value = quote.sub(r"\2", value)
                yield found[1], None if self.unsure.search(value) else value, number


_ONE_AFTER_THE_OTHER = re.compile(r"\A(')(.*)'\Z"), re.compile(r'\A(")(.*)"\Z')
_BACKSLASH_OR_COMMENT = re.compile(r"\\|(?:\A|\s)#")
"""What they mean is said by the version."""

DJANGO_ENVIRON = LineGrammar(
    names=re.compile("(?:export )?([A-Za-z_0-9]+)"),
    quotes=_ONE_AFTER_THE_OTHER,
    unsure=_BACKSLASH_OR_COMMENT,
)
CONFIGURATIONS = LineGrammar(
    names=re.compile("([A-Za-z_0-9]+)"),
    quotes=_ONE_AFTER_THE_OTHER,
    unsure=_BACKSLASH_OR_COMMENT,
    first_wins=True,
)
DECOUPLE = LineGrammar(
    names=re.compile("((?!#).*)", re.DOTALL),
    quotes=[re.compile(r"""\A(['"])(.*)\1\Z""", re.DOTALL)],
    # Quotes that do not match were taken off as well before its version 3.2.
    unsure=re.compile(r"""\A['"]|['"]\Z"""),
    lines=re.compile("\r\n|\r|\n").split,
    strips=True,
)


def python_dotenv(text: str) -> Lines:
    """python-dotenv's grammar (`dotenv.parser`), which environs shares: quotes, comments, texts of several lines."""
    # A byte order mark is the first line's in some versions, and what follows may be another's then.
    is_marked, text = text.startswith("\ufeff"), text.removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    place = 0
    while place < len(text):
        line = text.count("\n", 0, place) + 1
        if blank := _BLANK.match(text, place):
            place = max(blank.end(), place + 1)
            continue
        found = _BINDING.match(text, place)
        if found is None:
            end = text.find("\n", place) + 1 or len(text)
            if not {"'", '"'} & set(text[place:end]):
                place = end  # No assignment: passed over, with a warning.
                continue
            # A quote that does not end takes later lines with it, or only its own: nothing behind it is certain.
            yield from ((name, None, line) for name in re.findall(r"[A-Za-z_]\w*", text[place:]))
            return
        place = found.end()
        yield found["name"], None if is_marked else _written(found), line


def _written(found: re.Match[str]) -> str | None:
    if found["equals"] is None:
        return None  # A name alone takes back what an earlier line said.
    quoted = found["double"] if found["single"] is None else found["single"]
    if quoted is not None:
        return None if "\\" in quoted else quoted
    bare = found["bare"] or ""
    # ``NAME= # words`` is empty in some versions, and the words in others.
    return None if bare.startswith("#") else re.sub(r"\s+#.*", "", bare).rstrip()
