"""``urllib.parse.urlparse`` and ``urlsplit``: the parts of an address."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.settings.evaluating import same_as_python, unknown_line

KNOWN = {
    "parts": """\
from urllib.parse import urlparse
u = urlparse("https://us:pw@Example.org:81/a/b;p=1?x=1&y=2#part")
VALUE = [u.scheme, u.netloc, u.path, u.params, u.query, u.fragment, u.username, u.password, u.hostname, u.port, u.geturl()]
""",
    "by position": """\
from urllib.parse import urlparse, urlsplit
VALUE = [urlparse("redis://h/1")[i] for i in range(-6, 6)] + [urlsplit("redis://h/1")[i] for i in range(-5, 5)]
""",
    "bad port": """\
from urllib.parse import urlparse
VALUE = []
for text in ("a://b:x", "a://b:99999", "a://b"):
    try:
        VALUE.append(urlparse(text).port)
    except ValueError:
        VALUE.append("ValueError")
""",
    "bad address": """\
from urllib.parse import urlparse
try:
    VALUE = urlparse("http://[b")
except ValueError:
    VALUE = "ValueError"
""",
    "scheme argument": """\
from urllib.parse import urlparse
VALUE = urlparse("//b/c", scheme="https").geturl()
""",
    "bool keys": """\
from urllib.parse import urlparse
VALUE = urlparse("a://b/c")[True]
""",
    "f-string": """\
from urllib.parse import urlparse
u = urlparse("a://b/c")
VALUE = f"{u.scheme}-{u.netloc}"
""",
}
UNSURE = {
    "bad position": (
        3,
        """\
from urllib.parse import urlparse
try:
    VALUE = urlparse("a://b")[6]
except IndexError:
    VALUE = "IndexError"
""",
    ),
    "no such attribute": (
        3,
        """\
from urllib.parse import urlparse, urlsplit
try:
    VALUE = urlsplit("a://b").params
except AttributeError:
    VALUE = "AttributeError"
""",
    ),
    "== alone": (
        2,
        """\
from urllib.parse import urlparse
VALUE = urlparse("a://b/c") == ("a", "b", "/c", "", "", "")
""",
    ),
    "_replace": (
        2,
        """\
from urllib.parse import urlparse
VALUE = urlparse("a://b/c")._replace(path="/d").geturl()
""",
    ),
    "len": (
        2,
        """\
from urllib.parse import urlparse
VALUE = len(urlparse("a://b/c"))
""",
    ),
    "slice": (
        2,
        """\
from urllib.parse import urlparse
VALUE = urlparse("a://b/c")[1:]
""",
    ),
    "isinstance tuple": (
        2,
        """\
from urllib.parse import urlparse
VALUE = isinstance(urlparse("a://b/c"), tuple)
""",
    ),
    "set attribute": (
        2,
        """\
from urllib.parse import urlparse
try:
    urlparse("a").scheme = 1
except AttributeError:
    VALUE = "AttributeError"
""",
    ),
    "repr": (
        2,
        """\
from urllib.parse import urlparse
VALUE = str(urlparse("a://b/c"))
""",
    ),
}
"""With the line that is named."""


@pytest.mark.parametrize("program", KNOWN.values(), ids=KNOWN)
def test_the_parts_of_an_address_are_those_of_python(tmp_path: Path, program: str) -> None:
    assert same_as_python(tmp_path, program)


@pytest.mark.parametrize(("line", "program"), UNSURE.values(), ids=UNSURE)
def test_a_part_that_is_not_modelled_is_unknown(tmp_path: Path, line: int, program: str) -> None:
    assert unknown_line(tmp_path, program) == line
