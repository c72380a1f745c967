"""BRG004: streams that may be asynchronous."""

from __future__ import annotations

from bridgekit.middleware_chain.requests import Server
from tests.check.rules.conftest import CheckRule

NAIVE = """
def M(get_response):
    def middleware(request):
        response = get_response(request)
        if response.streaming:
            response.streaming_content = shout(response.streaming_content)
        return response
    return middleware

def shout(chunks):
    for chunk in chunks:
        yield chunk.upper()
"""


def test_looking_at_is_async_is_right(check_rule: CheckRule) -> None:
    """One look anywhere in the middleware is enough for us to trust it."""
    assert (
        check_rule(
            "BRG004",
            NAIVE.replace("if response.streaming:", "if response.streaming and not response.is_async:"),
        )
        == []
    )


def test_an_async_loop_is_right(check_rule: CheckRule) -> None:
    """So is handling asynchronous iterators."""
    assert (
        check_rule(
            "BRG004",
            NAIVE + "async def ashout(chunks):\n    async for chunk in chunks:\n        yield chunk\n",
            ["M"],
        )
        != []
    )
    aware = NAIVE.replace("shout(response", "wrap(response") + (
        "def wrap(chunks):\n    return ashout(chunks) if hasattr(chunks, '__aiter__') else shout(chunks)\n"
        "async def ashout(chunks):\n    async for chunk in chunks:\n        yield chunk\n"
    )
    assert check_rule("BRG004", aware) == []


def test_under_wsgi_nothing_streams_asynchronously(check_rule: CheckRule) -> None:
    """Django itself gathers asynchronous iterators there."""
    assert check_rule("BRG004", NAIVE, server=Server.WSGI) == []


def test_djangos_own_gzip_is_right(check_rule: CheckRule) -> None:
    """It branches on is_async."""
    assert check_rule("BRG004", middleware=["django.middleware.gzip.GZipMiddleware"]) == []


def test_a_sync_only_middleware_that_wraps_the_stream_is_found(check_rule: CheckRule) -> None:
    """It is handed asynchronous streams as well, because the view's response goes through it."""
    (finding,) = check_rule("BRG004", NAIVE)
    assert finding.location.line == 6
    assert "response.is_async" in finding.message


def test_a_stream_that_is_only_logged_is_right(check_rule: CheckRule) -> None:
    """Its text begins no iterator."""
    logs = "import logging\nlog = logging.getLogger(__name__)\n" + NAIVE.replace(
        "response.streaming_content = shout(response.streaming_content)",
        "log.info('%s', response.streaming_content); print(f'{response.streaming_content}')",
    )
    assert check_rule("BRG004", logs) == []
