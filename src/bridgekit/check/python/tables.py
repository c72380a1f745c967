"""The functions, methods and constants of the interpreter that are used as they are: pure, and without surprises.

A name belongs here if it depends on its arguments alone (not on the machine, the clock or the locale), changes nothing, and gives
plain data for plain data. Each has a program in ``tests/check/differential`` that Python itself runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any


def _under(module: str, names: str) -> frozenset[str]:
    return frozenset(f"{module}.{name}" for name in names.split())


_PATHS = "basename commonpath commonprefix dirname isabs join normcase normpath split splitdrive splitext"
_TEXT = (
    "capitalize casefold center count encode endswith expandtabs find format format_map index isalnum isalpha isascii"
    " isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust lower lstrip"
    " partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines"
    " startswith strip swapcase title translate upper zfill"
)
_BYTES = (
    "count decode endswith find hex index isalnum isalpha isascii isdigit islower isspace isupper join lower lstrip"
    " partition removeprefix removesuffix replace rfind rpartition rsplit rstrip split splitlines startswith strip"
    " title upper zfill"
)

METHODS: dict[type, frozenset[str]] = {
    str: frozenset(_TEXT.split()),
    bytes: frozenset(_BYTES.split()),
    int: frozenset(("as_integer_ratio", "bit_count", "bit_length", "conjugate", "to_bytes")),
    float: frozenset(("as_integer_ratio", "conjugate", "hex", "is_integer")),
    complex: frozenset(("conjugate",)),
    tuple: frozenset(("count", "index")),
    range: frozenset(("count", "index")),
    frozenset: frozenset(
        [
            "copy",
            "difference",
            "intersection",
            "isdisjoint",
            "issubset",
            "issuperset",
            "symmetric_difference",
            "union",
        ]
    ),
}
"""Methods that read their receiver and their arguments, by its type; the first that fits counts."""

FUNCTIONS: frozenset[str] = frozenset().union(
    _under("os.path", _PATHS),
    _under("posixpath", _PATHS),
    _under("ast", "literal_eval"),
    _under("base64", "b64decode b64encode"),
    _under("builtins", "abs ascii bin bytes chr complex divmod float hex int oct ord repr round str"),
    _under("fnmatch", "fnmatchcase"),
    _under("html", "escape unescape"),
    _under("json", "dumps loads"),
    _under("math", "ceil floor isnan sqrt"),
    _under("shlex", "split"),
    _under("string", "capwords"),
    _under("textwrap", "dedent indent"),
    _under("tomllib", "loads"),
    _under(
        "urllib.parse",
        "parse_qs parse_qsl quote quote_plus unquote unquote_plus urlencode urljoin urlparse urlsplit",
    ),
)
"""By dotted path. ``os.path`` is that of POSIX, where Django is deployed."""

GROWING = frozenset(
    [
        "builtins.bytes",
        "builtins.round",
        "bytes.join",
        "bytes.replace",
        "bytes.zfill",
        "html.escape",
        "int.to_bytes",
        "json.dumps",
        "str.center",
        "str.expandtabs",
        "str.join",
        "str.ljust",
        "str.replace",
        "str.rjust",
        "str.translate",
        "str.zfill",
        "textwrap.indent",
        "urllib.parse.urlencode",
    ]
)
"""What may build more than its arguments hold: the product of their sizes is bounded."""

CONSTANTS: frozenset[str] = frozenset().union(
    _under(
        "string",
        "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits punctuation whitespace",
    ),
    _under("logging", "CRITICAL DEBUG ERROR FATAL INFO NOTSET WARN WARNING"),
    _under("math", "e inf nan pi tau"),
    *(_under(module, "curdir extsep pardir pathsep sep") for module in ("os", "os.path", "posixpath")),
)
"""Attributes of modules that are the same wherever Django is deployed, as this interpreter has them."""


@cache
def real(name: str) -> Callable[..., Any]:
    """What stands behind a name of `FUNCTIONS` or `CONSTANTS`; its module is imported at the first use."""
    module, _, last = name.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(_POSIX.get(module, module)), last)
    return found


_POSIX = {"os": "posixpath", "os.path": "posixpath"}
