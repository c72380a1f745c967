"""What a request pays on its way through one middleware, told from its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridgekit.check.middleware import SourceReader
from bridgekit.check.modules.finder import ModuleFinder

CLASS = """
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async

class Middleware:
    async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    async def __call__(self, request):
        {body}
"""


@pytest.mark.parametrize(
    ("body", "low", "high"),
    [
        ("return await self.get_response(request)", 0, 0),
        ("await sync_to_async(print)(1)\n        return await self.get_response(request)", 1, 1),
        (
            "for _ in range(2):\n            await sync_to_async(print)(1)\n        return await self.get_response(request)",
            0,
            None,
        ),
        (
            "if request.path == '/':\n            await sync_to_async(print)(1)\n        return await self.get_response(request)",
            0,
            1,
        ),
    ],
)
def test_a_request_pays_for_what_is_awaited_in_a_thread(
    tmp_path: Path, body: str, low: int, high: int | None
) -> None:
    (tmp_path / "mw.py").write_text(CLASS.format(body=body), "utf-8")
    own = SourceReader(ModuleFinder([tmp_path])).read("mw.Middleware").facts.own_hops
    assert (own.low, own.high) == (low, high)
