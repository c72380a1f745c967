"""What stands in a ``.env`` file, as each package reads it: they agree on ``NAME=value``, and on little else.

A reader yields name, text and line number. The text is None where the package's own versions differ, or where it is not
said here what they do: such a variable is set, and nobody knows to what.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

Lines: TypeAlias = Iterator[tuple[str, str | None, int]]
Syntax: TypeAlias = Callable[[str], Lines]

_BINDING = re.compile(
    r"""\s* (?:export[^\S\n]+)? (?P<name>[^=\#\s'"]+) [^\S\n]*
    (?P<equals> =[^\S\n]*
        (?: '(?P<single>(?:\\.|[^'\\])*)' | "(?P<double>(?:\\.|[^"\\])*)" | (?P<bare>[^\s'"][^\n]*) )?
    )? [^\S\n]* (?:\#[^\n]*)? (?:\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"[^\S\n]*(?:\#[^\n]*)?(?:\n|\Z)")
_ASSIGNMENT = re.compile(r"(?:export )?([A-Za-z_0-9]+)=(.*)\Z")


def python_dotenv(text: str) -> Lines:
    """python-dotenv's grammar (`dotenv.parser`), which environs shares: quotes, comments, texts of several lines."""
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
        if found["equals"] is not None:
            yield found["name"], _written(found), line


def _written(found: re.Match[str]) -> str | None:
    quoted = found["double"] if found["single"] is None else found["single"]
    if quoted is not None:
        return None if "\\" in quoted else quoted
    bare = found["bare"] or ""
    # ``NAME= # words`` is empty in some versions, and the words in others.
    return None if bare.startswith("#") else re.sub(r"\s+#.*", "", bare).rstrip()


def django_environ(text: str) -> Lines:
    """django-environ's ``Env.read_env``: no blanks around the sign, no text of several lines."""
    for number, line in enumerate(text.splitlines(), 1):
        found = _ASSIGNMENT.match(line)
        if found:
            value = found[2]
            for quote in ("'", '"'):
                if len(value) > 1 and value[0] == value[-1] == quote:
                    value = value[1:-1]
            # What a backslash and a comment mean is said by its version.
            yield found[1], None if "\\" in value or re.search(r"(?:\A|\s)#", value) else value, number


def configurations(text: str) -> Lines:
    """django-configurations' ``DOTENV``, as django-environ's but for ``export``."""
    return django_environ(re.sub(r"^export .*", "", text, flags=re.MULTILINE))


def decouple(text: str) -> Lines:
    """python-decouple's ``RepositoryEnv``: everything behind the sign, one pair of quotes taken off."""
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = (part.strip() for part in line.strip().partition("="))
        if equals and not name.startswith("#"):
            is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            inside = value[1:-1] if is_quoted else value
            # Quotes that do not match were taken off as well before its version 3.2.
            yield name, None if inside[:1] in ("'", '"') or inside[-1:] in ("'", '"') else inside, number
