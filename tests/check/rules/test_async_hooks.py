"""BRG003: async hooks that MiddlewareMixin calls and does not await."""

from __future__ import annotations

import pytest

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule
from tests.check.rules.running.oracle import ask_django

MIXIN = "from django.utils.deprecation import MiddlewareMixin\nclass M(MiddlewareMixin):\n"
ASYNC_HOOKS = {
    "process_request": MIXIN + "    async def process_request(self, request):\n        return None\n",
    "process_response": MIXIN + "    async def process_response(self, request, response):\n        return response\n",
    "sync_to_async": "from asgiref.sync import sync_to_async\ndef load(self, request):\n    return None\n" + MIXIN + "    process_request = sync_to_async(load)\n",
    "sync_to_async as a decorator": "from asgiref.sync import sync_to_async\n" + MIXIN + "    @sync_to_async\n    def process_response(self, request, response):\n        return response\n",
    "beside a sync one": MIXIN + "    async def process_request(self, request): ...\n    def process_response(self, request, response):\n        return response\n",
}  # fmt: skip
AWAITED_HOOKS = {
    "sync": MIXIN + "    def process_request(self, request):\n        return None\n",
    "behind async_to_sync": "from asgiref.sync import async_to_sync\n" + MIXIN + "    @async_to_sync\n    async def process_request(self, request):\n        return None\n",
    "async_to_sync of a function": "from asgiref.sync import async_to_sync\nasync def load(self, request):\n    return None\n" + MIXIN + "    process_request = async_to_sync(load)\n",
    "own __acall__": MIXIN + "    sync_capable = False\n    async def process_request(self, request):\n        return None\n    async def __acall__(self, request):\n        return await self.process_request(request) or await self.get_response(request)\n",
    "another hook": MIXIN + "    async def process_view(self, request, view, args, kwargs):\n        return None\n",
}  # fmt: skip


@pytest.mark.parametrize("form", ASYNC_HOOKS)
@pytest.mark.parametrize("server", Server)
def test_async_hooks_of_the_mixin_are_found(check_rule: CheckRule, form: str, server: Server) -> None:
    """django/utils/deprecation.py, MiddlewareMixin.__call__ and __acall__: neither awaits what a hook gives."""
    (finding,) = check_rule("BRG003", ASYNC_HOOKS[form], server=server)
    assert "MiddlewareMixin does not await the async process_re" in finding.message


@pytest.mark.parametrize("form", AWAITED_HOOKS)
def test_hooks_that_somebody_awaits_pass(check_rule: CheckRule, form: str) -> None:
    """Or that are sync, or that Django's handler adapts."""
    assert check_rule("BRG003", AWAITED_HOOKS[form]) == []


def test_async_hooks_fail_every_request_on_django() -> None:
    """And those that somebody awaits do not."""
    answers = ask_django({**AWAITED_HOOKS, **{f"broken: {form}": text for form, text in ASYNC_HOOKS.items()}})
    assert all(answers[f"broken: {form}"] for form in ASYNC_HOOKS)
    assert {form: answers[form] for form in AWAITED_HOOKS if answers[form]} == {}
