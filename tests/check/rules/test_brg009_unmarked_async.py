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


FACTORY_HEAD = """
from functools import wraps
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.utils.decorators import async_only_middleware, sync_and_async_middleware

class Plain:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)

class Unmarked(object):
    def __init__(self, get_response):
        self.get_response = get_response
    async def __call__(self, request):
        return await self.get_response(request)

class Marked(object):
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        return await self.get_response(request)

def hides(function):
    @wraps(function)
    def inner(request):
        return function(request)
    return inner

def keeps(function):
    @wraps(function)
    async def inner(request):
        return await function(request)
    return inner
"""
FACTORIES = {
    "an unmarked instance": """
@sync_and_async_middleware
def M(get_response):
    if iscoroutinefunction(get_response):
        return Unmarked(get_response)
    return Plain(get_response)
""",
    "an async-only unmarked instance": """
@async_only_middleware
def M(get_response):
    return Unmarked(get_response)
""",
    "a lambda": """
@async_only_middleware
def M(get_response):
    return lambda request: get_response(request)
""",
    "a wrapper that hides": """
@async_only_middleware
def M(get_response):
    @hides
    async def middleware(request):
        return await get_response(request)
    return middleware
""",
}
RIGHT_FACTORIES = {
    "a marked instance": """
@sync_and_async_middleware
def M(get_response):
    if iscoroutinefunction(get_response):
        return Marked(get_response)
    return Plain(get_response)
""",
    "a wrapper that keeps": """
@async_only_middleware
def M(get_response):
    @keeps
    async def middleware(request):
        return await get_response(request)
    return middleware
""",
    "get_response itself": """
@sync_and_async_middleware
def M(get_response):
    return get_response
""",
}


@pytest.mark.parametrize("form", FACTORIES.values(), ids=FACTORIES)
def test_a_factory_that_gives_no_coroutine_function_is_found(check_rule: CheckRule, form: str) -> None:
    """What it gives is async all the same: Django takes it for a sync function."""
    (finding,) = check_rule("BRG009", FACTORY_HEAD + form, python_version=(3, 12, 1))
    assert "which is not a coroutine function" in finding.message


@pytest.mark.parametrize("form", RIGHT_FACTORIES.values(), ids=RIGHT_FACTORIES)
def test_a_factory_that_gives_a_coroutine_function_is_right(check_rule: CheckRule, form: str) -> None:
    assert check_rule("BRG009", FACTORY_HEAD + form, python_version=(3, 12, 1)) == []
