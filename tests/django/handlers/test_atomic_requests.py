"""``ATOMIC_REQUESTS``: what a view that raises has written is rolled back, under every handler as under Django's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.django.handlers.atomic_site import STACKS, URLS
from tests.helpers.own_process import answers_of

HANDLERS = ("asgi django", "asgi bridgekit", "wsgi django", "wsgi bridgekit")

REFUSED = "RuntimeError: You cannot use ATOMIC_REQUESTS with async views."
VIEW: dict[str, tuple[int, list[str], list[str]]] = {
    "/commits/": (200, ["view"], []),
    "/raises/": (500, [], ["LookupError: after a row"]),
    "/raises/?excuse=1": (200, [], []),
    "/answers_500/": (500, ["view"], []),
    "/marks/": (200, [], []),
    "/exempt/": (500, ["view"], ["LookupError: after a row that stays"]),
    "/renders/": (500, ["view"], ["LookupError: while rendering, outside of the transaction"]),
    "/streams/": (200, ["view", "stream"], []),
    "/an_async/": (500, [], [REFUSED]),
    "/an_async_exempt/": (500, ["view"], ["LookupError: after a row that stays"]),
    "/an_async_stream/": (200, ["stream"], []),
}
"""Status, rows of the view and its stream, and exceptions in the log, where no layer excuses them."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    file = tmp_path_factory.mktemp("atomic") / "db.sqlite3"
    found: dict[str, dict[str, Any]] = answers_of("tests.django.handlers.atomic_site", str(file))
    return found


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("url", URLS)
def test_what_a_failing_view_wrote_is_rolled_back(
    found: dict[str, dict[str, Any]], handler: str, stack: str, url: str
) -> None:
    """The rows of layers and of a stream are in no transaction; an async view is refused, as Django refuses it."""
    status, rows, errors = found[handler][f"{stack} {url}"]
    own = [row for row in rows if row in ("view", "stream")]
    if stack == "none" and "excuse" in url:
        assert (status, own, errors) == VIEW["/raises/"]
    else:
        assert (status, own, errors) == VIEW[url]
    # What layers wrote, and in which order, is Django's under the same protocol.
    assert rows == found[f"{handler.split()[0]} django"][f"{stack} {url}"][1]
    assert stack == "none" or {"first half", "second half"} <= set(rows)
