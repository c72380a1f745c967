"""BRG009: async instances that inspect does not recognise."""

from __future__ import annotations

import pytest

from tests.check.rules.conftest import CheckRule


def native(mark: str) -> str:
    return f"""
import asyncio
from asgiref.sync import iscoroutinefunction, markcoroutinefunction

class M:
    async_capable = True
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
        {mark}
    async def __call__(self, request):
        return await self.get_response(request)
"""


@pytest.mark.parametrize(
    "mark",
    [
        "markcoroutinefunction(self)",
        "if iscoroutinefunction(get_response): markcoroutinefunction(self)",
    ],
)
def test_a_marked_instance_is_right(check_rule: CheckRule, mark: str) -> None:
    """asgiref's markcoroutinefunction works on every Python."""
    assert check_rule("BRG009", native(mark), python_version=(3, 12, 1)) == []


def test_an_unmarked_instance_is_found(check_rule: CheckRule) -> None:
    """`async def __call__` alone does not make an instance a coroutine function."""
    (finding,) = check_rule("BRG009", native("pass"), python_version=(3, 12, 1))
    assert "is not marked as a coroutine function" in finding.message
    assert finding.location.line == 5


def test_the_old_mark_is_found_on_a_python_that_ignores_it(check_rule: CheckRule) -> None:
    """inspect.iscoroutinefunction stopped looking at _is_coroutine in 3.12."""
    old = native("self._is_coroutine = asyncio.coroutines._is_coroutine")
    (finding,) = check_rule("BRG009", old, python_version=(3, 12, 1))
    assert "_is_coroutine, which inspect ignores from Python 3.12 on" in finding.message
    assert check_rule("BRG009", old, python_version=(3, 11, 7)) == []


def test_a_mixin_marks_itself(check_rule: CheckRule) -> None:
    """MiddlewareMixin.__init__ does it."""
    assert (
        check_rule(
            "BRG009", "from django.utils.deprecation import MiddlewareMixin\nclass M(MiddlewareMixin): pass\n"
        )
        == []
    )


def test_a_cause_with_a_code_of_its_own_is_not_told_twice(check_rule: CheckRule) -> None:
    """A mixin without its __init__ is BRG008's."""
    source = """
    from django.utils.deprecation import MiddlewareMixin
    class M(MiddlewareMixin):
        def __init__(self, get_response):
            self.get_response = get_response
    """
    assert check_rule("BRG009", source) == []
