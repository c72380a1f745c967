"""Read syntax that is newer than the Python which runs the checker, where a small rewrite makes it readable.

So far that is one clause: PEP 758 (Python 3.14) lets ``except A, B:`` stand without parentheses.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator


def parenthesized_excepts(source: bytes) -> bytes | None:
    """The same source with ``except A, B:`` as ``except (A, B):``; None if there is none or it is not known.

    Line numbers stay; columns move by one on the lines that are rewritten.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        lines = source.decode(encoding).splitlines(keepends=True)
        tokens = list(tokenize.generate_tokens(iter([*lines, ""]).__next__))
    except (SyntaxError, tokenize.TokenError, UnicodeDecodeError, LookupError, StopIteration):
        return None
    spans = list(_bare_lists(tokens))
    for (line, start), (end_line, end) in reversed(spans):
        lines[end_line - 1] = f"{lines[end_line - 1][:end]}){lines[end_line - 1][end:]}"
        lines[line - 1] = f"{lines[line - 1][:start]}({lines[line - 1][start:]}"
    return "".join(lines).encode(encoding) if spans else None


def _bare_lists(tokens: list[tokenize.TokenInfo]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Start and end of every list of exceptions that stands without parentheses behind ``except``."""
    starts_statement = True
    for number, token in enumerate(tokens):
        if starts_statement and token.type == tokenize.NAME and token.string == "except":
            first = number + (2 if tokens[number + 1].string == "*" else 1)
            end = _end_of_clause(tokens, first)
            if end is not None:
                yield tokens[first].start, tokens[end].end
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            starts_statement = token.type in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


def _end_of_clause(tokens: list[tokenize.TokenInfo], first: int) -> int | None:
    """The last token before the colon, if commas separate the exceptions and none is named with ``as``."""
    depth, commas = 0, False
    for number in range(first, len(tokens)):
        text = tokens[number].string
        if depth == 0 and text == ":":
            return number - 1 if commas else None
        if text == "as" or tokens[number].type == tokenize.NEWLINE:
            return None
        depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        commas |= depth == 0 and text == ","
    return None
