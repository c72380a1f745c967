"""BRG013: middleware that Django cannot call in either mode."""

from __future__ import annotations

SOURCE = """
class M:
    sync_capable = False
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
"""

HOOKED = """
from django.utils.deprecation import MiddlewareMixin
class Parent(MiddlewareMixin):
    def process_request(self, request):
        return None
    def process_response(self, request, response):
        return response
"""
SLOTS = """
from asgiref.sync import markcoroutinefunction
class M:
    __slots__ = ("get_response",)
    sync_capable, async_capable = False, True
    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)
    async def __call__(self, request):
        return await self.get_response(request)
"""
WORDS = {
    "slots": (SLOTS, "no room for the mark"),
    "process_request": (HOOKED + "class M(Parent):\n    process_request = None\n", "sets process_request to None"),
    "process_response": (HOOKED + "class M(Parent):\n    process_response = None\n", "sets process_response to None"),
    "process_view": (HOOKED + "class M(Parent):\n    process_view = None\n", "every request fails"),
    "process_view of a class of its own": (SOURCE.replace("sync_capable = False", "process_view = None"), "every request"),
    "async factory": ("async def M(get_response):\n    async def inner(request):\n        return await get_response(request)\n    return inner\n", "gives a coroutine"),
    "nothing returned": ("def M(get_response):\n    def inner(request):\n        return get_response(request)\n", "returns None"),
    "None returned": ("def M(get_response):\n    if get_response:\n        return None\n    return\n", "returns None"),
}  # fmt: skip
RIGHT = {
    "slots with a dictionary": SLOTS.replace('"get_response",)', '"get_response", "__dict__")'),
    "slots of a base without": SLOTS.replace("class M:", "class Base:\n    pass\nclass M(Base):"),
    "hook of its own": HOOKED + "class M(Parent):\n    def process_request(self, request):\n        return None\n",
    "hook that the instance gets": HOOKED + "class M(Parent):\n    process_view = None\n    def __init__(self, get_response):\n        super().__init__(get_response)\n        self.process_view = lambda *given: None\n",
    "hooks that nobody asks for": SOURCE.replace("sync_capable = False", "process_request = None"),
    "call of its own": HOOKED + "class M(Parent):\n    process_request = None\n    def __call__(self, request):\n        return self.get_response(request)\n",
    "factory": "def M(get_response):\n    return get_response\n",
    "factory that takes itself out": "from django.core.exceptions import MiddlewareNotUsed\ndef M(get_response):\n    raise MiddlewareNotUsed\n",
    "factory behind a decorator": "def made(function):\n    return lambda get_response: get_response\n@made\ndef M(get_response):\n    pass\n",
    "async factory behind a decorator": "def made(function):\n    return lambda get_response: get_response\n@made\nasync def M(get_response):\n    pass\n",
}  # fmt: skip
BROKEN = {title: source for title, (source, _) in WORDS.items()}
"""Each fails every request; what the finding says of it stands beside it."""
