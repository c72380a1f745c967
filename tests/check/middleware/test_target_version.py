"""Conditions on versions are answered for the project's Python and Django, not for those that run the checker."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.environment import TargetEnvironment
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer, MiddlewareFacts


def read(
    root: Path, source: str, *, django: str = '(5, 2, 3, "final", 0)', python: tuple[int, ...] = (3, 12, 1)
) -> MiddlewareFacts:
    """Read ``mw.Middleware`` beside a Django that consists of its version."""
    (root / "django").mkdir(exist_ok=True)
    (root / "django/__init__.py").write_text(
        f"from django.utils.version import get_version\nVERSION = {django}\n__version__ = get_version(VERSION)\n"
    )
    (root / "mw.py").write_text(source)
    finder = ModuleFinder([], TargetEnvironment("test", python, (str(root),)))
    return SourceReader(finder).read("mw.Middleware").facts


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("django.VERSION >= (5, 2)", True),
        ("django.VERSION < (5, 2)", False),
        ("django.VERSION[0] == 5", True),
        ("django.VERSION[:2] == (5, 2)", True),
        ("django.VERSION[0:2] != (5, 2)", False),
        ("django.VERSION > (1, 10, 0, 'final', 0) and not django.VERSION >= (6,)", True),
        ("(4, 2) <= django.VERSION < (6, 0)", True),
        ("django.get_version() == '5.2.3'", True),
        ("django.__version__.startswith('5.')", True),
        ("float('.'.join(django.get_version().split('.')[:2])) >= 5.2", True),
        ("int(django.get_version().split('.')[0]) > 5", False),
        ("Version(django.get_version()) >= Version('5.10')", False),
        ("parse(django.__version__) > parse('5.2')", True),
        ("sys.version_info >= (3, 12)", True),
        ("sys.version_info[0] == 2", False),
        ("sys.version_info.major == 3 and sys.version_info.minor < 13", True),
        ("sys.version_info[:2] in [(3, 11), (3, 12)]", True),
        ("TYPE_CHECKING", False),
        ("hasattr(inspect, 'markcoroutinefunction')", True),
        ("VERSION is None or VERSION < (2,)", False),
        ("bool(django.VERSION)", True),
        ("5 in django.VERSION", True),
    ],
)
def test_conditions_on_versions_are_decided(tmp_path: Path, condition: str, holds: bool) -> None:
    source = (
        "import inspect\nimport sys\nfrom typing import TYPE_CHECKING\nimport django\nfrom django import VERSION\n"
        "from packaging.version import Version, parse\n"
        f"class Middleware:\n    async_capable = {condition}\n"
    )
    (tmp_path / "packaging").mkdir()
    (tmp_path / "packaging/__init__.py").write_text("")
    (tmp_path / "packaging/version.py").write_text("")
    assert read(tmp_path, source).async_capable.answer is Answer.of(holds)


OLD_AND_NEW = """
import django
if django.VERSION < (4, 0):
    class Base:
        pass
else:
    class Base:
        async_capable = True
class Middleware(Base):
    pass
"""


@pytest.mark.parametrize(("django", "answer"), [("(3, 2, 1)", Answer.NO), ("(4, 0, 0)", Answer.YES)])
def test_the_installed_django_chooses_the_base(tmp_path: Path, django: str, answer: Answer) -> None:
    assert read(tmp_path, OLD_AND_NEW, django=django).async_capable.answer is answer


def test_a_django_that_is_not_installed_leaves_it_unknown(tmp_path: Path) -> None:
    (tmp_path / "mw.py").write_text(OLD_AND_NEW)
    finder = ModuleFinder([], TargetEnvironment("test", (3, 12, 1), (str(tmp_path),)))
    claim = SourceReader(finder).read("mw.Middleware").facts.async_capable
    assert claim.answer is Answer.UNKNOWN
    assert "django" in claim.reason


OLD_MARK = """
import asyncio
class Middleware:
    async_capable = True
    def __init__(self, get_response):
        self.get_response = get_response
        if asyncio.iscoroutinefunction(get_response):
            self._is_coroutine = asyncio.coroutines._is_coroutine
    async def __call__(self, request):
        return await self.get_response(request)
"""


@pytest.mark.parametrize(("python", "answer"), [((3, 11, 7), Answer.YES), ((3, 12, 1), Answer.NO)])
def test_the_old_coroutine_mark_counts_below_python_3_12_only(
    tmp_path: Path, python: tuple[int, ...], answer: Answer
) -> None:
    """asgiref uses `inspect.iscoroutinefunction` from 3.12, which never knew ``_is_coroutine``."""
    assert read(tmp_path, OLD_MARK, python=python).marked_async.answer is answer


@pytest.mark.parametrize(("python", "answer"), [((3, 11, 7), Answer.NO), ((3, 12, 1), Answer.YES)])
def test_names_that_the_targets_library_lacks_fail_to_import(
    tmp_path: Path, python: tuple[int, ...], answer: Answer
) -> None:
    """`inspect.markcoroutinefunction` came with Python 3.12."""
    source = (
        "try:\n    from inspect import markcoroutinefunction\nexcept ImportError:\n    found = False\nelse:\n    found = True\n"
        "class Middleware:\n    async_capable = found\n"
    )
    assert read(tmp_path, source, python=python).async_capable.answer is answer
