"""What a project's own tests do with its handlers: ``python -m django test --pattern cases.py tests.django.library``.

The rows of a `TestCase` are in a transaction of the test's thread, in a database in memory: other threads see neither.
"""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import Group
from django.test import AsyncClient, Client, TestCase, TransactionTestCase, override_settings

from tests.django.handlers.driver import ask
from tests.django.library import asgi, wsgi
from tests.helpers.wsgi_client import get
from tests.middleware_chain.kinds import KINDS, STARTPROJECT

STACKS: dict[str, list[str]] = {
    "none": [],
    "startproject": list(STARTPROJECT),
    "sync-only": [*STARTPROJECT, KINDS["SyncOnly"]],
    "async-only": [KINDS["AsyncOnly"], *STARTPROJECT],
}
READS = ("sync", "an_async", "calls_async", "gathers", "streams")


def over_wsgi(view: str, query: str = "") -> str:
    answer = get(wsgi.application, f"/{view}/", QUERY_STRING=query)
    assert answer.status == "200 OK", answer
    return answer.body.decode().strip()


async def over_asgi(view: str, query: str = "") -> str:
    answer = await ask(asgi.application, f"/{view}/?{query}")
    assert answer.status == 200, answer
    return answer.body.decode().strip()


WAYS: dict[str, Any] = {"wsgi": over_wsgi, "asgi": async_to_sync(over_asgi)}


class _Rows:
    """Asked under every stack, in every way."""

    def test_views_see_the_rows_of_the_test(self: Any) -> None:
        for way, get_text in WAYS.items():
            for stack, middleware in STACKS.items():
                for view in READS:
                    with self.subTest(way=way, stack=stack, view=view), reloaded(middleware):
                        assert get_text(view) == "first"

    def test_the_test_sees_the_rows_of_views(self: Any) -> None:
        for way, get_text in WAYS.items():
            for stack, middleware in STACKS.items():
                with self.subTest(way=way, stack=stack), reloaded(middleware):
                    name = f"{way}-{stack}"
                    assert name in get_text("adds", f"name={name}")
                    assert Group.objects.filter(name=name).exists()

    def test_rows_of_other_tests_are_gone(self: Any) -> None:
        """Whichever comes first: the rows that views have added are rolled back with the test's own."""
        assert over_wsgi("an_async") == "first"
        assert over_wsgi("adds", "name=own") == "first own"

    async def test_from_an_async_test(self: Any) -> None:
        for view in READS:
            assert await over_asgi(view) == "first"
            assert await sync_to_async(over_wsgi)(view) == "first"
        assert set(await asyncio.gather(*(over_asgi(view) for view in READS))) == {"first"}

    def test_with_django_s_own_clients(self: Any) -> None:
        """They have handlers of their own, which the entry points do not change."""
        assert Client().get("/an_async/").content == b"first"
        assert async_to_sync(AsyncClient().get)("/an_async/").content == b"first"


class InTestCase(_Rows, TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        Group.objects.create(name="first")


class InTransactionTestCase(_Rows, TransactionTestCase):
    def setUp(self) -> None:
        Group.objects.create(name="first")


class reloaded(override_settings):
    """The entry points' handlers with other middleware."""

    def __init__(self, middleware: list[str]) -> None:
        super().__init__(MIDDLEWARE=middleware)

    def enable(self) -> None:
        super().enable()
        self._load()

    def disable(self) -> None:
        super().disable()
        self._load()

    def _load(self) -> None:
        wsgi.application.load_middleware()
        asgi.application.load_middleware(is_async=True)
